package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Page;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.TestNode.Event;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code page.lua} and {@code state.lua}: what is seen of a partition. */
class LogPagesIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(13);

    LogPagesIT() {
        super(PARTITION);
    }

    private Event event(long identity) {
        return Event.of(identity, "alice", 1_000, now);
    }

    private Page read(LogPosition ofShort, LogPosition ofLong) {
        return new LogPages(3, 100).read(partition.link(), PARTITION, ofShort, ofLong);
    }

    private static List<Long> identities(LogPage page) {
        return page.entries().stream()
                .flatMap(entry -> IntStream.range(0, entry.size()).mapToObj(entry.identities()::get))
                .toList();
    }

    @Test
    void aPageTellsWhatANodeHasToKnow() {
        node.send(event(1), event(2));
        partition.set("short.floor", now - 7);
        long before = redis.second();
        Page page = read(LogPosition.NONE, LogPosition.NONE);
        assertThat(page.second()).isBetween(before, redis.second());
        assertThat(page)
                .extracting(
                        Page::epoch,
                        Page::lineage,
                        Page::confirmed,
                        Page::clock,
                        Page::shortSpan,
                        Page::longSpan,
                        Page::identityKey)
                .containsExactly(1L, 1L, true, now, 7_800L, 2_764_800L, TestNode.KEY);
        assertThat(page.shortLog().status()).isEqualTo(Status.ANEW);
        assertThat(page.shortLog().floor()).isEqualTo(now - 7);
        assertThat(page.shortLog().position()).isEqualTo(node.position(Retention.SHORT));
        assertThat(identities(page.shortLog())).containsExactly(1L, 2L);
        assertThat(page.longLog()).isEqualTo(new LogPage(Status.ANEW, 0, new LogPosition(1, "0-0", 0), List.of()));
    }

    @Test
    void pagesGoOnFromThePositionToTheLast() {
        for (int i = 1; i <= 7; i++) {
            node.send(event(i));
        }
        LogPage first = read(LogPosition.NONE, LogPosition.NONE).shortLog();
        assertThat(identities(first)).containsExactly(1L, 2L, 3L);
        assertThat(first.position().logged()).as("more follow").isEqualTo(-1);
        LogPage second = read(first.position(), LogPosition.NONE).shortLog();
        assertThat(second.status()).isEqualTo(Status.ON);
        assertThat(identities(second)).containsExactly(4L, 5L, 6L);
        LogPage third = read(second.position(), LogPosition.NONE).shortLog();
        assertThat(identities(third)).containsExactly(7L);
        assertThat(third.position()).isEqualTo(node.position(Retention.SHORT));
        LogPage last = read(third.position(), LogPosition.NONE).shortLog();
        assertThat(last).isEqualTo(new LogPage(Status.ON, 0, third.position(), List.of()));
    }

    @Test
    void anEntryIsNeverDivided() {
        Event[] many = new Event[150];
        Arrays.setAll(many, this::event);
        node.send(many);
        node.send(event(1_000));
        assertThat(read(LogPosition.NONE, LogPosition.NONE).shortLog().entries())
                .singleElement()
                .satisfies(entry -> assertThat(entry.size()).isEqualTo(150));
    }

    @Test
    void theLogsAreReadByPositionsOfTheirOwn() {
        node.send(event(1));
        node.send(new Event(5, "alice", EventType.REACTION, 1, 500, now, now + 60, now));
        Page page = read(node.position(Retention.SHORT), LogPosition.NONE);
        assertThat(page.shortLog().entries()).isEmpty();
        assertThat(identities(page.longLog())).containsExactly(5L);
    }

    @Test
    void aPositionOfAnotherLineageIsReadAnew() {
        node.send(event(1));
        LogPosition here = node.position(Retention.SHORT);
        LogPage page = read(new LogPosition(9, here.id(), 1), LogPosition.NONE).shortLog();
        assertThat(page.status()).isEqualTo(Status.ANEW);
        assertThat(identities(page)).containsExactly(1L);
        assertThat(page.position()).isEqualTo(here);
    }

    @Test
    void aPositionWhoseEntryIsTrimmedIsReadAnew() {
        node.send(event(1));
        LogPosition first = node.position(Retention.SHORT);
        node.send(event(2));
        node.send(event(3));
        redis.plain().xtrim(PARTITION.log(Retention.SHORT), 1);
        partition.set("short.length", 1);
        LogPage page = read(first, LogPosition.NONE).shortLog();
        assertThat(page.status()).isEqualTo(Status.ANEW);
        assertThat(identities(page)).containsExactly(3L);
    }

    @Test
    void aLogThatIsTrimmedAsAWholeLeadsToItsLast() {
        node.send(event(1));
        redis.plain().xtrim(PARTITION.log(Retention.SHORT), 0);
        partition.set("short.length", 0);
        assertThat(read(LogPosition.NONE, LogPosition.NONE).shortLog())
                .isEqualTo(new LogPage(Status.ANEW, 0, node.position(Retention.SHORT), List.of()));
        assertThat(read(node.position(Retention.SHORT), LogPosition.NONE)
                        .shortLog()
                        .status())
                .isEqualTo(Status.ON);
    }

    @ParameterizedTest
    @CsvSource({
        "short.length, 2",
        "short.length, x",
        "short.last, x",
        "short.floor, x",
        "short.logged, x",
        "short.last, 0-0"
    })
    void aLogThatIsNotTheOneThatCtlDescribesIsTold(String field, String value) {
        node.send(event(1));
        partition.set(field, value);
        Page page = read(node.position(Retention.SHORT), LogPosition.NONE);
        assertThat(page.shortLog().status()).isEqualTo(Status.CORRUPT);
        assertThat(page.shortLog().entries()).isEmpty();
        assertThat(page.longLog().status()).isNotEqualTo(Status.CORRUPT);
        PartitionState state = PartitionState.read(partition.link(), PARTITION, 1);
        assertThat(state.shortLogIsSound()).isFalse();
        assertThat(state.longLogIsSound()).isTrue();
        assertThat(state.logsAreSound()).isFalse();
    }

    @Test
    void aPartitionThatWasNeverOpenedIsEmpty() {
        redis.plain().del(PARTITION.ctl());
        Page page = read(LogPosition.NONE, new LogPosition(4, "5-0", 1));
        assertThat(page)
                .extracting(
                        Page::epoch, Page::lineage, Page::confirmed, Page::clock, Page::shortSpan, Page::identityKey)
                .containsExactly(0L, 0L, false, 0L, 0L, "");
        assertThat(page.shortLog()).isEqualTo(new LogPage(Status.ON, 0, LogPosition.NONE, List.of()));
        assertThat(page.longLog()).isEqualTo(new LogPage(Status.ANEW, 0, LogPosition.NONE, List.of()));
    }

    @Test
    void anUnconfirmedProcessIsTold() {
        partition.set(Ctl.PROCESS, "another/one");
        assertThat(read(LogPosition.NONE, LogPosition.NONE).confirmed()).isFalse();
    }

    @Test
    void theStateHasAllOfCtl() {
        node.send(event(1));
        PartitionState state = PartitionState.read(partition.link(), PARTITION, 1);
        assertThat(state.fields()).isEqualTo(partition.ctl());
        assertThat(state.logsAreSound()).isTrue();
        assertThat(state.records()).isEqualTo(1);
        assertThat(state.pointer()).isEqualTo("1");
        assertThat(state.lineage()).isEqualTo(1);
        assertThat(state.process()).isEqualTo(partition.link().process());
        assertThat(state.number(Ctl.MICROS)).isEqualTo(1_000);
        assertThat(PartitionState.read(partition.link(), PARTITION, 2).records())
                .isZero();
        redis.plain().set(PARTITION.engage(2), "x");
        assertThat(PartitionState.read(partition.link(), PARTITION, 2).records())
                .isEqualTo(-1);
        redis.plain().del(PARTITION.ctl());
        PartitionState none = PartitionState.read(partition.link(), PARTITION, 1);
        assertThat(none.fields()).isEqualTo(Map.of());
        assertThat(none.pointer()).isNull();
    }
}
