package dev.millrace.settlement.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.settle.Settlement;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the worker does when Redis is new, restarted, wiped or older than the ledger. */
class WatchIT {
    private Counting counters;
    private RunningWorker worker;
    private Watch watch;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        String database = RealServers.freshDatabase();
        RunningWorker.migrate(database, RealServers.databases());
        counters = new Counting(RealServers.redisUrl());
        worker = new RunningWorker(RealServers.redisUrl(), database, RealServers.databases());
        watch = worker.bean(Watch.class);
        watch.look();
    }

    @AfterEach
    void stop() {
        worker.close();
        counters.close();
    }

    @Test
    void newCountersAreOpenedOnceAndRefuseNoToken() {
        CounterKeys names = new CounterKeys(15);
        watch.look();
        assertThat(counters.redis().mget(names.epoch(), names.opening(), names.since()).stream()
                        .map(v -> v.getValue()))
                .containsExactly("1", "1", "0");
        assertThat(counters.redis().info("server"))
                .contains("run_id:" + counters.redis().get(names.run()));
        assertThat(metric("millrace.reopenings")).isZero();
    }

    @Test
    void wipedCountersAreReopenedBeyondWhatIsSettledAndRefuseOlderTokens() {
        count(5, 1_000);
        worker.bean(Settlement.class).settleAll();
        worker.bean(Settlement.class).settleAll();
        counters.redis().flushall();
        watch.look();
        CounterKeys names = new CounterKeys(5);
        assertThat(counters.redis().get(names.epoch())).isEqualTo("3");
        assertThat(counters.redis().get(names.opening())).isEqualTo("2");
        long now = Long.parseLong(counters.redis().time().getFirst());
        assertThat(Long.parseLong(counters.redis().get(names.since()))).isBetween(now + 55, now + 61);
        assertThat(counters.redis().hget(names.total(), "#micros")).isEqualTo("1000");
        assertThat(metric("millrace.reopenings")).isEqualTo(16);
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    @Test
    void aRedisOlderThanTheLedgerIsSetAsideAndReopenedBeyond() {
        CounterKeys names = new CounterKeys(8);
        worker.bean(Settlement.class).settleAll();
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        counters.redis().set(names.epoch(), "2");
        counters.redis().hdel(names.earn(2), "#sealed");
        watch.look();
        assertThat(counters.redis().get(names.epoch())).isEqualTo("3");
        assertThat(counters.redis().hget(names.quarantine(2, "earn", 2), "demo|c-1"))
                .isEqualTo("700");
        assertThat(counters.redis().exists(names.quarantine(2, "engage", 2))).isEqualTo(1);
        assertThat(counters.redis().exists(names.earn(2))).isZero();
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isZero();
    }

    @Test
    void aPointerThatIsNoNumberIsTreatedAsLost() {
        CounterKeys names = new CounterKeys(2);
        counters.redis().set(names.epoch(), "nonsense");
        watch.look();
        assertThat(counters.redis().get(names.epoch())).isEqualTo("1");
        assertThat(counters.redis().get(names.opening())).isEqualTo("2");
    }

    @Test
    void anotherRedisProcessIsConfirmedOnlyWhenItsPointersAreAhead() {
        CounterKeys ahead = new CounterKeys(1);
        counters.redis().set(ahead.run(), "the-run-before");
        watch.look();
        assertThat(counters.redis().info("server"))
                .contains("run_id:" + counters.redis().get(ahead.run()));
        assertThat(counters.redis().get(ahead.opening())).isEqualTo("1");
    }

    @Test
    void aSleepingClockIsMovedOnAndATrustedOneIsLeftAlone() {
        CounterKeys names = new CounterKeys(1);
        long now = Long.parseLong(counters.redis().time().getFirst());
        counters.redis().set(names.clock(), Long.toString(now - 500));
        watch.look();
        assertThat(Long.parseLong(counters.redis().get(names.clock()))).isGreaterThanOrEqualTo(now);
        counters.redis().set(names.clock(), Long.toString(now - 20));
        watch.look();
        assertThat(counters.redis().get(names.clock())).isEqualTo(Long.toString(now - 20));
    }

    @Test
    void countedIsSettledPlusPendingAndADifferenceShows() {
        IntStream.range(0, 16).forEach(p -> count(p, 1_000));
        worker.bean(Settlement.class).settleAll();
        IntStream.range(0, 16).forEach(p -> count(p, 100));
        watch.look();
        assertThat(metric("millrace.counted.micros")).isEqualTo(17_600);
        assertThat(metric("millrace.settled.micros")).isEqualTo(16_000);
        assertThat(metric("millrace.pending.micros")).isEqualTo(1_600);
        assertThat(metric("millrace.money.drift.micros")).isZero();
        assertThat(metric("millrace.settled.events")).isEqualTo(16);
        counters.redis().hincrby(new CounterKeys(4).total(), "#micros", 7);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isEqualTo(7);
    }

    @Test
    void aPointerFarBeyondTheLedgerIsNotReadEpochByEpoch() {
        watch.look();
        double counted = metric("millrace.counted.micros");
        counters.redis().set(new CounterKeys(4).epoch(), "1000000000000");
        counters.redis().hincrby(new CounterKeys(5).total(), "#micros", 7);
        watch.look();
        assertThat(metric("millrace.counted.micros")).as("not compared").isEqualTo(counted);
    }

    @Test
    void aRedisThatCouldLoseWhatItAcknowledgedIsToldOf() {
        assertThat(metric("millrace.redis.durable")).isEqualTo(1);
        counters.redis().configSet("appendfsync", "everysec");
        try {
            IntStream.range(0, 60).forEach(i -> watch.look());
            assertThat(metric("millrace.redis.durable")).isZero();
        } finally {
            counters.redis().configSet("appendfsync", "always");
        }
    }

    private void count(int partition, long micros) {
        EventType type = micros == 1_000 ? EventType.VIEW : EventType.SCROLL;
        long units = micros == 1_000 ? 1 : micros / 100;
        assertThat(counters.count(partition, "c-1", "/a", type, units, micros)).isTrue();
    }

    private double metric(String name) {
        return worker.bean(MeterRegistry.class).get(name).meters().stream()
                .flatMap(meter ->
                        java.util.stream.StreamSupport.stream(meter.measure().spliterator(), false))
                .mapToDouble(m -> m.getValue())
                .sum();
    }
}
