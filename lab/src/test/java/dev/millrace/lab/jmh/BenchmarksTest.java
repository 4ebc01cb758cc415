package dev.millrace.lab.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.identity.Identity;
import dev.millrace.ingest.receive.ParseBenchmark;
import dev.millrace.ingest.tally.CallEncodingBenchmark;
import dev.millrace.ingest.tally.CoalescerBenchmark;
import dev.millrace.ingest.tally.Outcome;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.ingest.verify.Event;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each benchmark's contenders do the same job. One at a time, each takes the next event, the second first. */
class BenchmarksTest {

    @Test
    void verificationAccepts() throws Exception {
        TokenVerificationBenchmark benchmark = new TokenVerificationBenchmark();
        assertThat(benchmark.millrace()).singleElement().isInstanceOf(Countable.class);
        assertThat(benchmark.millraceBatch())
                .hasSize(EventBenchmark.EVENTS)
                .allSatisfy(verdict -> assertThat(verdict).isInstanceOf(Countable.class));
        assertThat(benchmark.nimbus()).isEqualTo("creator-2");
    }

    @Test
    void identitiesAreTheSame() throws Exception {
        IdentityBenchmark ours = new IdentityBenchmark();
        IdentityBenchmark baseline = new IdentityBenchmark();
        Identity[] all = ours.millraceBatch();
        assertThat(all).hasSize(EventBenchmark.EVENTS).doesNotHaveDuplicates();
        for (int i = 1; i < EventBenchmark.EVENTS; i++) {
            assertThat(ours.millrace()).isEqualTo(baseline.newMac()).isEqualTo(all[i]);
        }
    }

    @Test
    void parsersFindTheSameEvents() {
        ParseBenchmark benchmark = new ParseBenchmark();
        List<Event> all = benchmark.millraceBatch();
        assertThat(all)
                .hasSize(1_000)
                .isEqualTo(Stream.of(benchmark.bindingBatch())
                        .map(BenchmarksTest::event)
                        .toList())
                .isEqualTo(benchmark.treeBatch().stream()
                        .map(BenchmarksTest::event)
                        .toList());
        assertThat(benchmark.millrace()).containsExactly(all.get(1));
        assertThat(event(benchmark.binding())).isEqualTo(all.get(2));
        assertThat(event(benchmark.tree())).isEqualTo(all.get(3));
    }

    private static Event event(ParseBenchmark.Bound bound) {
        return Event.of(bound.token(), bound.type(), bound.key());
    }

    @Test
    void pricesAreTheSame() {
        PriceBenchmark ours = new PriceBenchmark();
        PriceBenchmark baseline = new PriceBenchmark();
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            assertThat(ours.millrace().amount()).isEqualTo(baseline.bigDecimal().toPlainString());
        }
    }

    @Test
    void everyEventThatWaitedGetsItsOutcome() throws Exception {
        CoalescerBenchmark benchmark = new CoalescerBenchmark();
        for (int i = 0; i < 3; i++) {
            assertThat(benchmark.millrace()).hasSize(1_024).containsOnly(Outcome.ACCEPTED);
            assertThat(benchmark.millraceBatch()).hasSize(1_024).containsOnly(Outcome.ACCEPTED);
            assertThat(benchmark.queueOfFutures()).hasSize(1_024).containsOnly(Outcome.ACCEPTED);
        }
    }

    @Test
    void callsAreTheSameBytes() {
        CallEncodingBenchmark benchmark = new CallEncodingBenchmark();
        assertThat(bytes(benchmark.millrace())).isNotEmpty().isEqualTo(bytes(benchmark.lettuce()));
        assertThat(bytes(benchmark.millraceCall())).isNotEmpty().isEqualTo(bytes(benchmark.lettuceCall()));
    }

    private static byte[] bytes(ByteBuf written) {
        return ByteBufUtil.getBytes(written);
    }
}
