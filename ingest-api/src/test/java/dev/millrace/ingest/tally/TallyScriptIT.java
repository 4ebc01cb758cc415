package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Rate;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script by itself, with spans so short that a generation ends when a test wants it to. */
class TallyScriptIT {
    private static final Identity IDENTITY = new Identity(0, 42);
    private static final EngageField FIELD = new EngageField("demo", "c-1", "/a", EventType.VIEW, 1);
    private static final long LEAP = 3_600;

    private OpenCounters counters;
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        client = RedisClient.create(RealServers.redisUrl());
        connection = client.connect(StringCodec.UTF8);
    }

    @AfterEach
    void stop() {
        connection.close();
        client.shutdown();
        counters.close();
    }

    @Test
    void aClockThatSteppedBackOverTheEndOfAGenerationForgetsNothing() {
        long ahead = counters.second() + 4;
        Spans spans = new Spans(ahead, 10 * ahead); // the next generation of the short span begins 4 s from now
        counters.redis().set(counters.names().getFirst().clock(), Long.toString(ahead));
        assertThat(run(spans, ahead)).isEqualTo("A");
        assertThat(run(spans, ahead)).isEqualTo("D");
        assertThat(counters.redis().keys("*seen*")).containsExactly("{p00}:seen:" + ahead + ":1:0");
    }

    @Test
    void aCallerWithTheGenerationBeforeIsSentBackWithTheHighestSecondSeen() {
        long ahead = counters.second() + 4;
        counters.redis().set(counters.names().getFirst().clock(), Long.toString(ahead));
        Spans shortEnds = new Spans(ahead, 10 * ahead);
        Spans longEnds = new Spans(ahead - 1_000, ahead);
        for (Spans spans : List.of(shortEnds, longEnds)) {
            assertThat(reply(spans, ahead - 4)).isInstanceOfSatisfying(TallyReply.Moved.class, moved -> {
                assertThat(moved.now()).isGreaterThanOrEqualTo(ahead);
                assertThat(moved.view()).isEqualTo(new PartitionView(1, 1));
            });
        }
    }

    /** The edge looks at times too; where its idea of Redis' clock is a moment old, the script decides. */
    @Test
    void timesAreJudgedByTheClockOfTheMoment() {
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        assertThat(verdict(spans, now, now - 10, now - 5, now - 70))
                .as("expired")
                .isEqualTo("X");
        assertThat(verdict(spans, now, now + 500, now + 600, now + 440))
                .as("early")
                .isEqualTo("E");
        counters.redis().set(counters.names().getFirst().since(), Long.toString(now));
        assertThat(verdict(spans, now, now - 10, now + 600, now - 70))
                .as("superseded")
                .isEqualTo("S");
        assertThat(counters.redis().keys("*seen*")).isEmpty();
        assertThat(verdict(spans, now, now + 1, now + 600, now - 70)).isEqualTo("A");
    }

    /** A second that the partition has seen, and Redis' clock has not reached, stands still. */
    @Test
    void aTokenIsExpiredFromTheVerySecondOfItsExpOn() {
        CounterKeys names = counters.names().getFirst();
        long now = counters.second() + 4;
        counters.redis().set(names.clock(), Long.toString(now));
        Spans spans = new Spans(now, 10 * now);
        assertThat(verdict(spans, now, now - 10, now, now - 70)).isEqualTo("X");
        assertThat(verdict(spans, now, now - 10, now + 1, now + 1)).isEqualTo("E");
        assertThat(verdict(spans, now, now - 10, now + 1, now)).isEqualTo("A");
    }

    @Test
    void theHighestSecondSeenAndTheSpansAreKept() {
        CounterKeys names = counters.names().getFirst();
        long before = counters.second();
        counters.redis().set(names.clock(), Long.toString(before - 3));
        counters.redis().del(names.spans());
        Spans spans = new Spans(before - 100, before - 50);
        assertThat(run(spans, before)).isEqualTo("A");
        assertThat(Long.parseLong(counters.redis().get(names.clock()))).isBetween(before, counters.second());
        assertThat(counters.redis().get(names.spans())).isEqualTo((before - 100) + " " + (before - 50));
    }

    @Test
    void whatDoesNotCountLeavesNoField() {
        CounterKeys names = counters.names().getFirst();
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        assertThat(run(spans, now)).isEqualTo("A");
        counters.redis().hdel(names.earn(1), "demo|c-1");
        counters.redis().del(names.engage(1));
        EngageField another = new EngageField("demo", "c-2", "/b", EventType.VIEW, 1);
        PartitionBatch batch = batch(
                new Countable(IDENTITY, FIELD, 1, 1_000, now - 10, now + 600, now - 70),
                new Countable(new Identity(0, 43), another, 1, 1_000, now - 10, now + 600, now - 70));
        assertThat(reply(batch, spans, now))
                .isInstanceOfSatisfying(
                        TallyReply.Counted.class,
                        counted -> assertThat(counted.verdicts()).isEqualTo("DA"));
        assertThat(counters.redis().hkeys(names.earn(1))).containsExactlyInAnyOrder("demo|c-2", "#micros", "#events");
        assertThat(counters.redis().hkeys(names.engage(1))).containsExactly("demo|c-2|/b|view|1");
    }

    /** Fifteen digits: one more than Lua prints by itself. */
    @Test
    void theLargestSumThatABatchCanHaveIsExact() {
        long now = counters.second();
        long micros = Rate.MOST_PER_EVENT - 1;
        Countable[] most = IntStream.range(0, IngestSettings.MOST_EVENTS)
                .mapToObj(i -> new Countable(new Identity(0, i), FIELD, micros, micros, now - 10, now + 600, now - 70))
                .toArray(Countable[]::new);
        assertThat(reply(batch(most), new Spans(now, 10 * now), now)).isInstanceOf(TallyReply.Counted.class);
        CounterKeys names = counters.names().getFirst();
        String sum = "999999999999000";
        assertThat(counters.redis().hgetall(names.earn(1)))
                .containsExactlyInAnyOrderEntriesOf(Map.of("demo|c-1", sum, "#micros", sum, "#events", "1000"));
        assertThat(counters.redis().hgetall(names.engage(1))).containsExactly(Map.entry("demo|c-1|/a|view|1", sum));
        assertThat(counters.redis().hget(names.total(), "#micros")).isEqualTo(sum);
    }

    /** On both sides of what Lua's numbers hold, in one batch: what a field held before and two events more. */
    @Test
    void unitsAreAddedExactlyHoweverManyThereWere() {
        CounterKeys names = counters.names().getFirst();
        long now = counters.second();
        Map<String, Long> before = Map.of(
                "demo|c-1|/none|view|1", 0L,
                "demo|c-1|/few|view|1", 7L,
                "demo|c-1|/below-zero|view|1", -3L,
                "demo|c-1|/exact|view|1", 999_999_999_999_999L,
                "demo|c-1|/larger|view|1", 9_007_199_254_740_993L,
                "demo|c-1|/largest|view|1", 999_999_999_999_999_999L);
        before.forEach((field, units) -> {
            if (units != 0) {
                counters.redis().hset(names.engage(1), field, units.toString());
            }
        });
        List<Countable> events = new ArrayList<>();
        before.keySet().forEach(field -> {
            for (int i = 0; i < 2; i++) {
                Identity identity = new Identity(0, events.size());
                events.add(new Countable(identity, EngageField.parse(field), 3, 1_000, now - 10, now + 600, now - 70));
            }
        });
        assertThat(reply(batch(events.toArray(Countable[]::new)), new Spans(now, 10 * now), now))
                .isInstanceOf(TallyReply.Counted.class);
        Map<String, String> after = new HashMap<>();
        before.forEach((field, units) -> after.put(field, Long.toString(units + 6)));
        assertThat(counters.redis().hgetall(names.engage(1))).isEqualTo(after);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -7, 999_999_999_999_999L, 9_007_199_254_740_993L, 999_999_999_999_999_998L})
    void totalsAreAddedExactlyHoweverLargeTheyWere(long before) {
        CounterKeys names = counters.names().getFirst();
        long now = counters.second();
        for (String hash : List.of(names.earn(1), names.total())) {
            counters.redis().hset(hash, "#micros", Long.toString(before));
            counters.redis().hset(hash, "#events", Long.toString(before));
        }
        assertThat(run(new Spans(now, 10 * now), now)).isEqualTo("A");
        for (String hash : List.of(names.earn(1), names.total())) {
            assertThat(counters.redis().hget(hash, "#micros")).isEqualTo(Long.toString(before + 1_000));
            assertThat(counters.redis().hget(hash, "#events")).isEqualTo(Long.toString(before + 1));
        }
    }

    /** Of three partitions in one call, the one in the middle is another epoch's and the last is not open. */
    @Test
    void eachPartitionOfACallHasAnAnswerOfItsOwn() {
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        counters.redis().set(counters.names().get(1).epoch(), "7");
        counters.redis().del(counters.names().get(2).epoch());
        TallyCall call = call(spans, now);
        for (int partition = 0; partition < 4; partition++) {
            call.add(
                    batch(partition, countable(now, partition, 1), countable(now, partition, 2)),
                    new PartitionView(1, 1));
        }
        List<TallyReply> replies = new TallyScript()
                .run(connection, call).join().stream().map(TallyReply::of).toList();
        assertThat(replies.stream().map(reply -> reply.getClass().getSimpleName()))
                .containsExactly("Counted", "Moved", "Refused", "Counted");
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(4_000);
        for (int partition : List.of(0, 3)) {
            assertThat(counters.redis().hget(counters.names().get(partition).total(), "#events"))
                    .isEqualTo("2");
        }
    }

    /** What is no set remembers nobody: its event is neither seen nor counted, and those beside it are. */
    @Test
    void aKeyOfAnotherTypeWhereASetShouldBeCostsItsOwnEventOnly() {
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        CounterKeys names = counters.names().getFirst();
        for (long generation : List.of(0L, 1L)) {
            counters.redis().set(names.seen(now, generation, 1), "no set");
            TallyReply reply = reply(
                    batch(countable(now, 0, 41), inBucketOne(now, generation), countable(now, 0, 43)), spans, now);
            assertThat(reply)
                    .isInstanceOfSatisfying(
                            TallyReply.Counted.class,
                            counted -> assertThat(counted.verdicts()).isEqualTo(generation == 0 ? "AUA" : "DUD"));
            counters.redis().del(names.seen(now, generation, 1));
        }
        assertThat(counters.redis().hgetall(names.earn(1)))
                .containsExactlyInAnyOrderEntriesOf(Map.of("demo|c-1", "2000", "#micros", "2000", "#events", "2"));
        assertThat(counters.redis().hgetall(names.engage(1))).containsExactly(Map.entry("demo|c-1|/a|view|1", "2"));
        assertThat(reply(batch(inBucketOne(now, 9)), spans, now))
                .isInstanceOfSatisfying(
                        TallyReply.Counted.class,
                        counted -> assertThat(counted.verdicts()).isEqualTo("A"));
    }

    private static Countable inBucketOne(long now, long fingerprint) {
        return new Countable(new Identity(1L << 50, fingerprint), FIELD, 1, 1_000, now - 10, now + 600, now - 70);
    }

    @Test
    void aKeyOfAnotherTypeWhereACounterShouldBeIsNamedAndNothingIsWritten() {
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        CounterKeys names = counters.names().getFirst();
        for (String counter : List.of(names.earn(1), names.engage(1), names.total())) {
            counters.redis().set(counter, "no hash");
            long keys = counters.redis().dbsize();
            assertThat(reply(spans, now))
                    .isInstanceOfSatisfying(
                            TallyReply.Corrupt.class,
                            corrupt -> assertThat(corrupt.why()).contains(counter));
            assertThat(counters.redis().dbsize()).isEqualTo(keys);
            counters.redis().del(counter);
        }
        assertThat(run(spans, now)).isEqualTo("A");
    }

    @Test
    void aSumThatRedisWouldNotTakeForANumberIsNamedBeforeAnythingIsWritten() {
        long now = counters.second();
        Spans spans = new Spans(now, 10 * now);
        CounterKeys names = counters.names().getFirst();
        for (String sum : List.of("0000000000000007", "-0", "1.5", "", "+7", "1234567890123456789")) {
            counters.redis().hset(names.total(), "#micros", sum);
            long keys = counters.redis().dbsize();
            assertThat(reply(spans, now))
                    .as(sum)
                    .isInstanceOfSatisfying(
                            TallyReply.Corrupt.class,
                            corrupt -> assertThat(corrupt.why()).contains("#micros"));
            assertThat(counters.redis().dbsize()).isEqualTo(keys);
        }
        counters.redis().hset(names.total(), "#micros", "0");
        assertThat(run(spans, now)).isEqualTo("A");
    }

    private String verdict(Spans spans, long now, long issued, long expires, long earliest) {
        PartitionBatch batch = batch(new Countable(IDENTITY, FIELD, 1, 1_000, issued, expires, earliest));
        return reply(batch, spans, now) instanceof TallyReply.Counted counted ? counted.verdicts() : "not counted";
    }

    private String run(Spans spans, long now) {
        return reply(spans, now) instanceof TallyReply.Counted counted ? counted.verdicts() : "not counted";
    }

    private TallyReply reply(Spans spans, long now) {
        return reply(batch(new Countable(IDENTITY, FIELD, 1, 1_000, now - 10, now + 600, now - 70)), spans, now);
    }

    private static Countable countable(long now, int partition, long fingerprint) {
        Identity identity = new Identity((long) partition << 60, fingerprint);
        return new Countable(identity, FIELD, 1, 1_000, now - 10, now + 600, now - 70);
    }

    private static PartitionBatch batch(Countable... events) {
        return batch(0, events);
    }

    private static PartitionBatch batch(int partition, Countable... events) {
        Share share = new Pending(events.length).newShare(partition);
        for (int i = 0; i < events.length; i++) {
            share.add(events[i], i);
        }
        return new PartitionBatch(partition, List.of(share));
    }

    private TallyReply reply(PartitionBatch batch, Spans spans, long now) {
        TallyCall call = call(spans, now);
        call.add(batch, new PartitionView(1, 1));
        return TallyReply.of(new TallyScript().run(connection, call).join().getFirst());
    }

    private TallyCall call(Spans spans, long now) {
        String run = counters.redis().get(counters.names().getFirst().run());
        return new TallyCall(8, run, now, spans, LEAP, new TouchedSets());
    }
}
