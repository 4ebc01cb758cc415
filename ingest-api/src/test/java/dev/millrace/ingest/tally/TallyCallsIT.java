package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.counters.KnownCounters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that travel together, and what each of them is told. */
@Timeout(60)
class TallyCallsIT {
    private OpenCounters counters;
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;
    private TallyCalls calls;
    private long now;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        client = RedisClient.create(RealServers.redisUrl());
        connection = client.connect(StringCodec.UTF8);
        now = counters.second();
        calls = calls(new Spans(now, 10 * now));
    }

    private TallyCalls calls(Spans spans) {
        String run = counters.redis().get(counters.names().getFirst().run());
        return new TallyCalls(
                KnownCounters.of(new Observation(connection, run, OpenCounters.CATALOG, 16, now * 1_000_000, 0)),
                spans,
                Duration.ofHours(1),
                new TallyMeters(new SimpleMeterRegistry()));
    }

    @AfterEach
    void stop() {
        connection.close();
        client.shutdown();
        counters.close();
    }

    @Test
    void eachRequestGetsTheOutcomesOfItsOwnEvents() throws Exception {
        Pending first = new Pending(3);
        Pending second = new Pending(2);
        Share firstOfOne = share(first, 1, event(1, "c-1", 10), event(1, "c-1", 11));
        Share firstOfTwo = first.newShare(2);
        firstOfTwo.add(event(2, "c-1", 12), 2);
        Share secondOfOne = share(second, 1, event(1, "c-2", 11), expired(1));
        send(new PartitionBatch(1, List.of(firstOfOne, secondOfOne)), new PartitionBatch(2, List.of(firstOfTwo)));
        assertThat(first.await()).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.ACCEPTED);
        assertThat(second.await())
                .satisfiesExactly(
                        outcome -> assertThat(outcome).isEqualTo(Outcome.DUPLICATE),
                        outcome -> assertThat(outcome).isInstanceOf(Outcome.Refused.class));
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(3_000);
        assertThat(counters.earned(1, "demo|c-2")).isZero();
    }

    @Test
    void aCounterThatHoldsNoNumberFailsNobodyElse() throws Exception {
        counters.redis().hset(names(1).earn(1), "demo|c-2", "nonsense");
        Pending good = new Pending(1);
        Pending bad = new Pending(2);
        Pending late = new Pending(1);
        Share badOfOne = share(bad, 1, event(1, "c-2", 20));
        Share badOfTwo = bad.newShare(2);
        badOfTwo.add(event(2, "c-3", 21), 1);
        send(
                new PartitionBatch(
                        1, List.of(share(good, 1, event(1, "c-1", 10)), badOfOne, share(late, 1, event(1, "c-1", 10)))),
                new PartitionBatch(2, List.of(badOfTwo)));
        assertThat(good.await()).containsExactly(Outcome.ACCEPTED);
        assertThat(late.await()).containsExactly(Outcome.DUPLICATE);
        assertThatThrownBy(() -> bad.await())
                .hasRootCauseMessage("partition 1: the counter 'demo|c-2' holds no number");
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_000);
        assertThat(counters.earned(1, "demo|c-3")).isEqualTo(1_000);
    }

    @Test
    void anEventThatCanNotBeLookedUpFailsItsOwnRequestOnly() throws Exception {
        counters.redis().set(names(1).seen(now, 1, 1), "no set");
        Pending good = new Pending(1);
        Pending bad = new Pending(1);
        Identity inBucketOne = new Identity((1L << 60) | (1L << 50), 5);
        send(new PartitionBatch(
                1, List.of(share(bad, 1, event(inBucketOne, "c-2", 600)), share(good, 1, event(1, "c-1", 10)))));
        assertThat(good.await()).containsExactly(Outcome.ACCEPTED);
        assertThatThrownBy(() -> bad.await()).hasRootCauseInstanceOf(CountersRefused.class);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_000);
        assertThat(counters.earned(1, "demo|c-2")).isZero();
    }

    @Test
    void aPartitionThatIsNotOpenFailsThoseWhoNeedItAndTheOthersCount() throws Exception {
        counters.redis().del(names(4).epoch());
        Pending bad = new Pending(1);
        Pending good = new Pending(1);
        send(
                new PartitionBatch(4, List.of(share(bad, 4, event(4, "c-1", 1)))),
                new PartitionBatch(5, List.of(share(good, 5, event(5, "c-1", 1)))));
        assertThat(good.await()).containsExactly(Outcome.ACCEPTED);
        assertThatThrownBy(() -> bad.await())
                .hasRootCauseMessage("partition 4: no epoch is open; settlement-worker opens one");
    }

    @Test
    void aPointerThatIsNoNumberFailsThoseWhoNeedItAndTheOthersCount() throws Exception {
        counters.redis().set(names(4).epoch(), "nonsense");
        Pending bad = new Pending(1);
        Pending good = new Pending(1);
        send(
                new PartitionBatch(4, List.of(share(bad, 4, event(4, "c-1", 1)))),
                new PartitionBatch(5, List.of(share(good, 5, event(5, "c-1", 1)))));
        assertThat(good.await()).containsExactly(Outcome.ACCEPTED);
        assertThatThrownBy(() -> bad.await())
                .hasRootCauseMessage(
                        "partition 4: its pointer names epoch 'nonsense' of opening '1'; settlement-worker opens it anew");
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_000);
    }

    /** Lua takes more for a number than HINCRBY does, which would fail when half is written. */
    @Test
    void whatIsANumberForLuaOnlyIsNoNumber() throws Exception {
        for (String value : List.of("12.0", "1e3", "0x10", " 5", "", "1234567890123456789")) {
            counters.redis().hset(names(1).engage(1), "demo|c-1|/a|view|1", value);
            Pending bad = new Pending(1);
            send(new PartitionBatch(1, List.of(share(bad, 1, event(1, "c-1", 1)))));
            assertThatThrownBy(() -> bad.await())
                    .as(value)
                    .hasRootCauseMessage("partition 1: the counter 'demo|c-1|/a|view|1' holds no number");
            assertThat(counters.redis().keys("*seen*")).isEmpty();
        }
    }

    /** Each partition of a call may have moved on; each is sent again under the epoch that is open there. */
    @Test
    void partitionsThatHaveMovedOnAreSentAgainTogether() throws Exception {
        counters.redis().set(names(1).epoch(), "8");
        counters.redis().set(names(2).epoch(), "9");
        Pending request = new Pending(2);
        Share one = share(request, 1, event(1, "c-1", 1));
        Share two = request.newShare(2);
        two.add(event(2, "c-1", 1), 1);
        send(new PartitionBatch(1, List.of(one)), new PartitionBatch(2, List.of(two)));
        assertThat(request.await()).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED);
        assertThat(counters.earned(8, "demo|c-1")).isEqualTo(1_000);
        assertThat(counters.earned(9, "demo|c-1")).isEqualTo(1_000);
    }

    /** What this node believes of Redis' clock is a moment old; the answer tells the second that names the generation. */
    @Test
    void aGenerationThatHasBegunMeanwhileIsFollowed() throws Exception {
        long ahead = now + 4;
        counters.redis().set(names(1).clock(), Long.toString(ahead));
        calls = calls(new Spans(ahead, 10 * now));
        Pending request = new Pending(1);
        send(new PartitionBatch(1, List.of(share(request, 1, event(1, "c-1", 1)))));
        assertThat(request.await()).containsExactly(Outcome.ACCEPTED);
        assertThat(counters.redis().keys("*seen*")).containsExactly(names(1).seen(ahead, 1, 0));
        assertThat(counters.redis().ttl(names(1).seen(ahead, 1, 0))).isPositive();
    }

    private void send(PartitionBatch... batches) throws Exception {
        calls.count(List.of(batches)).get(1, TimeUnit.MINUTES);
    }

    private static Share share(Pending request, int partition, Countable... events) {
        Share share = request.newShare(partition);
        for (int i = 0; i < events.length; i++) {
            share.add(events[i], i);
        }
        return share;
    }

    private Countable event(int partition, String creator, long fingerprint) {
        return event(new Identity((long) partition << 60, fingerprint), creator, 600);
    }

    private Countable expired(int partition) {
        return event(new Identity((long) partition << 60, 99), "c-2", 0);
    }

    private Countable event(Identity identity, String creator, long expiresIn) {
        EngageField field = new EngageField("demo", creator, "/a", EventType.VIEW, 1);
        return new Countable(identity, field, 1, 1_000, now - 10, now + expiresIn, now - 70);
    }

    private static CounterKeys names(int partition) {
        return new CounterKeys(partition);
    }
}
