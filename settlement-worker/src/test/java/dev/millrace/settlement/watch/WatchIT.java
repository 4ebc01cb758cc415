package dev.millrace.settlement.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.seal.Sealing;
import dev.millrace.settlement.settle.Settled;
import dev.millrace.settlement.settle.Settlement;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionTemplate;

/** What the worker does when Redis is new, restarted, wiped or older than the ledger. */
@ExtendWith(OutputCaptureExtension.class)
class WatchIT {
    private String database = "";
    private Counting counters;
    private RunningWorker worker;
    private Watch watch;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        worker = new RunningWorker(RealServers.redisUrl(), database, RealServers.databases());
        worker.byHand();
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
        long before = second();
        watch.look();
        CounterKeys names = new CounterKeys(5);
        assertThat(counters.redis().get(names.epoch())).isEqualTo("3");
        assertThat(counters.redis().get(names.opening())).isEqualTo("2");
        assertThat(Long.parseLong(counters.redis().get(names.since()))).isBetween(before + 61, second() + 61);
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

    /** A copy from before the partition was opened again may have a pointer ahead of the ledger: of a time that was given up. */
    @Test
    void aCopyFromBeforeAReopeningIsSetAsideAlthoughItsPointerIsAhead() {
        CounterKeys names = new CounterKeys(8);
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        counters.redis().del(names.epoch());
        watch.look();
        assertThat(counters.redis().get(names.opening())).isEqualTo("2");
        counters.redis().set(names.opening(), "1");
        counters.redis().set(names.epoch(), "4");
        counters.redis().hset(names.earn(3), Map.of("#micros", "5", "#sealed", "1"));
        counters.redis().hset(names.earn(4), "#micros", "6");
        watch.look();
        assertThat(counters.redis().mget(names.epoch(), names.opening()).stream()
                        .map(v -> v.getValue()))
                .containsExactly("2", "3");
        assertThat(counters.redis().hget(names.quarantine(3, "earn", 3), "#micros"))
                .isEqualTo("5");
        assertThat(counters.redis().hget(names.quarantine(3, "earn", 4), "#micros"))
                .isEqualTo("6");
        assertThat(counters.redis().exists(names.earn(3), names.earn(4))).isZero();
    }

    /** The pointer alone is lost while sealed epochs wait: none of them is counted into or settled half. */
    @Test
    void whateverLiesBeyondTheLedgerIsSetAsideWithALostPointer() {
        CounterKeys names = new CounterKeys(8);
        for (int epoch = 1; epoch <= 3; epoch++) {
            count(8, 700);
            counters.redis().hset(names.earn(epoch), "#sealed", "1");
            counters.redis().set(names.epoch(), Integer.toString(epoch + 1));
        }
        count(8, 700);
        counters.redis().del(names.epoch());
        watch.look();
        assertThat(counters.redis().get(names.epoch())).isEqualTo("1");
        for (int epoch = 1; epoch <= 4; epoch++) {
            assertThat(counters.redis().hget(names.quarantine(2, "earn", epoch), "demo|c-1"))
                    .isEqualTo("700");
        }
        count(8, 700);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(700);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    /** The ledger may be restored to before them: then they are settled a second time. */
    @Test
    void settledEpochsThatAreKeptStayWhereTheyAre() {
        CounterKeys names = new CounterKeys(8);
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        count(8, 40);
        counters.redis().del(names.epoch());
        watch.look();
        assertThat(counters.redis().hget(names.earn(1), "demo|c-1")).isEqualTo("700");
        assertThat(counters.redis().hget(names.quarantine(2, "earn", 2), "demo|c-1"))
                .isEqualTo("40");
        assertThat(counters.redis().exists(names.quarantine(2, "earn", 1))).isZero();
    }

    /** Half of an epoch, as a person's hand or a Redis that is no cluster node of its own may leave it. */
    @Test
    void engagementAloneIsSetAsideToo() {
        CounterKeys names = new CounterKeys(8);
        counters.redis().hset(names.engage(1), "demo|c-1|/a|view|1", "3");
        counters.redis().del(names.epoch());
        watch.look();
        assertThat(counters.redis().exists(names.engage(1))).isZero();
        assertThat(counters.redis().hget(names.quarantine(2, "engage", 1), "demo|c-1|/a|view|1"))
                .isEqualTo("3");
    }

    /** A number used twice would hide a loss from the ingest nodes that have seen it. */
    @Test
    void anOpeningThatOnlyRedisKnowsOfIsNotNumberedAgain() {
        CounterKeys names = new CounterKeys(8);
        counters.redis().set(names.opening(), "5");
        counters.redis().del(names.epoch());
        watch.look();
        assertThat(counters.redis().get(names.opening())).isEqualTo("6");
    }

    /** A settlement commits between the look and the lock: what was seen is behind the ledger by then. */
    @Test
    void anotherProcessIsConfirmedByTheCursorOfTheMoment() {
        CounterKeys names = new CounterKeys(8);
        String run = String.valueOf(counters.redis().get(names.run()));
        AtomicBoolean first = new AtomicBoolean(true);
        TransactionTemplate late = new TransactionTemplate(worker.bean(PlatformTransactionManager.class)) {
            @Override
            public <T> T execute(TransactionCallback<T> action) {
                if (first.getAndSet(false)) {
                    counters.redis().set(names.run(), run);
                    worker.bean(Settlement.class).settleAll();
                    counters.redis().set(names.run(), "the-run-before");
                    counters.redis().set(names.epoch(), "1");
                }
                return super.execute(action);
            }
        };
        counters.redis().set(names.run(), "the-run-before");
        watch(late, worker.bean(SettlementSettings.class)).look();
        assertThat(first).isFalse();
        assertThat(counters.redis().get(names.run())).isEqualTo("the-run-before");
    }

    /** Who holds it may be about to commit a settlement of the process before. */
    @Test
    void whatAnotherHoldsIsNotConfirmed() throws Exception {
        CounterKeys names = new CounterKeys(8);
        counters.redis().set(names.run(), "the-run-before");
        try (Connection other = DriverManager.getConnection(
                        database, "postgres", RealServers.databases().password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM partition_cursor WHERE partition = 8 FOR UPDATE");
            watch.look();
            assertThat(counters.redis().get(names.run())).isEqualTo("the-run-before");
            other.rollback(); // Closing alone would not wait for the server to let go of the row.
        }
        watch.look();
        assertThat(counters.redis().info("server"))
                .contains("run_id:" + counters.redis().get(names.run()));
    }

    /** Until then a balance can't be told, so the worker is not ready. */
    @Test
    void aWorkerHasComparedOnceNoPartitionIsLeftToTheNextLook() throws Exception {
        Watch late = watch(worker.bean(TransactionTemplate.class), worker.bean(SettlementSettings.class));
        assertThat(late.hasCompared()).isFalse();
        counters.redis().set(new CounterKeys(8).run(), "the-run-before");
        try (Connection other = DriverManager.getConnection(
                        database, "postgres", RealServers.databases().password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM partition_cursor WHERE partition = 8 FOR UPDATE");
            late.look();
            late.look();
            assertThat(late.hasCompared()).isFalse();
            other.rollback();
        }
        late.look();
        late.look();
        assertThat(late.hasCompared()).isTrue();
    }

    /** Who has compared both stores has no need to ask the database again, until something tells of a change. */
    @Test
    void aTurnAsksTheDatabaseOnlyWhereRedisIsNotAsItWas() {
        AtomicInteger asked = new AtomicInteger();
        JdbcClient counting = JdbcClient.create(new DelegatingDataSource(worker.bean(DataSource.class)) {
            @Override
            public Connection getConnection() throws SQLException {
                asked.incrementAndGet();
                return super.getConnection();
            }
        });
        Watch quiet = watch(counting, worker.bean(TransactionTemplate.class), worker.bean(SettlementSettings.class));
        quiet.turn();
        int comparison = asked.getAndSet(0);
        assertThat(comparison).as("of the first turn").isPositive();
        quiet.turn();
        count(5, 1_000);
        quiet.turn();
        assertThat(asked).as("nothing has happened but a view").hasValue(0);

        CounterKeys names = new CounterKeys(5);
        Map<String, Runnable> changes = new LinkedHashMap<>();
        changes.put("another process", () -> counters.redis().set(names.run(), "the-run-before"));
        changes.put("no pointer", () -> counters.redis().del(names.epoch()));
        changes.put("another opening", () -> counters.redis().set(names.opening(), "7"));
        changes.put("a pointer that went back", () -> {
            worker.bean(Settlement.class).settleAll();
            quiet.look();
            counters.redis().set(names.epoch(), "1");
        });
        changes.put("a dead canary", () -> counters.redis().del(names.canary()));
        changes.put(
                "a canary that is old", () -> counters.redis().set(names.canaryUntil(), Long.toString(second() + 20)));
        changes.put("a sleeping clock", () -> counters.redis().set(names.clock(), Long.toString(second() - 500)));
        changes.forEach((what, change) -> {
            change.run();
            asked.set(0);
            quiet.turn();
            assertThat(asked).as(what).hasValueGreaterThanOrEqualTo(comparison);
            quiet.look(); // one look may leave something to the next
            quiet.look();
            asked.set(0);
            quiet.turn();
            assertThat(asked).as("after " + what).hasValue(0);
        });

        quiet.lookAgain(false);
        quiet.turn();
        assertThat(asked.getAndSet(0)).as("asked for").isEqualTo(comparison);
        quiet.lookAgain(true);
        quiet.turn();
        assertThat(asked.getAndSet(0))
                .as("and for sessions that hold others up")
                .isEqualTo(comparison + 1);
        quiet.turn();
        assertThat(asked).as("once").hasValue(0);
    }

    /** What happens to the ledger alone shows after half an interval. */
    @Test
    void aTurnAsksTheDatabaseAfterAWhile() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Watch impatient =
                watch(worker.bean(JdbcClient.class), worker.bean(TransactionTemplate.class), ofASecond(), meters);
        impatient.turn();
        assertThat(meters.get("millrace.partitions.halted").gauge().value()).isZero();
        worker.bean(Cursors.class).halted(3, "a test");
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (meters.get("millrace.partitions.halted").gauge().value() == 0) {
            assertThat(System.nanoTime()).as("seen").isLessThan(deadline);
            impatient.turn();
        }
        assertThat(meters.get("millrace.partitions.halted").gauge().value()).isEqualTo(1);
    }

    /** The worker's settings, but for an interval of a second. */
    private SettlementSettings ofASecond() {
        SettlementSettings given = worker.bean(SettlementSettings.class);
        return new SettlementSettings(
                Duration.ofSeconds(1),
                given.keepSettled(),
                given.partitionsPerRun(),
                true,
                given.openingDelay(),
                given.clockTolerance());
    }

    private Watch watch(TransactionTemplate transaction, SettlementSettings settings) {
        return watch(worker.bean(JdbcClient.class), transaction, settings);
    }

    private Watch watch(JdbcClient jdbc, TransactionTemplate transaction, SettlementSettings settings) {
        return watch(jdbc, transaction, settings, new SimpleMeterRegistry());
    }

    private Watch watch(
            JdbcClient jdbc, TransactionTemplate transaction, SettlementSettings settings, MeterRegistry meters) {
        return new WatchConfiguration()
                .watch(
                        jdbc,
                        worker.bean(StringRedisTemplate.class),
                        new Cursors(jdbc),
                        transaction,
                        settings,
                        meters,
                        worker.bean(RedisDurability.class),
                        new StaticListableBeanFactory().getBeanProvider(CrashPoints.class));
    }

    /** The database waits for a client's rows without a limit, and the locks with it. */
    @Test
    void aSessionThatFellAsleepInTheMiddleOfItsRowsIsEnded() throws Exception {
        Watch impatient = watch(worker.bean(TransactionTemplate.class), ofASecond());
        Connection asleep = DriverManager.getConnection(
                database, Databases.SETTLER, RealServers.databases().password());
        try (Statement statement = asleep.createStatement()) {
            asleep.setAutoCommit(false);
            statement.execute("CREATE TEMP TABLE rows (row text)");
            CopyIn copy = asleep.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY rows FROM STDIN");
            byte[] row = {'x', '\n'};
            copy.writeToCopy(row, 0, row.length);
            copy.flushCopy();
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (worker.bean(JdbcClient.class)
                            .sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY rows%'")
                            .query(Long.class)
                            .single()
                    > 0) {
                impatient.look();
                assertThat(System.nanoTime()).as("ended").isLessThan(deadline);
            }
        } finally {
            asleep.abort(Runnable::run);
        }
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
        long now = second();
        counters.redis().set(names.clock(), Long.toString(now - 500));
        watch.look();
        assertThat(Long.parseLong(counters.redis().get(names.clock()))).isGreaterThanOrEqualTo(now);
        String trusted = Long.toString(second() + 300); // up to 30 s behind would do, but a slow machine is slow
        counters.redis().set(names.clock(), trusted);
        watch.look();
        assertThat(counters.redis().get(names.clock())).isEqualTo(trusted);
    }

    /** Redis' clock can't be set here; what a leap does to a key that expires is done by hand. */
    @Test
    void whereTheCanaryDiedTokensThatAreOutAreRefusedAndTheCountersStay(CapturedOutput output) {
        CounterKeys names = new CounterKeys(5);
        count(5, 1_000);
        watch.look();
        assertThat(counters.redis().ttl(names.canary())).isBetween(1L, 60L);
        counters.redis().del(names.canary());
        long before = second();
        watch.look();
        assertThat(metric("millrace.clock.leaps")).isEqualTo(1);
        assertThat(output).contains("ERROR").contains("partition 5: Redis' clock has leapt ahead");
        assertThat(counters.redis().mget(names.epoch(), names.opening()).stream()
                        .map(v -> v.getValue()))
                .containsExactly("1", "2");
        assertThat(Long.parseLong(counters.redis().get(names.since()))).isBetween(before + 60, second() + 62);
        watch.look();
        assertThat(metric("millrace.clock.leaps")).as("once").isEqualTo(1);
        assertThat(metric("millrace.reopenings")).isZero();
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    /** Nobody was there to feed it. */
    @Test
    void aCanaryThatDiedOfAgeSaysNothing() {
        CounterKeys names = new CounterKeys(5);
        counters.redis().del(names.canary());
        counters.redis().set(names.canaryUntil(), Long.toString(second() - 10));
        watch.look();
        assertThat(metric("millrace.clock.leaps")).isZero();
        assertThat(counters.redis().get(names.since())).isEqualTo("0");
        assertThat(counters.redis().exists(names.canary())).isEqualTo(1);
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

    /** Else a settlement in between would look as if money were missing. */
    @Test
    void whereSomethingMovedMeanwhileNothingIsCompared() {
        count(4, 1_000);
        Cursors cursors = worker.bean(Cursors.class);
        StringRedisTemplate redis = worker.bean(StringRedisTemplate.class);
        Money money = new Money(redis);
        List<Long> pointers = Collections.nCopies(16, 1L);
        List<PartitionCursor> before = cursors.all();
        assertThat(money.read(before, pointers))
                .hasValueSatisfying(reading -> assertThat(reading.drift()).isEqualTo(Micros.ZERO));
        new Sealing(redis).seal(4, 0);
        assertThat(money.read(before, pointers)).as("sealed").isEmpty();
        assertThat(Money.stoodStill(before, cursors.all())).isTrue();
        worker.bean(Settlement.class).settleAll();
        assertThat(Money.stoodStill(before, cursors.all())).as("settled").isFalse();
        List<Long> now = IntStream.range(0, 16)
                .mapToObj(p -> Long.parseLong(counters.redis().get(new CounterKeys(p).epoch())))
                .toList();
        assertThat(money.read(cursors.all(), now)).isPresent();
    }

    /** A copy of Redis from a moment ago, within the same epoch: the ledger can't know what is lost, whoever looks every second can. */
    @Test
    void countsThatAreLostWhileThePointerStandsAreToldOf(CapturedOutput output) {
        CounterKeys names = new CounterKeys(5);
        count(5, 1_000);
        byte[] earn = counters.redis().dump(names.earn(1));
        byte[] engage = counters.redis().dump(names.engage(1));
        byte[] total = counters.redis().dump(names.total());
        count(5, 1_000);
        watch.look();
        assertThat(metric("millrace.counted.micros")).isEqualTo(2_000);
        RestoreArgs over = RestoreArgs.Builder.ttl(0).replace();
        counters.redis().restore(names.earn(1), earn, over);
        counters.redis().restore(names.engage(1), engage, over);
        counters.redis().restore(names.total(), total, over);
        watch.look();
        assertThat(metric("millrace.lost.micros")).isEqualTo(1_000);
        assertThat(output).contains("ERROR").contains("partition 5: Redis has lost 1000 micros");
        watch.look();
        assertThat(metric("millrace.lost.micros")).as("told once").isEqualTo(1_000);
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    /** What a re-opening sets aside is there, and told of as a re-opening. */
    @Test
    void aReopeningIsNotTakenForALoss() {
        CounterKeys names = new CounterKeys(8);
        counters.redis().set(names.opening(), "3");
        watch.look();
        assertThat(metric("millrace.reopenings"))
                .as("told of by whoever finds it")
                .isEqualTo(1);
        assertThat(metric("millrace.openings")).isEqualTo(16);
        count(8, 700);
        watch.look();
        assertThat(metric("millrace.counted.micros")).isEqualTo(700);
        counters.redis().set(names.opening(), "2");
        watch.look();
        assertThat(counters.redis().get(names.opening())).isEqualTo("4");
        watch.look();
        assertThat(metric("millrace.counted.micros")).isZero();
        assertThat(metric("millrace.reopenings")).isEqualTo(2);
        assertThat(metric("millrace.openings")).isEqualTo(19);
        assertThat(metric("millrace.lost.micros")).isZero();
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
    void aRedisThatCouldLoseWhatItAcknowledgedIsRefused(CapturedOutput output) {
        assertThat(metric("millrace.redis.durable")).isEqualTo(1);
        CounterKeys names = new CounterKeys(1);
        counters.redis().configSet("appendfsync", "everysec");
        try {
            counters.redis().set(names.run(), "the-run-before");
            assertThatThrownBy(watch::look)
                    .hasMessage(
                            "Redis is not durable: it runs without appendfsync always. Nothing is opened, confirmed or"
                                    + " settled until it is; MILLRACE_REQUIRE_DURABLE_REDIS=false accepts that what it has acknowledged can be lost");
            assertThat(output).contains("ERROR").contains("Redis is not durable: it runs without appendfsync always.");
            assertThat(metric("millrace.redis.durable")).isZero();
            assertThat(counters.redis().get(names.run())).isEqualTo("the-run-before");
            assertThatThrownBy(() -> worker.bean(Settlement.class).settleAll())
                    .hasMessageStartingWith("Redis is not durable");
            assertThat(counters.redis().get(names.epoch())).isEqualTo("1");
        } finally {
            counters.redis().configSet("appendfsync", "always");
        }
        watch.look();
        assertThat(metric("millrace.redis.durable")).isEqualTo(1);
        assertThat(worker.bean(Settlement.class).settleAll().epochs()).isEqualTo(16);
    }

    @Test
    void aRedisWithoutALogOrThatDoesNotTellIsNotTakenForADurableOne() {
        RedisDurability durability = worker.bean(RedisDurability.class);
        counters.redis().configSet("appendonly", "no");
        try {
            assertThat(durability.lacking()).isEqualTo("it runs without appendonly yes");
        } finally {
            counters.redis().configSet("appendonly", "yes");
        }
        counters.redis().aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.CONFIG));
        try {
            assertThat(durability.lacking()).startsWith("it does not tell its settings: NOPERM");
        } finally {
            counters.redis().aclSetuser("default", AclSetuserArgs.Builder.addCommand(CommandType.CONFIG));
        }
        assertThat(durability.lacking()).isNull();
    }

    @Test
    void whereItIsAcceptedARedisThatCouldLoseSomethingIsOnlyToldOf(CapturedOutput output) {
        worker.close();
        worker = new RunningWorker(
                        RealServers.redisUrl(),
                        database,
                        RealServers.databases(),
                        "--millrace.require-durable-redis=false")
                .byHand();
        counters.redis().configSet("maxmemory-policy", "allkeys-lru");
        try {
            worker.bean(Watch.class).look();
            assertThat(output).contains("Redis is not durable: it runs without maxmemory-policy noeviction.");
            assertThat(metric("millrace.redis.durable")).isZero();
            assertThat(worker.bean(Settlement.class).settleAll().epochs()).isEqualTo(16);
        } finally {
            counters.redis().configSet("maxmemory-policy", "noeviction");
        }
    }

    /** What stands between the ledger and a hand that means well. */
    @Test
    void aCursorThatIsEditedByHandIsRefusedByTheDatabase() {
        IntStream.range(0, 3).forEach(i -> {
            count(5, 1_000);
            worker.bean(Settlement.class).settleAll();
        });
        JdbcClient superuser =
                JdbcClient.create(new DriverManagerDataSource(database, "postgres", RealServers.password()));
        for (String edit : List.of(
                "UPDATE partition_cursor SET settled_epoch = 1 WHERE partition = 5",
                "UPDATE partition_cursor SET settled_epoch = 99 WHERE partition = 5",
                "UPDATE partition_cursor SET settled_micros = settled_micros + 1 WHERE partition = 5",
                "UPDATE partition_cursor SET settled_events = 0 WHERE partition = 5",
                "UPDATE partition_cursor SET partition = 6 WHERE partition = 5",
                "DELETE FROM partition_cursor WHERE partition = 5",
                "TRUNCATE partition_cursor",
                "INSERT INTO settled_epoch SELECT partition, epoch, now(), sealed_at, micros, events, journal_id FROM settled_epoch WHERE partition = 5 AND epoch = 1;"
                        + " UPDATE partition_cursor SET settled_epoch = 1 WHERE partition = 5")) {
            assertThatThrownBy(() -> superuser.sql(edit).update()).as(edit).isInstanceOf(DataAccessException.class);
        }
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
    }

    /** A pointer set ahead by hand: the partition stands still with an alarm, and what was counted on both sides can be had. */
    @Test
    void aPointerThatLeaptAheadHaltsItsPartitionAndLosesNothing() {
        CounterKeys names = new CounterKeys(5);
        count(5, 1_000);
        counters.redis().set(names.epoch(), "1000");
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().halted())
                .containsExactly(
                        new Settled.Halted(5, "epoch 1 is before the open one, but its hash is not marked as sealed"));
        watch.look();
        assertThat(metric("millrace.partitions.halted")).isEqualTo(1);
        assertThat(counters.redis().hget(names.earn(1), "demo|c-1")).isEqualTo("1000");
        assertThat(counters.redis().hget(names.earn(1_000), "demo|c-1")).isEqualTo("1000");

        counters.redis().set(names.epoch(), "1");
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
        watch.look();
        assertThat(metric("millrace.partitions.halted")).isZero();
    }

    /** Redis' second. */
    private long second() {
        return Long.parseLong(counters.redis().time().getFirst());
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
