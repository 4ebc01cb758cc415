package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import io.lettuce.core.XAddArgs;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SealingIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(9);
    private static final Sealing SEALING = new Sealing(TestPartition.SPANS);
    private static final long SHORT = TestPartition.SPANS.ofShort().toSeconds();

    SealingIT() {
        super(PARTITION);
    }

    private Event event(long identity) {
        return Event.of(identity, "alice", 1_000, now);
    }

    private Sealing.Result seal(long settled, long lineage) {
        return SEALING.seal(partition.link(), PARTITION, settled, lineage, redis.second());
    }

    @Test
    void whatComesAfterASealBelongsToTheNextEpoch() {
        node.send(event(1));
        long before = redis.second() * 1_000;
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, true));

        assertThat(partition.ctl(Ctl.EPOCH)).isEqualTo("2");
        assertThat(Long.parseLong(partition.earnings(1).get(Ctl.SEALED)))
                .isBetween(before, (redis.second() + 1) * 1_000);
        assertThat(node.send(event(2))).isEqualTo(new TallyReply.Moved(2));
        LogPosition position = node.position(Retention.SHORT);
        assertThat(node.in(1, 2).at(Retention.SHORT, position).verdicts(event(2)))
                .isEqualTo("A");
        assertThat(partition.earnings(1)).containsEntry("alice", "1000").containsEntry("#events", "1");
        assertThat(partition.earnings(2)).isEqualTo(Map.of("alice", "1000", "#micros", "1000", "#events", "1"));
    }

    @Test
    void sealingTwiceIsTheSameAsOnce() {
        seal(0, 1);
        Map<String, String> before = partition.everything();
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, false));
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void aSealThatTheReplicasLackIsNotSettled() {
        Sealing sealing = new Sealing(TestPartition.SPANS, 1, Duration.ofMillis(50));
        assertThat(sealing.seal(partition.link(), PARTITION, 0, 1, redis.second()))
                .satisfies(SealingIT::isUnreplicated);
        assertThat(sealing.seal(partition.link(), PARTITION, 0, 1, redis.second()))
                .satisfies(SealingIT::isUnreplicated);
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, false));
    }

    private static void isUnreplicated(Sealing.Result result) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        Sealing.Result.Unreplicated.class,
                        unreplicated -> assertThat(unreplicated.why())
                                .startsWith(
                                        "0 of 1 replicas have acknowledged within 50 ms (MILLRACE_REDIS_ACK_REPLICAS)"));
    }

    @Test
    void anEpochWithoutEventsIsSealedToo() {
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, true));
        assertThat(partition.earnings(1)).containsOnlyKeys(Ctl.SEALED);
    }

    @Test
    void anotherLineageOrProcessIsNotSealed() {
        Map<String, String> before = partition.everything();
        assertThat(seal(0, 2)).isEqualTo(new Sealing.Result.Unconfirmed());
        assertThat(partition.everything()).isEqualTo(before);
        partition.set(Ctl.PROCESS, "another/one");
        before = partition.everything();
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.Unconfirmed());
        assertThat(partition.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({
        "5, 'pointer 5, but epoch 5 is settled'",
        "4, 'pointer 4, but epoch 5 is settled'",
        "x, 'pointer ''x'' is no number'"
    })
    void aPointerThatIsNotBeyondWhatIsSettledIsLost(String pointer, String what) {
        partition.set(Ctl.EPOCH, pointer);
        Map<String, String> before = partition.everything();
        assertThat(seal(5, 1)).isEqualTo(new Sealing.Result.Lost(what));
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void aPartitionWithoutAPointerIsLost() {
        redis.plain().del(PARTITION.ctl());
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.Lost("no pointer"));
        assertThat(redis.plain().exists(PARTITION.ctl(), PARTITION.earn(1))).isZero();
    }

    @Test
    void earningsOfAnotherTypeLeaveThePointerWhereItIs() {
        redis.plain().set(PARTITION.earn(1), "x");
        assertThatThrownBy(() -> seal(0, 1)).isInstanceOf(RedisRefusedException.class);
        assertThat(partition.ctl(Ctl.EPOCH)).isEqualTo("1");
    }

    // Trimming.

    /** Writes a log of entries that were logged so many seconds ago. */
    private void log(long... ages) {
        String log = PARTITION.log(Retention.SHORT);
        redis.plain().configSet("stream-node-max-entries", "1"); // "about" is exact then
        for (long age : ages) {
            redis.plain().xadd(log, new XAddArgs().id((redis.second() - age) * 1_000 + "-0"), Map.of("f", "01234567"));
        }
        partition.set("short.last", partition.log(Retention.SHORT).getLast());
        partition.set("short.length", ages.length);
        partition.set("short.logged", ages.length);
    }

    @Test
    void whatIsOlderThanTheSpanGoesAndTheFloorRises() {
        log(SHORT + 100, SHORT + 50, SHORT - 50, 10);
        long second = redis.second();
        seal(0, 1);
        assertThat(partition.log(Retention.SHORT)).hasSize(2);
        assertThat(partition.ctl("short.length")).isEqualTo("2");
        assertThat(partition.ctl("short.logged")).isEqualTo("4");
        assertThat(Long.parseLong(partition.ctl("short.floor")) + SHORT).isBetween(second, redis.second());
        assertThat(Long.parseLong(partition.ctl("long.floor"))
                        + TestPartition.SPANS.ofLong().toSeconds())
                .isBetween(second, redis.second());
        assertThat(PartitionState.read(partition.link(), PARTITION, 2).logsAreSound())
                .isTrue();
        // The position of a node that has read all is still good.
        assertThat(node.in(1, 2)
                        .at(Retention.SHORT, new LogPosition(1, partition.ctl("short.last"), 4))
                        .verdicts(event(99)))
                .isEqualTo("A");
    }

    @Test
    void aLogThatIsTrimmedAsAWholeGoesOn() {
        log(SHORT + 100, SHORT + 50);
        String last = partition.ctl("short.last");
        seal(0, 1);
        assertThat(partition.log(Retention.SHORT)).isEmpty();
        assertThat(partition.ctl()).containsEntry("short.length", "0").containsEntry("short.last", last);
        node.in(1, 2);
        assertThat(node.at(Retention.SHORT, new LogPosition(1, last, 2)).verdicts(event(99)))
                .isEqualTo("A");
        assertThat(new TestNode(partition).in(1, 2).verdicts(event(99))).isEqualTo("D");
    }

    /** It has read the log up to three hours ago, and what came then is trimmed. */
    @Test
    void aNodeThatWasIdleForThreeHoursReadsAnewAndPaysNothingTwice() {
        log(3 * 3_600, 9_000, 3_000, 10);
        LogPosition idle = new LogPosition(1, partition.log(Retention.SHORT).getFirst(), 1);
        seal(0, 1);
        assertThat(partition.log(Retention.SHORT)).hasSize(2);
        node.in(1, 2).at(Retention.SHORT, idle);
        Map<String, String> before = partition.everything();
        assertThat(node.send(event(1))).isEqualTo(new TallyReply.Anew("its position is no longer in the log"));
        assertThat(partition.everything()).isEqualTo(before);

        LogPages.LogPage page = new LogPages(100, 100)
                .read(partition.link(), PARTITION, idle, LogPosition.NONE)
                .shortLog();
        assertThat(page.status()).isEqualTo(LogPages.Status.ANEW);
        assertThat(page.entries()).hasSize(2);
        node.at(Retention.SHORT, page.position());
        long remembered = page.entries().getFirst().identities().get(0);
        Event old = Event.of(77, "alice", 1_000, now - 9_000).expiresAt(now + 60);
        assertThat(node.verdicts(event(1), old)).isEqualTo("AS");
        assertThat(new TestNode(partition).in(1, 2).verdicts(event(remembered), event(1), event(2)))
                .isEqualTo("DDA");
        assertThat(partition.earnings(2)).isEqualTo(Map.of("alice", "2000", "#micros", "2000", "#events", "2"));
    }

    @Test
    void theLesserOfTheTwoClocksTrims() {
        log(SHORT + 100, SHORT + 50, 10);
        long slow = redis.second() - 75;
        SEALING.seal(partition.link(), PARTITION, 0, 1, slow);
        assertThat(partition.log(Retention.SHORT)).hasSize(2);
        assertThat(partition.ctl("short.floor")).isEqualTo(Long.toString(slow - SHORT));
        // A database that is ahead, by whatever: Redis' own clock counts.
        SEALING.seal(partition.link(), PARTITION, 1, 1, redis.second() + 1_000_000);
        assertThat(partition.log(Retention.SHORT)).hasSize(1);
        assertThat(Long.parseLong(partition.ctl("short.floor"))).isBetween(slow - SHORT + 75, redis.second() - SHORT);
    }

    @Test
    void theFloorNeverFalls() {
        partition.set("short.floor", now + 500);
        seal(0, 1);
        assertThat(partition.ctl("short.floor")).isEqualTo(Long.toString(now + 500));
    }

    @Test
    void aSpanLongerThanTimeTrimsNothing() {
        log(10);
        new Sealing(new Sealing.Spans(Duration.ofDays(100_000), Duration.ofDays(100_000)))
                .seal(partition.link(), PARTITION, 0, 1, redis.second());
        assertThat(partition.log(Retention.SHORT)).hasSize(1);
        assertThat(partition.ctl("short.floor")).isEqualTo("0");
    }

    @Test
    void aLogThatIsNotTheOneThatWasWrittenIsLeftAsItIs() {
        log(SHORT + 100, 10);
        partition.set("short.length", 7);
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, true));
        assertThat(partition.log(Retention.SHORT)).hasSize(2);
        assertThat(partition.ctl()).containsEntry("short.length", "7").containsEntry("short.floor", "0");
        assertThat(partition.ctl("long.floor")).isNotEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource({"short.floor, x", "short.length, x"})
    void aDescriptionThatIsNoneHoldsUpNoSeal(String field, String value) {
        partition.set(field, value);
        assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, true));
        assertThat(partition.ctl(field)).isEqualTo(value);
        assertThat(partition.ctl("long.floor")).isNotEqualTo("0");
    }

    @Test
    void sealingWorksWithFullMemory() {
        redis.plain().configSet("maxmemory", "1");
        try {
            assertThat(seal(0, 1)).isEqualTo(new Sealing.Result.SealedBelow(2, true));
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }
}
