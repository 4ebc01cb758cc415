package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import dev.millrace.local.testing.RealServers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code open.lua}, {@code raise.lua} and {@code confirm.lua}. */
class OpeningIT extends OnRedis {
    private static final Partition PARTITION = Partition.of(2);
    private static final long DELAY = 61;

    private TestPartition partition;
    private TestNode node;
    private long now;

    @BeforeEach
    void begin() {
        RealServers.flushRedis();
        partition = new TestPartition(redis, PARTITION);
        node = new TestNode(partition);
        now = redis.second();
    }

    private Event event(long identity) {
        return Event.of(identity, "alice", 1_000, now);
    }

    private Event like(long identity) {
        return new Event(identity, "alice", EventType.REACTION, 1, 500, now, now + 7_200, now - 60);
    }

    private Opening.Result open(Opening.Plan plan) {
        return Opening.open(partition.link(), PARTITION, plan);
    }

    private long raise(String pointer, String lineage, long newLineage) {
        return Opening.raise(partition.link(), PARTITION, pointer, lineage, newLineage, DELAY, now);
    }

    @Test
    void theFirstOpeningBeginsEverything() {
        assertThat(open(partition.plan("", "", 1, 1, 0, List.of()))).isEqualTo(new Opening.Result.Opened(0));
        assertThat(partition.ctl())
                .containsEntry(Ctl.EPOCH, "1")
                .containsEntry(Ctl.LINEAGE, "1")
                .containsEntry(Ctl.SINCE, "0")
                .containsEntry(Ctl.MICROS, "0")
                .containsEntry(Ctl.EVENTS, "0")
                .containsEntry(Ctl.OPENED, "1")
                .containsEntry(Ctl.FIRST, "1")
                .containsEntry("short.last", "0-0")
                .containsEntry("short.length", "0")
                .containsEntry("short.logged", "0")
                .containsEntry("short.floor", "0")
                .containsEntry("long.last", "0-0")
                .containsEntry("long.floor", "0")
                .doesNotContainKey(Ctl.PROCESS);
        assertThat(Long.parseLong(partition.ctl(Ctl.CLOCK))).isBetween(now, redis.second());
        assertThat(node.send(event(1))).isInstanceOf(TallyReply.Refused.class);
        partition.confirm();
        assertThat(node.verdicts(event(1))).isEqualTo("A");
    }

    @Test
    void countersInTheWayAreSetAsideWithWhatAPersonNeedsToKnow() {
        partition.open();
        node.send(event(1));
        redis.plain().hset(PARTITION.folded(1), "pub-1|alice|a|view|1", "3");

        Opening.Result result = open(partition.plan("1", "1", 4, 8, DELAY, List.of(1L, 2L)));

        assertThat(result).isEqualTo(new Opening.Result.Opened(3));
        assertThat(redis.plain().exists(PARTITION.earn(1), PARTITION.engage(1), PARTITION.folded(1)))
                .isZero();
        Map<String, String> aside = redis.plain().hgetall("{p02h}:quarantine:8:earn:1");
        assertThat(Long.parseLong(aside.remove(Ctl.ASIDE))).isBetween(now, redis.second());
        String day = String.valueOf(aside.remove(Ctl.EPOCH_DAY));
        assertThat(aside.remove("$" + day + "|pub-1")).isEqualTo("1000");
        assertThat(aside)
                .isEqualTo(
                        Map.of("alice", "1000", "#micros", "1000", "#events", "1", Ctl.ORIGIN, "7", Ctl.SETTLED, "3"));
        assertThat(redis.plain().xlen("{p02h}:quarantine:8:engage:1")).isEqualTo(1);
        assertThat(redis.plain().hgetall("{p02h}:quarantine:8:folded:1"))
                .isEqualTo(Map.of("pub-1|alice|a|view|1", "3"));
        assertThat(partition.ctl())
                .containsEntry(Ctl.EPOCH, "4")
                .containsEntry(Ctl.LINEAGE, "8")
                .containsEntry(Ctl.OPENED, "8")
                .containsEntry(Ctl.FIRST, "4");
    }

    @Test
    void anOpeningKeepsTheLogs() {
        partition.open();
        node.send(event(1));
        node.send(like(2));
        open(partition.plan("1", "1", 2, 2, DELAY, List.of(1L)));
        partition.confirm();
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L);
        assertThat(partition.identities(Retention.LONG)).containsExactly(2L);
        assertThat(partition.ctl()).containsEntry("short.floor", "0").containsEntry("short.logged", "1");
        // The same events again, under tokens of afterwards.
        partition.set(Ctl.SINCE, 0);
        assertThat(new TestNode(partition).in(2, 2).verdicts(event(1))).isEqualTo("D");
    }

    @Test
    void tokensThatAreOutAreSupersededAfterALoss() {
        partition.open();
        long before = redis.second();
        open(partition.plan("1", "1", 2, 2, DELAY, List.of()));
        partition.confirm();
        assertThat(Long.parseLong(partition.ctl(Ctl.SINCE))).isBetween(before + DELAY, redis.second() + DELAY);
        assertThat(node.in(2, 2).verdicts(event(1))).isEqualTo("S");
    }

    @Test
    void whatIsRefusedAfterALossGoesByTheClockThatIsAhead() {
        partition.open();
        long database = redis.second() + 40;
        open(new Opening.Plan("1", "1", 2, 2, DELAY, 0, 0, database, 0, 0, database, 60, List.of()));
        assertThat(partition.ctl(Ctl.SINCE)).isEqualTo(Long.toString(database + DELAY));
    }

    @Test
    void sinceNeverFalls() {
        partition.open();
        partition.set(Ctl.SINCE, now + 5_000);
        open(partition.plan("1", "1", 2, 2, DELAY, List.of()));
        assertThat(partition.ctl(Ctl.SINCE)).isEqualTo(Long.toString(now + 5_000));
    }

    @Test
    void aLogThatIsGoneIsBegunAnewAndItsFloorRises() {
        partition.open();
        node.send(event(1));
        node.send(like(2));
        redis.plain().del(PARTITION.log(Retention.SHORT));
        open(partition.plan("1", "1", 2, 2, DELAY, List.of(1L)));
        assertThat(partition.ctl())
                .containsEntry("short.last", "0-0")
                .containsEntry("short.length", "0")
                .containsEntry("short.logged", "0")
                .containsEntry("long.logged", "1")
                .containsEntry("long.floor", "0");
        assertThat(Long.parseLong(partition.ctl("short.floor"))).isBetween(now + DELAY, redis.second() + DELAY);
        assertThat(PartitionState.read(partition.link(), PARTITION, 2).logsAreSound())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "short.last, x",
        "short.length, x",
        "short.floor, x",
        "short.logged, x",
        "since, x",
        "short.last, ''",
        "since, nan"
    })
    void aDescriptionThatIsNoneIsMadeOneAgain(String field, String value) {
        partition.open();
        node.send(event(1));
        partition.set(field, value);
        assertThat(open(partition.plan("1", "1", 2, 2, DELAY, List.of(1L)))).isInstanceOf(Opening.Result.Opened.class);
        partition.confirm();
        assertThat(PartitionState.read(partition.link(), PARTITION, 2).logsAreSound())
                .isTrue();
        assertThat(node.in(2, 2).verdicts(event(1))).isEqualTo("S");
        assertThat(redis.plain().hget("{p02h}:quarantine:2:earn:1", "alice")).isEqualTo("1000");
    }

    @Test
    void controlFieldsOfAnotherTypeAreReplaced() {
        redis.plain().set(PARTITION.ctl(), "x");
        assertThat(open(partition.plan("", "", 2, 2, DELAY, List.of()))).isEqualTo(new Opening.Result.Opened(0));
        assertThat(partition.ctl(Ctl.EPOCH)).isEqualTo("2");
    }

    @Test
    void whatIsSettledStandsInTheTotals() {
        Opening.Plan plan = partition.plan("", "", 2, 2, DELAY, List.of());
        open(new Opening.Plan(
                "", "", 2, 2, DELAY, 12_345, 67, plan.until(), 0, 0, plan.databaseSecond(), 5, List.of()));
        assertThat(partition.ctl()).containsEntry(Ctl.MICROS, "12345").containsEntry(Ctl.EVENTS, "67");
    }

    @ParameterizedTest
    @CsvSource({"'', ''", "'', 1", "1, ''", "2, 1", "1, 2"})
    void whoSawSomethingElseOpensNothing(String pointer, String lineage) {
        partition.open();
        Map<String, String> before = partition.everything();
        assertThat(open(partition.plan(pointer, lineage, 9, 9, DELAY, List.of(1L))))
                .isEqualTo(new Opening.Result.Late());
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void ofTwoWorkersOneOpens() {
        Opening.Plan plan = partition.plan("", "", 1, 1, 0, List.of());
        assertThat(open(plan)).isInstanceOf(Opening.Result.Opened.class);
        assertThat(open(plan)).isInstanceOf(Opening.Result.Late.class);
    }

    @Test
    void aWorkerThatSleptOpensNothing() {
        partition.open();
        Map<String, String> before = partition.everything();
        Opening.Plan plan = partition.plan("1", "1", 2, 2, DELAY, List.of(1L));
        assertThat(open(new Opening.Plan(
                        "1", "1", 2, 2, DELAY, 0, 0, redis.second() - 1, 0, 0, plan.databaseSecond(), 5, List.of(1L))))
                .isEqualTo(new Opening.Result.Late());
        assertThat(partition.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(longs = {-60, 60})
    void clocksThatDifferOpenNothing(long ahead) {
        partition.open();
        Map<String, String> before = partition.everything();
        long second = redis.second();
        Opening.Result result =
                open(new Opening.Plan("1", "1", 2, 2, DELAY, 0, 0, second + 60, 0, 0, second - ahead, 5, List.of(1L)));
        assertThat(result)
                .asInstanceOf(type(Opening.Result.ClocksDiffer.class))
                .satisfies(differ -> assertThat(differ.ahead()).isBetween(ahead, ahead + 2));
        assertThat(partition.everything()).isEqualTo(before);
    }

    // Raising.

    @Test
    void aNewLineageStopsNodesUntilItIsConfirmed() {
        partition.open();
        node.send(event(1));
        assertThat(raise("1", "1", 5)).isZero();
        assertThat(partition.ctl())
                .containsEntry(Ctl.LINEAGE, "5")
                .containsEntry(Ctl.EPOCH, "1")
                .containsEntry(Ctl.SINCE, "0");
        assertThat(node.send(event(2))).isInstanceOf(TallyReply.Refused.class);
        partition.confirm();
        assertThat(node.send(event(2))).isEqualTo(new TallyReply.Anew("another lineage"));
        assertThat(node.in(5, 1).verdicts(event(1), event(2))).isEqualTo("DA");
        assertThat(partition.earned("alice")).isEqualTo("2000");
    }

    @Test
    void whoSawSomethingElseRaisesNothing() {
        partition.open();
        Map<String, String> before = partition.everything();
        assertThat(raise("2", "1", 5)).isEqualTo(-1);
        assertThat(raise("1", "2", 5)).isEqualTo(-1);
        assertThat(partition.everything()).isEqualTo(before);
        assertThat(raise("1", "1", 5)).isZero();
        assertThat(raise("1", "1", 6)).isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "short.last, x, 1",
        "short.length, 7, 1",
        "short.length, x, 1",
        "short.floor, x, 1",
        "long.logged, x, 1",
        "since, x, 2"
    })
    void aLogThatIsNotTheOneThatCtlDescribesIsBegunAnew(String field, String value, long anew) {
        partition.open();
        node.send(event(1));
        partition.set(field, value);
        assertThat(raise("1", "1", 5)).isEqualTo(anew);
        partition.confirm();
        assertThat(PartitionState.read(partition.link(), PARTITION, 1).logsAreSound())
                .isTrue();
        assertThat(Long.parseLong(partition.ctl(Ctl.SINCE))).isBetween(now + DELAY, redis.second() + DELAY);
        assertThat(node.in(5, 1).verdicts(event(1))).isIn("S", "D").isEqualTo(field.startsWith("long") ? "D" : "S");
        assertThat(partition.earned("alice")).isEqualTo("1000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gone", "type", "deleted", "written"})
    void aLogThatWasTouchedIsBegunAnew(String how) {
        partition.open();
        node.send(event(1));
        node.send(event(2));
        String log = PARTITION.log(Retention.SHORT);
        switch (how) {
            case "gone" -> redis.plain().del(log);
            case "type" -> {
                redis.plain().del(log);
                redis.plain().set(log, "x");
            }
            case "deleted" ->
                redis.plain().xdel(log, partition.log(Retention.SHORT).getLast());
            default -> redis.plain().xadd(log, Map.of("f", "01234567"));
        }
        assertThat(raise("1", "1", 5)).isEqualTo(1);
        partition.confirm();
        assertThat(node.in(5, 1).verdicts(event(1), event(2))).isEqualTo("SS");
        assertThat(partition.earned("alice")).isEqualTo("2000");
    }

    @Test
    void theLaterOfTheTwoClocksRefuses() {
        partition.open();
        redis.plain().set(PARTITION.log(Retention.LONG), "x");
        assertThat(Opening.raise(partition.link(), PARTITION, "1", "1", 5, DELAY, now + 5_000))
                .isEqualTo(1);
        assertThat(partition.ctl())
                .containsEntry(Ctl.SINCE, Long.toString(now + 5_000 + DELAY))
                .containsEntry("long.floor", Long.toString(now + 5_000 + DELAY))
                .containsEntry("short.floor", "0");
    }

    // Confirming.

    private boolean confirm(String pointer, long lineage, long databaseSecond) {
        return Opening.confirm(partition.link(), PARTITION, pointer, lineage, databaseSecond, 5, TestPartition.SPANS);
    }

    @Test
    void confirmingTellsProcessAndSpans() {
        open(partition.plan("", "", 1, 1, 0, List.of()));
        assertThat(confirm("1", 1, redis.second())).isTrue();
        assertThat(partition.ctl())
                .containsEntry(Ctl.PROCESS, partition.link().process())
                .containsEntry(Ctl.SPANS, "7800 2764800");
    }

    @Test
    void whoComparedSomethingElseConfirmsNothing() {
        open(partition.plan("", "", 1, 1, 0, List.of()));
        Map<String, String> before = partition.everything();
        assertThat(confirm("2", 1, redis.second())).isFalse();
        assertThat(confirm("1", 2, redis.second())).isFalse();
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void clocksThatAgreeSetThePartitionsClockRight() {
        partition.open();
        for (long clock : List.of(now - 100_000, now + 100_000)) {
            partition.set(Ctl.CLOCK, clock);
            confirm("1", 1, redis.second() + 60);
            assertThat(partition.ctl(Ctl.CLOCK)).as("the clocks differ").isEqualTo(Long.toString(clock));
            confirm("1", 1, redis.second());
            assertThat(Long.parseLong(partition.ctl(Ctl.CLOCK))).isBetween(now, redis.second());
        }
    }
}
