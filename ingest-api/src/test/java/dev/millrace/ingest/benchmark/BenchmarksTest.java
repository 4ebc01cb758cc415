package dev.millrace.ingest.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.receive.ParseBenchmark;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Verdict;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each benchmark's contenders do the same job. One at a time, each takes the next event, the second first. */
class BenchmarksTest {

    @Test
    void verificationAccepts() throws Exception {
        TokenVerificationBenchmark benchmark = new TokenVerificationBenchmark();
        assertThat(benchmark.millrace()).singleElement().isInstanceOf(PricedEvent.class);
        assertThat(benchmark.millraceBatch())
                .hasSize(EventBenchmark.EVENTS)
                .allSatisfy(verdict -> assertThat(verdict).isInstanceOf(PricedEvent.class));
        assertThat(benchmark.nimbus()).isEqualTo("creator-2");
    }

    @Test
    void differentEventsHaveDifferentIdentities() throws Exception {
        IdentityBenchmark ours = new IdentityBenchmark();
        IdentityBenchmark baseline = new IdentityBenchmark();
        Set<Long> all = new HashSet<>();
        Set<Long> hashed = new HashSet<>();
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            all.add(ours.millrace());
            hashed.add(baseline.hmac());
        }
        assertThat(all).hasSize(EventBenchmark.EVENTS);
        assertThat(hashed).hasSize(EventBenchmark.EVENTS);
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
        return new Event(bound.token(), bound.type(), bound.key());
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
    void everyIndexKnowsTheSame() {
        IndexBenchmark benchmark = new IndexBenchmark();
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            assertThat(benchmark.millraceKnown() && benchmark.hashSetKnown()).isTrue();
            assertThat(benchmark.millraceNew() || benchmark.hashSetNew()).isFalse();
        }
    }

    @Test
    void everyReferrerHasAClass() {
        ReferrerBenchmark benchmark = new ReferrerBenchmark();
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            assertThat(benchmark.claim()).isPresent();
            assertThat(benchmark.report()).isPresent();
        }
    }

    @Test
    void aReaderIsPaidWhateverIsKnownOfIt() {
        ReaderBenchmark benchmark = new ReaderBenchmark();
        ReaderBenchmark baseline = new ReaderBenchmark();
        int marks = 0;
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            assertThat(baseline.verification()).isInstanceOf(PricedEvent.class);
            List<Verdict> reader = benchmark.reader();
            assertThat(((PricedEvent) reader.getFirst()).name().note().isPaid()).isTrue();
            marks += reader.size() - 1;
        }
        assertThat(marks).isEqualTo(171);
    }

    @Test
    void everyVerdictIsOnAnEventThatWouldCount() {
        VerdictBenchmark benchmark = new VerdictBenchmark();
        for (int i = 0; i < EventBenchmark.EVENTS; i++) {
            assertThat(benchmark.verdict().verdicts()).singleElement().isInstanceOf(PricedEvent.class);
            assertThat(benchmark.verification().verdicts()).singleElement().isInstanceOf(PricedEvent.class);
        }
    }
}
