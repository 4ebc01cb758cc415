package dev.millrace.settlement.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Sealing;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.settle.Settled;
import dev.millrace.settlement.settle.Settlement;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.Range;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.protocol.CommandType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
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
        worker = new RunningWorker(
                RealServers.redisUrl(), database, RealServers.databases(), RunningWorker.WITHOUT_SERVER);
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
        watch.look();
        assertThat(counters.ctl(15, "epoch", "lineage", "since", "process", "spans"))
                .containsExactly("1", "1", "0", process(), "7800 2764800");
        assertThat(metric("millrace.reopenings")).isZero();
        assertThat(metric("millrace.lineage"))
                .as("as the ledger had it before the last look")
                .isEqualTo(16);
    }

    @Test
    void wipedCountersAreReopenedBeyondWhatIsSettledAndRefuseOlderTokens() {
        count(5, 1_000);
        worker.bean(Settlement.class).settleAll();
        worker.bean(Settlement.class).settleAll();
        counters.redis().flushall();
        long before = second();
        watch.look();
        Partition names = Partition.of(5);
        assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("3");
        assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo("2");
        assertThat(Long.parseLong(counters.redis().hget(names.ctl(), "since"))).isBetween(before + 61, second() + 61);
        assertThat(counters.redis().hget(names.ctl(), "micros")).isEqualTo("1000");
        assertThat(metric("millrace.reopenings")).isEqualTo(16);
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    @Test
    void aRedisOlderThanTheLedgerIsSetAsideAndReopenedBeyond() {
        Partition names = Partition.of(8);
        worker.bean(Settlement.class).settleAll();
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        counters.redis().hset(names.ctl(), "epoch", "2");
        counters.redis().hdel(names.earn(2), "#sealed");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("3");
        assertThat(counters.redis().hget(names.quarantine(2, "earn", 2), "c-1")).isEqualTo("700");
        assertThat(counters.redis().exists(names.quarantine(2, "engage", 2))).isEqualTo(1);
        assertThat(counters.redis().exists(names.earn(2))).isZero();
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isZero();
    }

    /** A copy from before the partition was opened again may have a pointer ahead of the ledger: of a time that was given up. */
    @Test
    void aCopyFromBeforeAReopeningIsSetAsideAlthoughItsPointerIsAhead() {
        Partition names = Partition.of(8);
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        counters.redis().hdel(names.ctl(), "epoch");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo("2");
        counters.redis().hset(names.ctl(), "lineage", "1");
        counters.redis().hset(names.ctl(), "epoch", "4");
        counters.redis().hset(names.earn(3), Map.of("#micros", "5", "#sealed", "1"));
        counters.redis().hset(names.earn(4), "#micros", "6");
        watch.look();
        assertThat(counters.ctl(8, "epoch", "lineage")).containsExactly("2", "3");
        assertThat(counters.redis().hget(names.quarantine(3, "earn", 3), "#micros"))
                .isEqualTo("5");
        assertThat(counters.redis().hget(names.quarantine(3, "earn", 4), "#micros"))
                .isEqualTo("6");
        assertThat(counters.redis().exists(names.earn(3), names.earn(4))).isZero();
    }

    /** The pointer alone is lost while sealed epochs wait: none of them is counted into or settled half. */
    @Test
    void whateverLiesBeyondTheLedgerIsSetAsideWithALostPointer() {
        Partition names = Partition.of(8);
        for (int epoch = 1; epoch <= 3; epoch++) {
            count(8, 700);
            counters.redis().hset(names.earn(epoch), "#sealed", "1");
            counters.redis().hset(names.ctl(), "epoch", Integer.toString(epoch + 1));
        }
        count(8, 700);
        counters.redis().hdel(names.ctl(), "epoch");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("1");
        for (int epoch = 1; epoch <= 4; epoch++) {
            assertThat(counters.redis().hget(names.quarantine(2, "earn", epoch), "c-1"))
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
        Partition names = Partition.of(8);
        count(8, 700);
        worker.bean(Settlement.class).settleAll();
        count(8, 40);
        counters.redis().hdel(names.ctl(), "epoch");
        watch.look();
        assertThat(counters.redis().hget(names.earn(1), "c-1")).isEqualTo("700");
        assertThat(counters.redis().hget(names.quarantine(2, "earn", 2), "c-1")).isEqualTo("40");
        assertThat(counters.redis().exists(names.quarantine(2, "earn", 1))).isZero();
    }

    /** Half of an epoch, as a person's hand or a Redis that is no cluster node of its own may leave it. */
    @Test
    void engagementAloneIsSetAsideToo() {
        Partition names = Partition.of(8);
        counters.redis().hset(names.folded(1), "demo|c-1|/a|view|1", "3");
        counters.redis().xadd(names.engage(1), "r", "");
        counters.redis().hdel(names.ctl(), "epoch");
        watch.look();
        assertThat(counters.redis().exists(names.engage(1), names.folded(1))).isZero();
        assertThat(counters.redis().hget(names.quarantine(2, "folded", 1), "demo|c-1|/a|view|1"))
                .isEqualTo("3");
        assertThat(counters.redis().xlen(names.quarantine(2, "engage", 1))).isEqualTo(1);
    }

    /** A number used twice would hide a loss from the ingest nodes that have seen it. */
    @Test
    void aLineageThatOnlyRedisKnowsOfIsNotNumberedAgain() {
        Partition names = Partition.of(8);
        counters.redis().hset(names.ctl(), "lineage", "5");
        counters.redis().hdel(names.ctl(), "epoch");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo("6");
    }

    /** A settlement commits between the look and the lock, and Redis is a copy from before it: what was seen is behind the ledger by then. */
    @Test
    void anotherProcessIsComparedWithTheCursorOfTheMoment() {
        Partition names = Partition.of(8);
        AtomicBoolean first = new AtomicBoolean(true);
        TransactionTemplate late = new TransactionTemplate(worker.bean(PlatformTransactionManager.class)) {
            @Override
            public <T> T execute(TransactionCallback<T> action) {
                if (first.getAndSet(false)) {
                    counters.redis().hset(names.ctl(), "process", process());
                    worker.bean(Settlement.class).settleAll();
                    counters.redis().hset(names.ctl(), Map.of("process", "the-run-before", "epoch", "1"));
                }
                return super.execute(action);
            }
        };
        counters.redis().hset(names.ctl(), "process", "the-run-before");
        watch(late, worker.bean(SettlementSettings.class)).look();
        assertThat(first).isFalse();
        assertThat(counters.ctl(8, "epoch", "lineage", "opened")).containsExactly("2", "2", "2");
    }

    /** Who holds it may be about to commit a settlement of the process before. */
    @Test
    void whatAnotherHoldsIsNotConfirmed() throws Exception {
        Partition names = Partition.of(8);
        counters.redis().hset(names.ctl(), "process", "the-run-before");
        try (Connection other = DriverManager.getConnection(
                        database, "postgres", RealServers.databases().password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM partition_cursor WHERE partition = 8 FOR UPDATE");
            watch.look();
            assertThat(counters.redis().hget(names.ctl(), "process")).isEqualTo("the-run-before");
            other.rollback(); // Closing alone would not wait for the server to let go of the row.
        }
        watch.look();
        assertThat(counters.ctl(8, "process", "lineage")).containsExactly(process(), "2");
    }

    /** Until then a balance can't be told, so the worker is not ready. */
    @Test
    void aWorkerHasComparedOnceNoPartitionIsLeftToTheNextLook() throws Exception {
        Watch late = watch(worker.bean(TransactionTemplate.class), worker.bean(SettlementSettings.class));
        assertThat(late.hasCompared()).isFalse();
        counters.redis().hset(Partition.of(8).ctl(), "process", "the-run-before");
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

        Partition names = Partition.of(5);
        Map<String, Runnable> changes = new LinkedHashMap<>();
        changes.put("another process", () -> counters.redis().hset(names.ctl(), "process", "the-run-before"));
        changes.put("no pointer", () -> counters.redis().hdel(names.ctl(), "epoch"));
        changes.put("another lineage", () -> counters.redis().hset(names.ctl(), "lineage", "77"));
        changes.put("a pointer that went back", () -> {
            worker.bean(Settlement.class).settleAll();
            quiet.look();
            counters.redis().hset(names.ctl(), "epoch", "1");
        });
        changes.put("other spans", () -> counters.redis().hset(names.ctl(), "spans", "1 2"));
        changes.put("a log that is gone", () -> {
            count(5, 1_000);
            counters.redis().del(names.log(Retention.SHORT));
        });
        changes.put("a clock ahead", () -> counters.redis().hset(names.ctl(), "clock", Long.toString(second() + 500)));
        changes.put(
                "a sleeping clock", () -> counters.redis().hset(names.ctl(), "clock", Long.toString(second() - 500)));
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
        new Cursors(worker.bean(JdbcClient.class)).halted(3, "a test");
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (meters.get("millrace.partitions.halted").gauge().value() == 0) {
            assertThat(System.nanoTime()).as("seen").isLessThan(deadline);
            impatient.turn();
        }
        assertThat(meters.get("millrace.partitions.halted").gauge().value()).isEqualTo(1);
    }

    /** The worker's settings, but for an interval of a second. */
    private SettlementSettings ofASecond() {
        return settings(
                Duration.ofSeconds(1), worker.bean(SettlementSettings.class).rememberShort());
    }

    /** The worker's settings, but for the span of the short class. */
    private SettlementSettings remembering(Duration ofShort) {
        return settings(worker.bean(SettlementSettings.class).settlementInterval(), ofShort);
    }

    private SettlementSettings settings(Duration interval, Duration ofShort) {
        SettlementSettings given = worker.bean(SettlementSettings.class);
        return new SettlementSettings(
                given.redisUrl(),
                given.redisPatience(),
                given.redisTimeout(),
                given.redisAckReplicas(),
                interval,
                given.keepSettled(),
                given.partitionsPerRun(),
                ofShort,
                given.rememberLong(),
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
        return new Watch(
                worker.bean(RedisConnections.class),
                jdbc,
                transaction,
                settings,
                meters,
                worker.bean(RedisDurability.class),
                Ticker.systemTicker(),
                CrashPoint.NOBODY);
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
        Partition names = Partition.of(2);
        counters.redis().hset(names.ctl(), "epoch", "nonsense");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("1");
        assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo("2");
    }

    @Test
    void anotherRedisProcessCountsInANewLineage() {
        counters.redis().hset(Partition.of(1).ctl(), "process", "the-run-before");
        assertThat(counters.count(1, "c-1", "/a", EventType.VIEW, 1, 1_000)).isFalse();
        watch.look();
        assertThat(counters.ctl(1, "process", "lineage", "opened", "since")).containsExactly(process(), "2", "1", "0");
        assertThat(cursor(1).lineage()).isEqualTo(2);
        assertThat(metric("millrace.reopenings")).isZero();
        count(1, 1_000);
    }

    /** Between Redis' new lineage and the commit of the cursor's: it is begun once more, and nothing was counted meanwhile. */
    @Test
    void aLineageWhoseWorkerDidNotLiveToTellIsBegunAgain() {
        Partition names = Partition.of(1);
        count(1, 1_000);
        counters.redis().hset(names.ctl(), "lineage", "2");
        counters.redis().hdel(names.ctl(), "process");
        watch.look();
        assertThat(counters.ctl(1, "process", "lineage", "epoch")).containsExactly(process(), "3", "1");
        assertThat(cursor(1).lineage()).isEqualTo(3);
        assertThat(metric("millrace.reopenings")).isZero();
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(1_000);
    }

    /**
     * A copy of Redis is restored, counted into, and restored once more. The pointer is where it was both times, and so may be the process and
     * the IDs of the log; the lineage is not.
     */
    @Test
    void aRedisRestoredTwiceWithinAnEpochIsRecognised() {
        Partition names = Partition.of(5);
        count(5, 1_000);
        Map<String, byte[]> copy = copy(names);
        count(5, 100);
        restore(copy);
        counters.redis().hset(names.ctl(), "process", "the-restored-one");
        watch.look();
        assertThat(counters.ctl(5, "epoch", "lineage")).containsExactly("1", "2");
        count(5, 300);
        long before = second();
        restore(copy);
        watch.look();
        assertThat(counters.ctl(5, "epoch", "lineage", "opened", "process")).containsExactly("1", "3", "3", process());
        assertThat(number(5, "since")).isBetween(before + 61, second() + 61);
        assertThat(counters.redis().hget(names.quarantine(3, "earn", 1), "c-1")).isEqualTo("1000");
        assertThat(metric("millrace.reopenings")).isEqualTo(1);
    }

    private Map<String, byte[]> copy(Partition partition) {
        Map<String, byte[]> copy = new HashMap<>();
        counters.redis()
                .keys(partition.tag() + "*")
                .forEach(key -> copy.put(key, counters.redis().dump(key)));
        return copy;
    }

    private void restore(Map<String, byte[]> copy) {
        copy.forEach((key, value) ->
                counters.redis().restore(key, value, RestoreArgs.Builder.ttl(0).replace()));
    }

    /** What can become of a log. */
    enum Damage {
        WHOLE,
        ALL_ENTRIES,
        TAIL,
        MIDDLE,
        ANOTHER_TYPE,
        FROM_THE_FUTURE,
        ONE_FROM_THE_FUTURE_FOR_ANOTHER
    }

    private void damage(String log, Damage damage) {
        List<String> ids = counters.redis().xrange(log, Range.unbounded()).stream()
                .map(StreamMessage::getId)
                .toList();
        switch (damage) {
            case WHOLE -> counters.redis().del(log);
            case ALL_ENTRIES -> counters.redis().xdel(log, ids.toArray(String[]::new)); // it keeps its last ID
            case TAIL -> counters.redis().xdel(log, ids.getLast());
            case MIDDLE -> counters.redis().xdel(log, ids.get(1));
            case ANOTHER_TYPE -> counters.redis().set(log, "no stream");
            case FROM_THE_FUTURE -> fromTheFuture(log);
            case ONE_FROM_THE_FUTURE_FOR_ANOTHER -> {
                counters.redis().xdel(log, ids.getFirst());
                fromTheFuture(log);
            }
        }
    }

    private void fromTheFuture(String log) {
        counters.redis().xadd(log, new XAddArgs().id("99999999999999-0"), "f", "12345678");
    }

    /** Whoever trims a log by hand, the worst is a refusal. */
    @ParameterizedTest
    @EnumSource
    void aLogThatIsNotWhatWasWrittenIsBegunAnewWithTheTokensRefused(Damage damage, CapturedOutput output) {
        Partition names = Partition.of(5);
        for (int i = 0; i < 3; i++) {
            count(5, 1_000);
        }
        damage(names.log(Retention.SHORT), damage);
        assertThat(counters.state(5).shortLogIsSound()).isFalse();
        long before = second();
        watch.look();
        assertThat(counters.state(5).logsAreSound()).isTrue();
        assertThat(counters.ctl(5, "epoch", "lineage", "short.length", "long.floor"))
                .containsExactly("1", "2", "0", "0");
        assertThat(number(5, "since")).isBetween(before + 61, second() + 61);
        assertThat(number(5, "short.floor")).isBetween(before + 61, second() + 61);
        assertThat(output).contains("ERROR").contains("partition 5: 1 logs are not what was written");
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(4_000);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
        assertThat(metric("millrace.reopenings")).isZero();
    }

    @Test
    void aSleepingClockIsMovedOnAndOneThatIsALittleAheadIsLeftAlone() {
        Partition names = Partition.of(1);
        long now = second();
        counters.redis().hset(names.ctl(), "clock", Long.toString(now - 500));
        watch.look();
        assertThat(number(1, "clock")).isGreaterThanOrEqualTo(now);
        String trusted = Long.toString(second() + 3); // up to 30 s behind would do, but a slow machine is slow
        counters.redis().hset(names.ctl(), "clock", trusted);
        watch.look();
        assertThat(counters.ctl(1, "clock")).containsExactly(trusted);
    }

    /** It refuses every event until then: Redis' clock seems to have fallen back. */
    @Test
    void aClockThatFollowedALeapIsSetBackOnceThatIsOver() {
        Partition names = Partition.of(1);
        counters.redis().hset(names.ctl(), "clock", Long.toString(second() + 1_500));
        assertThat(counters.count(1, "c-1", "/a", EventType.VIEW, 1, 1_000)).isFalse();
        watch.turn();
        assertThat(number(1, "clock")).isBetween(second() - 60, second());
        count(1, 1_000);
    }

    /** Within a minute a worker says so; where Redis' clock is the wrong one, nobody else can know. */
    @Test
    void clocksThatDifferAreToldOnceAndAgainWhenTheyAgree(CapturedOutput output) {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        JdbcClient jdbc = worker.bean(JdbcClient.class);
        AtomicInteger off = new AtomicInteger(-3_300);
        Watch other = watch(
                sql -> jdbc.sql(
                        sql.replace("clock_timestamp()", "(clock_timestamp() + interval '%d s')".formatted(off.get()))),
                worker.bean(TransactionTemplate.class),
                worker.bean(SettlementSettings.class),
                meters);
        for (int look = 0; look < 3; look++) {
            other.look();
        }
        assertThat(meters.get("millrace.redis.clock.ahead.seconds").gauge().value())
                .isBetween(3_298.0, 3_360.0);
        assertThat(output.getOut().split("The clocks of Redis and the database differ: Redis' is", -1))
                .hasSize(2);
        assertThat(output).contains("ERROR");
        off.set(0);
        other.look();
        assertThat(meters.get("millrace.redis.clock.ahead.seconds").gauge().value())
                .isBetween(-60.0, 60.0);
        assertThat(output).contains("The clocks of Redis and the database differ: over after");
        count(1, 1_000);
    }

    /** The shorter one trims, and the floor stays: what was trimmed is refused. It is told, since nodes may refuse everything by it. */
    @Test
    void workersThatRememberForDifferentSpansPayNothingTwiceAndAreTold(CapturedOutput output) {
        Watch shorter = watch(worker.bean(TransactionTemplate.class), remembering(Duration.ofMinutes(125)));
        for (int turn = 0; turn < 3; turn++) {
            shorter.look();
            assertThat(counters.ctl(5, "spans")).containsExactly("7500 2764800");
            watch.look();
            assertThat(counters.ctl(5, "spans")).containsExactly("7800 2764800");
            count(5, 1_000);
        }
        assertThat(output.getOut().split("another worker has written", -1)).hasSize(3);
        assertThat(output).contains("MILLRACE_REMEMBER_SHORT");
        Sealing ofShorter = new Sealing(new Sealing.Spans(Duration.ofMinutes(125), Duration.ofDays(32)));
        long before = second();
        ofShorter.seal(counters.link(5), Partition.of(5), 0, number(5, "lineage"), before);
        long floor = number(5, "short.floor");
        assertThat(floor).isBetween(before - 7_500, second() - 7_500);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo(3_000);
        assertThat(number(5, "short.floor")).as("never falls").isGreaterThanOrEqualTo(floor);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    /** Without a database: nothing is settled, and an epoch goes on and on. */
    @Test
    void recordsAreFoldedWhilePostgresIsAwayAndTheirSumsStayExact() {
        Partition names = Partition.of(5);
        int events = 2_600;
        long articles = 7;
        for (int i = 0; i < events; i++) {
            counters.count(5, "c-" + i % 3, "/" + i % articles, EventType.VIEW, 1, 1_000);
        }
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Watch blind = watch(
                JdbcClient.create(new DriverManagerDataSource("jdbc:postgresql://127.0.0.1:" + Ports.free() + "/none")),
                worker.bean(TransactionTemplate.class),
                worker.bean(SettlementSettings.class),
                meters);
        for (int look = 0; look < 2; look++) { // the first one learns which epoch is open
            assertThatThrownBy(blind::turn).isInstanceOf(DataAccessException.class);
        }
        assertThat(counters.redis().xlen(names.engage(1))).isLessThanOrEqualTo(RedisLook.MOST_RECORDS);
        assertThat(counters.redis().hlen(names.folded(1))).isEqualTo(3 * articles);
        assertThat(meters.get("millrace.records.folded").counter().count())
                .isEqualTo((double) (events - counters.redis().xlen(names.engage(1))));
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().micros()).isEqualTo((events + 1) * 1_000L);
        assertThat(worker.bean(JdbcClient.class)
                        .sql("SELECT sum(units) FROM engagement")
                        .query(Long.class)
                        .single())
                .isEqualTo(events + 1);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isZero();
    }

    @Test
    void recordsThatCanNotBeFoldedAreToldOfOnceAndHaltTheirPartition(CapturedOutput output) {
        Partition names = Partition.of(5);
        counters.redis().xadd(names.engage(1), "r", "nonsense");
        for (int i = 0; i <= RedisLook.MOST_RECORDS; i++) {
            count(5, 1_000);
        }
        for (int look = 0; look < 3; look++) {
            watch.look();
        }
        assertThat(output.getOut().split("partition 5: its records can't be folded", -1))
                .hasSize(2);
        assertThat(worker.bean(Settlement.class).settleAll().halted())
                .extracting(Settled.Halted::partition)
                .containsExactly(5);
    }

    @Test
    void aRedisOfVersion01IsRefused() {
        counters.redis().flushall();
        counters.redis().set("{p00}:epoch", "7");
        assertThatThrownBy(watch::look)
                .hasMessageContaining("holds the counters of Millrace 0.1")
                .hasMessageContaining("opens nothing here");
        assertThat(counters.redis().keys("*")).containsExactly("{p00}:epoch");
    }

    private String process() {
        return counters.link(0).process();
    }

    private long number(int partition, String field) {
        return Long.parseLong(counters.ctl(partition, field).getFirst());
    }

    private PartitionCursor cursor(int partition) {
        return new Cursors(worker.bean(JdbcClient.class)).all().get(partition);
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
        counters.redis().hincrby(Partition.of(4).ctl(), "micros", 7);
        watch.look();
        assertThat(metric("millrace.money.drift.micros")).isEqualTo(7);
    }

    /** Else a settlement in between would look as if money were missing. */
    @Test
    void whereSomethingMovedMeanwhileNothingIsCompared() {
        count(4, 1_000);
        Cursors cursors = new Cursors(worker.bean(JdbcClient.class));
        RedisConnections redis = worker.bean(RedisConnections.class);
        List<Long> pointers = Collections.nCopies(16, 1L);
        List<PartitionCursor> before = cursors.all();
        assertThat(CounterBalanceCheck.read(redis, before, pointers))
                .hasValueSatisfying(reading -> assertThat(reading.drift()).isEqualTo(Micros.ZERO));
        new Sealing(worker.bean(SettlementSettings.class).spans())
                .seal(redis.required(Partition.of(4)), Partition.of(4), 0, 1, second());
        assertThat(CounterBalanceCheck.read(redis, before, pointers))
                .as("sealed")
                .isEmpty();
        assertThat(CounterBalanceCheck.stoodStill(before, cursors.all())).isTrue();
        worker.bean(Settlement.class).settleAll();
        assertThat(CounterBalanceCheck.stoodStill(before, cursors.all()))
                .as("settled")
                .isFalse();
        List<Long> now = IntStream.range(0, 16)
                .mapToObj(p ->
                        Long.parseLong(counters.redis().hget(Partition.of(p).ctl(), "epoch")))
                .toList();
        assertThat(CounterBalanceCheck.read(redis, cursors.all(), now)).isPresent();
    }

    /** A copy of Redis from a moment ago, within the same epoch: the ledger can't know what is lost, whoever looks every second can. */
    @Test
    void countsThatAreLostWhileThePointerStandsAreToldOf(CapturedOutput output) {
        count(5, 1_000);
        Map<String, byte[]> copy = copy(Partition.of(5));
        count(5, 1_000);
        watch.look();
        assertThat(metric("millrace.counted.micros")).isEqualTo(2_000);
        restore(copy);
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
        Partition names = Partition.of(8);
        counters.redis().hset(names.ctl(), Map.of("lineage", "3", "opened", "3", "first", "1"));
        watch.look();
        assertThat(metric("millrace.reopenings"))
                .as("told of by whoever finds it")
                .isEqualTo(1);
        count(8, 700);
        watch.look();
        assertThat(metric("millrace.openings")).isEqualTo(17);
        assertThat(metric("millrace.lineage")).isEqualTo(15 + 4);
        assertThat(metric("millrace.counted.micros")).isEqualTo(700);
        counters.redis().hset(names.ctl(), "lineage", "2");
        watch.look();
        assertThat(counters.redis().hget(names.ctl(), "lineage")).isEqualTo("5");
        watch.look();
        assertThat(metric("millrace.counted.micros")).isZero();
        assertThat(metric("millrace.reopenings")).isEqualTo(2);
        assertThat(metric("millrace.openings")).isEqualTo(18);
        assertThat(metric("millrace.lost.micros")).isZero();
    }

    @Test
    void aPointerFarBeyondTheLedgerIsNotReadEpochByEpoch() {
        watch.look();
        double counted = metric("millrace.counted.micros");
        counters.redis().hset(Partition.of(4).ctl(), "epoch", "1000000000000");
        counters.redis().hincrby(Partition.of(5).ctl(), "micros", 7);
        watch.look();
        assertThat(metric("millrace.counted.micros")).as("not compared").isEqualTo(counted);
    }

    @Test
    void redisMemoryIsToldAgainstItsLimit() {
        String before = counters.redis().configGet("maxmemory").get("maxmemory");
        counters.redis().configSet("maxmemory", "1000000000000");
        try {
            watch.look();
            assertThat(metric("millrace.redis.memory.ratio")).isPositive().isLessThan(0.01);
            counters.redis().configSet("maxmemory", "0");
            assertThatThrownBy(watch::look).hasMessageContaining("it runs without a maxmemory");
            assertThat(metric("millrace.redis.memory.ratio")).isNaN();
        } finally {
            counters.redis().configSet("maxmemory", before);
        }
        watch.look();
        assertThat(metric("millrace.redis.memory.ratio")).isPositive();
    }

    @Test
    void aRedisThatCouldLoseWhatItAcknowledgedIsRefused(CapturedOutput output) {
        assertThat(metric("millrace.redis.durable")).isEqualTo(1);
        Partition names = Partition.of(1);
        counters.redis().configSet("appendfsync", "everysec");
        try {
            counters.redis().hset(names.ctl(), "process", "the-run-before");
            assertThatThrownBy(watch::look)
                    .hasMessage(
                            "Redis is not durable: it runs without appendfsync always. Nothing is opened, confirmed or"
                                    + " settled until it is; MILLRACE_REQUIRE_DURABLE_REDIS=false accepts that what it has acknowledged can be lost");
            assertThat(output).contains("ERROR").contains("Redis is not durable: it runs without appendfsync always.");
            assertThat(metric("millrace.redis.durable")).isZero();
            assertThat(counters.redis().hget(names.ctl(), "process")).isEqualTo("the-run-before");
            assertThatThrownBy(() -> worker.bean(Settlement.class).settleAll())
                    .hasMessageStartingWith("Redis is not durable");
            assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("1");
        } finally {
            counters.redis().configSet("appendfsync", "always");
        }
        watch.look();
        assertThat(metric("millrace.redis.durable")).isEqualTo(1);
        assertThat(worker.bean(Settlement.class).settleAll().epochs()).isEqualTo(16);
    }

    @Test
    void aRedisWithoutALogOrALimitOrThatDoesNotTellIsNotTakenForADurableOne() {
        RedisDurability durability = worker.bean(RedisDurability.class);
        counters.redis().configSet("appendonly", "no");
        try {
            assertThat(durability.lacking()).isEqualTo("it runs without appendonly yes");
        } finally {
            counters.redis().configSet("appendonly", "yes");
        }
        counters.redis().configSet("maxmemory", "0");
        try {
            assertThat(durability.lacking()).isEqualTo("it runs without a maxmemory");
        } finally {
            counters.redis().configSet("maxmemory", Counting.MEMORY);
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
        Partition names = Partition.of(5);
        count(5, 1_000);
        counters.redis().hset(names.ctl(), "epoch", "1000");
        count(5, 1_000);
        assertThat(worker.bean(Settlement.class).settleAll().halted())
                .containsExactly(new Settled.Halted(
                        5, "epoch 1: it is before the open one, but its earnings are not marked as sealed"));
        watch.look();
        assertThat(metric("millrace.partitions.halted")).isEqualTo(1);
        assertThat(counters.redis().hget(names.earn(1), "c-1")).isEqualTo("1000");
        assertThat(counters.redis().hget(names.earn(1_000), "c-1")).isEqualTo("1000");

        counters.redis().hset(names.ctl(), "epoch", "1");
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
