package dev.millrace.counters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.TestNode.Event;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.XAddArgs;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every line of the contract of {@code tally.lua}. */
class TallyScriptIT extends OnePartition {
    private static final Partition PARTITION = Partition.of(5);

    TallyScriptIT() {
        super(PARTITION);
    }

    private Event event(long identity, String creator, long micros) {
        return Event.of(identity, creator, micros, now);
    }

    private Event event(long identity) {
        return event(identity, "alice", 1_000);
    }

    @Test
    void whatIsNewIsCountedOnce() throws Exception {
        assertThat(node.verdicts(event(1), event(2, "bob", 200), event(3))).isEqualTo("AAA");

        assertThat(partition.earnings(1))
                .isEqualTo(Map.of("alice", "2000", "bob", "200", "#micros", "2200", "#events", "3"));
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|view|1", 2L, "pub-1|bob|a|view|1", 1L));
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L, 2L, 3L);
        assertThat(partition.identities(Retention.LONG)).isEmpty();
        String last = partition.log(Retention.SHORT).getFirst();
        assertThat(partition.ctl())
                .containsEntry("short.last", last)
                .containsEntry("short.length", "1")
                .containsEntry("short.logged", "3")
                .containsEntry("long.last", "0-0")
                .containsEntry("micros", "2200")
                .containsEntry("events", "3")
                .containsEntry("clock", Long.toString(now))
                .containsEntry("key", TestNode.KEY);
        assertThat(node.position(Retention.SHORT)).isEqualTo(new LogPosition(1, last, 3));
    }

    @Test
    void aReplyWithoutTakeBacksHasNoVerdictsAndNoTail() {
        assertThat(node.send(event(1)))
                .isEqualTo(new TallyReply.Counted(node.position(Retention.SHORT), "", List.of()));
    }

    @Test
    void aReplyTellsRedisSecond() {
        long before = redis.second();
        assertThat(node.send(List.of(node.section(event(1)))).second()).isBetween(before, redis.second());
    }

    @Test
    void theSamePositionCountsOnWithoutATail() {
        node.send(event(1));
        node.send(event(2));
        assertThat(node.send(event(3)))
                .isEqualTo(new TallyReply.Counted(node.position(Retention.SHORT), "", List.of()));
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L, 2L, 3L);
        assertThat(node.position(Retention.SHORT).logged()).isEqualTo(3);
    }

    @Test
    void whatAnotherNodeHasCountedIsADuplicateAndTold() throws Exception {
        TestNode other = new TestNode(partition);
        other.send(event(1), event(2, "bob", 200));
        other.send(event(3));

        TallyReply.Counted reply =
                (TallyReply.Counted) node.send(event(2, "bob", 200), event(4), event(3), event(5, "eve", 7));

        assertThat(reply.verdicts()).isEqualTo("DADA");
        assertThat(reply.tail())
                .extracting(LogEntry::id)
                .isEqualTo(partition.log(Retention.SHORT).subList(0, 2));
        assertThat(reply.tail().getFirst().identities().get(1)).isEqualTo(2);
        assertThat(reply.position())
                .isEqualTo(new LogPosition(1, partition.log(Retention.SHORT).getLast(), 5));
        assertThat(partition.earnings(1))
                .isEqualTo(Map.of("alice", "3000", "bob", "200", "eve", "7", "#micros", "3207", "#events", "5"));
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(partition.units(1))
                .isEqualTo(Map.of("pub-1|alice|a|view|1", 3L, "pub-1|bob|a|view|1", 1L, "pub-1|eve|a|view|1", 1L));
    }

    @Test
    void theTailBeginsBehindTheCallersPosition() {
        node.send(event(1));
        new TestNode(partition)
                .at(Retention.SHORT, node.position(Retention.SHORT))
                .send(event(2));

        TallyReply.Counted reply = (TallyReply.Counted) node.send(event(3));

        assertThat(reply.verdicts()).isEmpty();
        assertThat(reply.tail())
                .singleElement()
                .satisfies(entry -> assertThat(entry.id())
                        .isEqualTo(partition.log(Retention.SHORT).get(1)));
        assertThat(reply.position().logged()).isEqualTo(3);
    }

    @Test
    void aCallWhoseAnswerWasLostIsHarmlessWhenSentAgain() throws Exception {
        TallySection section = node.section(event(1), event(2, "bob", 200));
        node.lost(List.of(section));

        assertThat(((TallyReply.Counted) node.send(List.of(section)).sections().getFirst()).verdicts())
                .isEqualTo("DD");
        assertThat(partition.earnings(1))
                .isEqualTo(Map.of("alice", "1000", "bob", "200", "#micros", "1200", "#events", "2"));
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|view|1", 1L, "pub-1|bob|a|view|1", 1L));
    }

    @Test
    void aSectionThatIsTakenBackAsAWholeChangesNothing() {
        node.lost(List.of(node.section(event(1), event(2))));
        Map<String, String> before = partition.everything();

        assertThat(node.verdicts(event(1), event(2))).isEqualTo("DD");

        assertThat(partition.everything()).isEqualTo(before);
    }

    /** A record names all that it speaks of: nothing of the section that was taken back is taken for known by the next one. */
    @Test
    void afterASectionThatWasTakenBackAsAWholeTheSameNamesCount() throws Exception {
        node.lost(List.of(node.section(event(1), event(2, "bob", 200))));
        assertThat(node.verdicts(event(1), event(2, "bob", 200))).isEqualTo("DD");
        assertThat(node.verdicts(event(3), event(4, "bob", 200))).isEqualTo("AA");
        // The first of an epoch, too, and by a node that has nothing but what it was told.
        partition.set(Ctl.EPOCH, 2);
        TestNode next = new TestNode(partition).in(1, 2);
        assertThat(next.verdicts(event(3), event(4, "bob", 200))).isEqualTo("DD");
        assertThat(redis.plain().exists(PARTITION.earn(2), PARTITION.engage(2))).isZero();
        assertThat(next.verdicts(event(5), event(6, "bob", 200))).isEqualTo("AA");
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|view|1", 2L, "pub-1|bob|a|view|1", 2L));
        assertThat(partition.earnings(1))
                .isEqualTo(Map.of("alice", "2000", "bob", "400", "#micros", "2400", "#events", "4"));
        assertThat(partition.units(2)).isEqualTo(Map.of("pub-1|alice|a|view|1", 1L, "pub-1|bob|a|view|1", 1L));
        assertThat(partition.earnings(2))
                .isEqualTo(Map.of("alice", "1000", "bob", "200", "#micros", "1200", "#events", "2"));
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void whatIsTakenBackIsAnEntryOfItsOwnField() {
        node.lost(List.of(node.section(event(1), event(2, "bob", 200))));
        node.send(event(2, "bob", 200), event(3), event(1));

        List<EpochReader.Entry> entries = EpochReader.entries(partition.link(), PARTITION.engage(1), "-", 10);
        assertThat(entries).hasSize(2);
        assertThat(entries.get(0).fields()).containsOnlyKeys("r");
        assertThat(entries.get(1).fields()).containsOnlyKeys("r", "t");
        EngagementName alice = event(1).name();
        EngagementName bob = event(2, "bob", 200).name();
        assertThat(entries.get(1).records())
                .containsExactly(
                        new Records.Units(bob, 1),
                        new Records.Units(alice, 2),
                        new Records.Units(bob, -1),
                        new Records.Units(alice, -1));
    }

    @ParameterizedTest
    @CsvSource({
        // seconds relative to now: iat, exp, earliest; the verdict
        "0, 1, 0, A",
        "0, 0, 0, X",
        "0, -1, 0, X",
        "0, 7200, 0, A",
        "0, 7200, 1, E",
        "0, 7200, -60, A",
        "-7200, 0, -7260, X",
        "-7200, 1, -7260, A"
    })
    void timesAreJudgedToTheSecond(long iat, long exp, long earliest, String verdict) {
        Event judged =
                Event.of(1, "alice", 1_000, now + iat).expiresAt(now + exp).countsFrom(now + earliest);
        assertThat(node.verdicts(judged)).isEqualTo(verdict);
        assertThat(partition.earned("alice")).isEqualTo(verdict.equals("A") ? "1000" : null);
        // The same among others that are good.
        assertThat(node.verdicts(
                        event(2, "bob", 1),
                        Event.of(3, "eve", 5, now + iat).expiresAt(now + exp).countsFrom(now + earliest)))
                .isEqualTo("A" + verdict);
        assertThat(partition.earned("bob")).isEqualTo("1");
        assertThat(partition.earned("eve")).isEqualTo(verdict.equals("A") ? "5" : null);
    }

    @ParameterizedTest
    @CsvSource({"0, A", "1, S", "7200, S"})
    void aTokenIssuedBeforeSinceIsSuperseded(long sinceBehindIat, String verdict) {
        partition.set(Ctl.SINCE, now + sinceBehindIat);
        assertThat(node.verdicts(event(1))).isEqualTo(verdict);
        assertThat(node.verdicts(
                        event(2, "bob", 1), Event.of(3, "eve", 1, now + 100_000).countsFrom(now)))
                .isEqualTo(verdict + "A");
    }

    @ParameterizedTest
    @CsvSource({"-61, A", "-60, A", "-59, S", "0, S"})
    void aTokenThatCouldHaveCountedBelowTheFloorIsSuperseded(long floorBehindIat, String verdict) {
        partition.set("short.floor", now + floorBehindIat);
        partition.set("long.floor", now + 100_000);
        assertThat(node.verdicts(event(1))).isEqualTo(verdict);
    }

    @Test
    void eachClassHasItsOwnFloorAndLog() throws Exception {
        Event like = new Event(1, "alice", EventType.REACTION, 1, 500, now, now + 7_200, now - 60);
        partition.set("short.floor", now);
        assertThat(node.verdicts(event(1))).isEqualTo("S");
        assertThat(node.verdicts(like)).isEqualTo("A");
        assertThat(partition.identities(Retention.SHORT)).isEmpty();
        assertThat(partition.identities(Retention.LONG)).containsExactly(1L);
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|reaction|1", 1L));
        assertThat(partition.ctl()).containsEntry("long.logged", "1").containsEntry("short.logged", "0");
    }

    /** A duplicate stays one when its token has expired meanwhile: the publisher is told what has become of the event. */
    @Test
    void aDuplicateIsOneWhateverItsTimes() {
        node.lost(List.of(node.section(event(1))));
        assertThat(node.verdicts(event(1).expiresAt(now), event(2).expiresAt(now), event(3).countsFrom(now + 9)))
                .isEqualTo("DXE");
    }

    @Test
    void eachReasonTakesBackItsOwn() throws Exception {
        partition.set(Ctl.SINCE, now - 100);
        node.lost(List.of(node.section(event(1, "dora", 10))));
        assertThat(node.verdicts(
                        event(1, "dora", 10),
                        event(2, "xena", 20).expiresAt(now),
                        event(3, "emil", 30).countsFrom(now + 1),
                        Event.of(4, "sue", 40, now - 101),
                        event(5, "ann", 50)))
                .isEqualTo("DXESA");
        assertThat(partition.earnings(1)).isEqualTo(Map.of("dora", "10", "ann", "50", "#micros", "60", "#events", "2"));
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|dora|a|view|1", 1L, "pub-1|ann|a|view|1", 1L));
        assertThat(partition.identities(Retention.SHORT)).containsExactly(1L, 5L);
    }

    @Test
    void whatWasTakenBackForItsTimeCanStillCount() {
        assertThat(node.verdicts(event(1).countsFrom(now + 1))).isEqualTo("E");
        assertThat(node.verdicts(event(1))).isEqualTo("A");
        assertThat(partition.earned("alice")).isEqualTo("1000");
    }

    @Test
    void anEventWithoutPriceIsCountedWithoutAFieldOfEarnings() throws Exception {
        assertThat(node.verdicts(event(1, "alice", 0))).isEqualTo("A");
        assertThat(partition.earnings(1)).isEqualTo(Map.of("#micros", "0", "#events", "1"));
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|view|1", 1L));
    }

    @Test
    void aCallerUpTo32768IdentitiesBehindIsCounted() {
        TestNode other = new TestNode(partition);
        fill(other, 8, 4_096);
        TallyReply.Counted reply = (TallyReply.Counted) node.send(event(1), event(1_000_000));
        assertThat(reply.verdicts()).isEqualTo("DA");
        assertThat(reply.tail()).hasSize(8);
        assertThat(reply.position().logged()).isEqualTo(32_769);
    }

    @Test
    void aCallerFurtherBehindIsToldWhatItMissedAndCountedThen() {
        TestNode other = new TestNode(partition);
        fill(other, 8, 4_096);
        other.send(event(1_000_000));
        Map<String, String> before = partition.everything();

        TallyReply.Behind behind = (TallyReply.Behind) node.send(event(1), event(2_000_000));

        assertThat(partition.everything()).isEqualTo(before);
        assertThat(behind.tail()).hasSizeGreaterThanOrEqualTo(8);
        assertThat(behind.tail())
                .extracting(LogEntry::id)
                .isEqualTo(
                        partition.log(Retention.SHORT).subList(0, behind.tail().size()));
        assertThat(node.verdicts(event(2_000_000))).isEqualTo("A");
    }

    /** Thousands of entries of one identity each take Redis longer to read than few large ones. */
    @Test
    void aCallerManySmallEntriesBehindCatchesUpStepByStep() {
        TestNode other = new TestNode(partition);
        int entries = 5_000;
        for (int i = 1; i <= entries; i++) {
            other.send(event(i));
        }
        now = partition.knownSecond();
        List<LogEntry> told = new ArrayList<>();
        TallyReply reply = node.send(event(entries), event(entries + 1));
        while (reply instanceof TallyReply.Behind behind) {
            assertThat(behind.tail()).isNotEmpty();
            told.addAll(behind.tail());
            reply = node.send(event(entries), event(entries + 1));
        }
        TallyReply.Counted counted = (TallyReply.Counted) reply;
        told.addAll(counted.tail());
        assertThat(counted.verdicts()).isEqualTo("DA");
        assertThat(told)
                .extracting(LogEntry::id)
                .isEqualTo(partition.log(Retention.SHORT).subList(0, entries));
        assertThat(counted.position().logged()).isEqualTo(entries + 1);
        assertThat(partition.ctl("events")).isEqualTo(Integer.toString(entries + 1));
    }

    private void fill(TestNode by, int sections, int events) {
        long identity = 1;
        for (int s = 0; s < sections; s++) {
            List<Event> some = new ArrayList<>();
            for (int i = 0; i < events; i++) {
                some.add(event(identity++));
            }
            by.sendAll(some);
        }
    }

    @Test
    void aPositionThatIsTrimmedIsRefused() {
        node.send(event(1));
        TestNode other = new TestNode(partition).at(Retention.SHORT, node.position(Retention.SHORT));
        other.send(event(2));
        other.send(event(3));
        redis.plain().xtrim(PARTITION.log(Retention.SHORT), 2);
        partition.set("short.length", 2);
        Map<String, String> before = partition.everything();

        assertThat(node.send(event(4))).isEqualTo(new TallyReply.Anew("its position is no longer in the log"));
        assertThat(partition.everything()).isEqualTo(before);
    }

    /** The position is proved by its own entry: an ID that lies between two entries was read from another history. */
    @Test
    void aPositionThatNoEntryHasIsRefused() {
        node.send(event(1));
        String between = node.position(Retention.SHORT).id().replaceFirst("-.*", "-77");
        TestNode other = new TestNode(partition).at(Retention.SHORT, node.position(Retention.SHORT));
        other.send(event(2));
        node.at(Retention.SHORT, new LogPosition(1, between, 1));
        assertThat(node.send(event(1))).isInstanceOf(TallyReply.Anew.class);
        assertThat(partition.earned("alice")).isEqualTo("2000");
    }

    @Test
    void thePositionOfAnEmptyLogIsNone() {
        node.at(Retention.SHORT, new LogPosition(1, "5-0", 1));
        assertThat(node.send(event(1))).isInstanceOf(TallyReply.Anew.class);
        assertThat(new TestNode(partition).verdicts(event(1))).isEqualTo("A");
    }

    private void refused(TallyReply expected) {
        Map<String, String> before = partition.everything();
        assertThat(node.send(event(99))).isEqualTo(expected);
        assertThat(partition.everything()).isEqualTo(before);
    }

    private void corrupt(String what) {
        refused(new TallyReply.Corrupt(what, ""));
    }

    @Test
    void withoutAnEpochNothingCounts() {
        redis.plain().hdel(PARTITION.ctl(), Ctl.EPOCH);
        refused(new TallyReply.Refused("no epoch is open; settlement-worker opens one"));
        redis.plain().del(PARTITION.ctl());
        refused(new TallyReply.Refused("no epoch is open; settlement-worker opens one"));
    }

    @Test
    void inAProcessThatWasNotComparedNothingCounts() {
        partition.set(Ctl.PROCESS, "another/one");
        refused(new TallyReply.Refused(
                "this Redis has not been compared with the ledger yet; settlement-worker does that"));
        redis.plain().hdel(PARTITION.ctl(), Ctl.PROCESS);
        refused(new TallyReply.Refused(
                "this Redis has not been compared with the ledger yet; settlement-worker does that"));
    }

    @Test
    void inAnotherLineageNothingCounts() {
        partition.set(Ctl.LINEAGE, 2);
        refused(new TallyReply.Anew("another lineage"));
    }

    @Test
    void identitiesOfAnotherKeyAreRefused() {
        node.send(event(1));
        TestNode other = new TestNode(partition, new TallyScript("another", TestNode.LEAP, 0, Duration.ZERO))
                .at(Retention.SHORT, node.position(Retention.SHORT));
        Map<String, String> before = partition.everything();
        assertThat(other.send(event(2))).isInstanceOf(TallyReply.Refused.class);
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void anotherEpochIsTold() {
        partition.set(Ctl.EPOCH, 2);
        refused(new TallyReply.Moved(2));
        partition.set(Ctl.EPOCH, "x");
        refused(new TallyReply.Refused("its pointer names epoch 'x'; settlement-worker opens it anew"));
    }

    @Test
    void anEpochThatIsMarkedAsSealedTakesNothing() {
        redis.plain().hset(PARTITION.earn(1), Ctl.SEALED, "1");
        refused(new TallyReply.Refused("the open epoch is marked as sealed"));
    }

    /** {@code clock} is the highest second that the partition has seen: at most 5 s above Redis', at most the leap below. */
    @Test
    void aClockThatFellBackOrLeaptCountsNothing() {
        long leap = TestNode.LEAP.toSeconds();
        long second = redis.second();
        for (long clock : List.of(second + 60, second - leap - 60)) {
            partition.set(Ctl.CLOCK, clock);
            refused(new TallyReply.Refused("Redis' clock fell back or leapt: it had said " + clock));
        }
        partition.set(Ctl.CLOCK, second - leap + 60);
        assertThat(node.verdicts(event(1).countsFrom(second - 60))).isEqualTo("A");
        partition.set(Ctl.CLOCK, redis.second() + 4);
        assertThat(node.verdicts(event(2).countsFrom(second - 60))).isEqualTo("A");
    }

    @Test
    void theHighestSecondSeenIsNeverTakenBack() {
        node.send(event(1));
        assertThat(partition.ctl(Ctl.CLOCK)).isEqualTo(Long.toString(now));
    }

    // The log is not the one that ctl describes.

    private String threeEntries() {
        for (int i = 1; i <= 3; i++) {
            node.send(event(i));
        }
        return PARTITION.log(Retention.SHORT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aLogThatLacksAnEntryCountsNothing(int which) {
        String log = threeEntries();
        redis.plain().xdel(log, partition.log(Retention.SHORT).get(which));
        corrupt(log);
    }

    @Test
    void aLogThatIsGoneCountsNothing() {
        String log = threeEntries();
        redis.plain().del(log);
        corrupt(log);
    }

    @Test
    void aLogWhoseEntriesAreAllDeletedCountsNothing() {
        String log = threeEntries();
        partition.log(Retention.SHORT).forEach(id -> redis.plain().xdel(log, id));
        corrupt(log);
    }

    @Test
    void aLogOfAnotherTypeCountsNothing() {
        String log = threeEntries();
        redis.plain().del(log);
        redis.plain().set(log, "x");
        corrupt(log);
    }

    @Test
    void aLogThatSomebodyElseHasWrittenToCountsNothing() {
        String log = threeEntries();
        redis.plain().xadd(log, Map.of("f", "01234567"));
        corrupt(log);
        // The number of entries agrees again, but the last is not ours.
        redis.plain().xdel(log, partition.log(Retention.SHORT).getFirst());
        corrupt(log);
    }

    @Test
    void aLogWhoseLastIdLiesInTheFutureCountsNothing() {
        String log = threeEntries();
        redis.plain().eval("return redis.call('XSETID', KEYS[1], '99999999999999-0')", ScriptOutputType.STATUS, log);
        corrupt(log);
    }

    @Test
    void anEntryFromTheFutureCountsNothing() {
        String log = threeEntries();
        redis.plain().del(log);
        redis.plain().xadd(log, new XAddArgs().id("99999999999999-0"), Map.of("f", "01234567"));
        partition.set("short.length", 1);
        corrupt(log);
    }

    @ParameterizedTest
    @CsvSource({
        "short.last, x",
        "short.last, 5",
        "short.last, ''",
        "short.length, x",
        "short.length, -1",
        "short.floor, x",
        "short.floor, ''",
        "short.logged, x",
        "since, x"
    })
    void aDescriptionThatIsNoneCountsNothing(String field, String value) {
        threeEntries();
        partition.set(field, value);
        Map<String, String> before = partition.everything();
        assertThat(node.send(event(99))).isInstanceOf(TallyReply.Corrupt.class);
        assertThat(partition.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"short.last", "short.length", "short.floor", "short.logged", "since"})
    void aDescriptionThatLacksSomethingCountsNothing(String field) {
        threeEntries();
        redis.plain().hdel(PARTITION.ctl(), field);
        Map<String, String> before = partition.everything();
        assertThat(node.send(event(99))).isInstanceOf(TallyReply.Corrupt.class);
        assertThat(partition.everything()).isEqualTo(before);
    }

    @Test
    void controlFieldsOfAnotherTypeStopNoOtherPartition() {
        TestPartition broken = new TestPartition(redis, Partition.of(6));
        redis.plain().set(broken.partition().ctl(), "x");
        TallySection first = node.section(event(1));
        TallySection second = new TestNode(broken).section(event(2, "bob", 5));
        assertThat(node.lost(List.of(first, second)).sections())
                .containsExactly(
                        new TallyReply.Counted(
                                new LogPosition(
                                        1, partition.log(Retention.SHORT).getFirst(), 1),
                                "",
                                List.of()),
                        new TallyReply.Corrupt(broken.partition().ctl(), ""));
        assertThat(partition.earned("alice")).isEqualTo("1000");
    }

    // Counters.

    @ParameterizedTest
    @ValueSource(strings = {"x", "", "1.5", "1e3", "0x10", " 1", "01", "+1", "nan", "1234567890123456789"})
    void aCreatorsCounterThatHoldsNoNumberStopsThatCreator(String value) {
        redis.plain().hset(PARTITION.earn(1), "alice", value);
        Map<String, String> before = partition.everything();
        assertThat(node.send(event(1), event(2, "bob", 5)))
                .isEqualTo(new TallyReply.Corrupt(PARTITION.earn(1) + " alice", "alice"));
        assertThat(partition.everything()).isEqualTo(before);
        assertThat(node.verdicts(event(2, "bob", 5))).isEqualTo("A");
    }

    @ParameterizedTest
    @ValueSource(strings = {"#micros", "#events"})
    void aSumOfTheEpochThatHoldsNoNumberStopsThePartition(String field) {
        redis.plain().hset(PARTITION.earn(1), field, "x");
        corrupt(PARTITION.earn(1) + " " + field);
    }

    @ParameterizedTest
    @ValueSource(strings = {"micros", "events"})
    void aSumOfThePartitionThatHoldsNoNumberStopsIt(String field) {
        partition.set(field, "x");
        corrupt(PARTITION.ctl());
    }

    @Test
    void earningsOfAnotherTypeCountNothing() {
        redis.plain().set(PARTITION.earn(1), "x");
        corrupt(PARTITION.earn(1));
    }

    @Test
    void recordsOfAnotherTypeCountNothing() {
        redis.plain().set(PARTITION.engage(1), "x");
        corrupt(PARTITION.engage(1));
    }

    @ParameterizedTest
    @CsvSource({
        // before, added, after
        "999999999999999, 1, 1000000000000000",
        "9007199254740991, 1, 9007199254740992",
        "9007199254740993, 2, 9007199254740995",
        "99999999999999999, 1000000000000, 100000999999999999",
        "999999999999999999, 1000000000000, 1000000999999999999",
        "-5, 7, 2",
        "0, 3, 3"
    })
    void sumsAreExactAsFarAsTheyGo(String before, long added, String after) {
        redis.plain().hset(PARTITION.earn(1), Map.of("alice", before, "#micros", before, "#events", before));
        partition.set(Ctl.MICROS, before);
        partition.set(Ctl.EVENTS, before);
        assertThat(node.verdicts(event(1, "alice", added))).isEqualTo("A");
        String oneMore = new BigInteger(before).add(BigInteger.ONE).toString();
        assertThat(partition.earnings(1)).isEqualTo(Map.of("alice", after, "#micros", after, "#events", oneMore));
        assertThat(partition.ctl()).containsEntry("micros", after).containsEntry("events", oneMore);
    }

    /** Nothing overflows: what has 19 digits takes no more. */
    @Test
    void aCounterNearTheLongestNumberIsRefused() {
        redis.plain().hset(PARTITION.earn(1), "alice", "999999999999999999");
        node.send(event(1));
        assertThat(node.send(event(2))).isEqualTo(new TallyReply.Corrupt(PARTITION.earn(1) + " alice", "alice"));
        assertThat(partition.earned("alice")).isEqualTo("1000000000000000999");
    }

    @Test
    void aSectionOfTheMostEventsAndCreatorsIsExact() throws Exception {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < TallySection.MOST_EVENTS; i++) {
            events.add(event(i, "creator-" + i, 1_000_000_000_000L - i));
        }
        node.lost(List.of(node.section(Retention.SHORT, events.subList(0, 1))));
        TallyReply.Counted reply = (TallyReply.Counted) node.sendAll(events);
        assertThat(reply.verdicts()).isEqualTo("D" + "A".repeat(TallySection.MOST_EVENTS - 1));
        long all = events.stream().mapToLong(Event::micros).sum();
        assertThat(partition.earnings(1))
                .hasSize(TallySection.MOST_EVENTS + 2)
                .containsEntry("#micros", Long.toString(all))
                .containsEntry("creator-0", "1000000000000")
                .containsEntry("creator-4095", "999999995905");
        assertThat(partition.ctl("micros")).isEqualTo(Long.toString(all));
        assertThat(partition.units(1)).hasSize(TallySection.MOST_EVENTS);
    }

    @Test
    void unitsAndMicrosOfTheLargestEventAreTakenBackExactly() throws Exception {
        Event large =
                new Event(1, "alice", EventType.COMMENT, Integer.MAX_VALUE, 1_000_000_000_000L, now, now + 60, now);
        Event same = new Event(2, "alice", EventType.COMMENT, 1, 1, now, now + 60, now);
        node.lost(List.of(node.section(large)));
        assertThat(node.verdicts(large, same)).isEqualTo("DA");
        assertThat(partition.earned("alice")).isEqualTo("1000000000001");
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|comment|1", 1L + Integer.MAX_VALUE));
    }

    /** Identities are 64 bits, whatever they are as text: none ends a string, none is a number. */
    @Test
    void identitiesAreComparedAsBytes() {
        Event[] events = {
            event(0),
            event(-1),
            event(Long.MIN_VALUE),
            event(Long.MAX_VALUE),
            event(0x0D0A_0000_FF00_0A0DL),
            event(1L << 32)
        };
        node.lost(List.of(node.section(events)));
        assertThat(node.verdicts(events)).isEqualTo("DDDDDD");
        assertThat(node.verdicts(event(1), event(256))).isEqualTo("AA");
        assertThat(partition.identities(Retention.SHORT))
                .containsExactly(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, 0x0D0A_0000_FF00_0A0DL, 1L << 32, 1L, 256L);
    }

    // Several sections.

    @Test
    void twoClassesOfAPartitionGoInOneCall() throws Exception {
        Event like = new Event(1, "alice", EventType.REACTION, 1, 500, now, now + 7_200, now - 60);
        TallyScript.Reply reply = node.send(List.of(node.section(event(1)), node.section(like)));
        assertThat(reply.sections())
                .allSatisfy(one -> assertThat(one)
                        .asInstanceOf(type(TallyReply.Counted.class))
                        .satisfies(counted -> assertThat(counted.verdicts()).isEmpty()));
        assertThat(partition.earnings(1)).isEqualTo(Map.of("alice", "1500", "#micros", "1500", "#events", "2"));
        assertThat(partition.ctl()).containsEntry("micros", "1500").containsEntry("events", "2");
        assertThat(partition.units(1)).isEqualTo(Map.of("pub-1|alice|a|view|1", 1L, "pub-1|alice|a|reaction|1", 1L));
        assertThat(node.verdicts(event(2))).isEqualTo("A");
    }

    @Test
    void aSectionThatIsRefusedHoldsUpNoOther() {
        TestPartition closed = new TestPartition(redis, Partition.of(6));
        TallySection refused = new TestNode(closed).section(event(2, "bob", 5));
        assertThat(node.lost(List.of(refused, node.section(event(1)))).sections())
                .satisfiesExactly(
                        one -> assertThat(one).isInstanceOf(TallyReply.Refused.class),
                        other -> assertThat(other).isInstanceOf(TallyReply.Counted.class));
        assertThat(partition.earned("alice")).isEqualTo("1000");
    }

    @Test
    void aSectionWithoutEventsReadsTheTail() {
        new TestNode(partition).send(event(1));
        Map<String, String> before = partition.everything();
        TallyReply.Counted reply = (TallyReply.Counted) node.send();
        assertThat(reply.tail()).hasSize(1);
        assertThat(reply.position().logged()).isEqualTo(1);
        assertThat(partition.everything()).isEqualTo(before);
    }

    /** WAIT waits for what its connection has written: a call that has counted nothing must have written too. */
    @Test
    void whereReplicasAreAwaitedSomethingIsWrittenAlways() {
        node.send(event(1));
        long before = changes();
        assertThat(new TestNode(partition).verdicts(event(1))).isEqualTo("D");
        assertThat(changes()).isEqualTo(before);

        TestNode waiting =
                new TestNode(partition, new TallyScript(TestNode.KEY, TestNode.LEAP, 1, Duration.ofMillis(1)));
        assertThatThrownBy(() -> waiting.send(event(1)))
                .isInstanceOf(RedisUnavailableException.class)
                .hasMessageStartingWith("0 of 1 replicas have acknowledged within 1 ms (MILLRACE_REDIS_ACK_REPLICAS)");
        assertThat(changes()).isGreaterThan(before);
        assertThat(partition.earned("alice")).isEqualTo("1000");
    }

    /** Writes that Redis has counted; they are those that go to its replicas. */
    private static long changes() {
        return Long.parseLong(
                redis.plain().info("persistence").replaceFirst("(?s).*rdb_changes_since_last_save:(\\d+).*", "$1"));
    }

    @Test
    void withFullMemoryNothingIsCounted() {
        redis.plain().configSet("maxmemory", "1");
        try {
            Map<String, String> before = partition.everything();
            assertThatThrownBy(() -> node.send(event(1)))
                    .isInstanceOf(RedisRefusedException.class)
                    .hasMessageStartingWith("OOM");
            assertThat(partition.everything()).isEqualTo(before);
        } finally {
            redis.plain().configSet("maxmemory", "0");
        }
    }

    @Test
    void aScriptThatRedisHasForgottenIsSentInFull() {
        node.send(event(1));
        redis.plain().scriptFlush();
        assertThat(node.verdicts(event(2))).isEqualTo("A");
        assertThat(partition.earned("alice")).isEqualTo("2000");
    }
}
