package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.EpochTotals;
import dev.millrace.settlement.seal.Fence;
import dev.millrace.settlement.seal.Opening;
import dev.millrace.settlement.seal.Script;
import dev.millrace.settlement.seal.Sealing;
import dev.millrace.settlement.watch.FrozenSessions;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A worker that stops between any two of its steps, and wakes up when another has settled several epochs in its place: it
 * changes nothing any more, and nobody had to wait for it.
 */
class ZombieIT {
    private static final int PARTITION = 3;

    private Counting counters;
    private Workers workers;
    private Book book;
    private SingleConnectionDataSource superusersConnection;
    private JdbcClient superuser;
    private String database = "";
    private String name;
    private long counted;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        workers = new Workers(RealServers.redisUrl(), database, RealServers.password());
        book = new Book(database);
        superusersConnection = new SingleConnectionDataSource(database, "postgres", RealServers.password(), true);
        superuser = JdbcClient.create(superusersConnection);
        name = database.substring(database.lastIndexOf('/') + 1).replaceAll("\\?.*", "");
        workers.opening(CrashPoints.NONE).open(PARTITION, null, workers.openingOf(PARTITION), workers.runId());
        for (int i = 0; i < 2; i++) { // so that there is an epoch to give back
            count();
            workers.settlement(CrashPoints.NONE).settleAll();
        }
    }

    @AfterEach
    void stop() {
        book.close();
        superusersConnection.close();
        workers.close();
        counters.close();
    }

    /** The database ends its transaction by hand here, to save the wait for the time limit, which has a test of its own. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"OPENING", "OPENED"})
    void aSettlementThatSlept(CrashPoint point) throws Exception {
        Sleep sleep = new Sleep(point);
        count();
        CompletableFuture<Settled> sleeper =
                CompletableFuture.supplyAsync(() -> workers.settlement(sleep).settleAll());
        sleep.await(sleeper);
        endTransactions();
        for (int i = 0; i < 3; i++) {
            count();
            workers.settlement(CrashPoints.NONE).settleAll();
        }
        count();
        sleep.wake();
        if (point == CrashPoint.COMMITTED) {
            sleeper.get(1, TimeUnit.MINUTES);
        } else {
            assertThatThrownBy(() -> sleeper.get(1, TimeUnit.MINUTES));
        }
        workers.settlement(CrashPoints.NONE).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        book.assertSound();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENING", "OPENED"})
    void anOpeningThatSlept(CrashPoint point) throws Exception {
        Sleep sleep = new Sleep(point);
        counters.redis().flushall();
        CompletableFuture<Boolean> sleeper = CompletableFuture.supplyAsync(
                () -> workers.opening(sleep).open(PARTITION, null, null, workers.runId()));
        sleep.await(sleeper);
        endTransactions();
        workers.opening(CrashPoints.NONE).open(PARTITION, null, workers.openingOf(PARTITION), workers.runId());
        for (int i = 0; i < 3; i++) {
            count();
            workers.settlement(CrashPoints.NONE).settleAll();
        }
        count();
        String pointer = counters.redis().get(new CounterKeys(PARTITION).epoch());
        sleep.wake();
        assertThatSomehowEnds(sleeper);
        assertThat(counters.redis().get(new CounterKeys(PARTITION).epoch())).isEqualTo(pointer);
        workers.settlement(CrashPoints.NONE).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        book.assertSound();
    }

    @Test
    void nobodyWaitsForItLongerThanItsTimeLimit() throws Exception {
        Sleep sleep = new Sleep(CrashPoint.STAGED);
        count();
        CompletableFuture<Settled> sleeper =
                CompletableFuture.supplyAsync(() -> workers.impatient(sleep).settleAll());
        sleep.await(sleeper);
        // settleAll waits for the lock on the cursor, which only the time limit can free
        workers.settlement(CrashPoints.NONE).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        sleep.wake();
        assertThatThrownBy(() -> sleeper.get(1, TimeUnit.MINUTES));
        book.assertSound();
    }

    @Test
    void itWaitsForNobodyLongerThanThat() throws Exception {
        count();
        try (Connection other = DriverManager.getConnection(database, "postgres", RealServers.password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM chain_head FOR UPDATE");
            CompletableFuture<Settled> waiting = CompletableFuture.supplyAsync(
                    () -> workers.impatient(CrashPoints.NONE).settleAll());
            assertThatThrownBy(() -> waiting.get(1, TimeUnit.MINUTES)).hasMessageContaining("lock timeout");
            other.rollback();
        }
        workers.settlement(CrashPoints.NONE).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
    }

    /** Else a long reading would be taken for a sleep, and its transaction ended. */
    @Test
    void whoReadsForLongKeepsTellingTheDatabase() {
        workers.opening(CrashPoints.NONE).open(4, null, workers.openingOf(4), workers.runId());
        Duration interval = Duration.ofSeconds(8);
        long eighth = interval.multipliedBy(3)
                .dividedBy(4)
                .dividedBy(8)
                .toNanos(); // of what it may leave the database waiting
        List<String> statements = new CopyOnWriteArrayList<>();
        workers.settlement(
                        point -> {
                            if (point == CrashPoint.SEALING) {
                                statements.add(superuser
                                        .sql(
                                                "SELECT query FROM pg_stat_activity WHERE datname = ? AND state LIKE 'idle in transaction%'")
                                        .param(name)
                                        .query(String.class)
                                        .single());
                                long begin = System.nanoTime();
                                while (System.nanoTime() - begin < eighth) {
                                    Thread.onSpinWait();
                                }
                            }
                        },
                        interval)
                .settleAll();
        assertThat(statements).hasSize(2);
        assertThat(statements.get(0)).as("before the first").contains("FOR UPDATE");
        assertThat(statements.get(1)).as("since the first partition").isEqualTo("SELECT 1");
    }

    /** One that is asked for meanwhile holds no connection and no lock while it waits. */
    @Test
    void aWorkerSettlesOnceAtATime() throws Exception {
        Sleep sleep = new Sleep(CrashPoint.CLAIMED);
        Settlement settlement = workers.settlement(sleep);
        CompletableFuture<Settled> first = CompletableFuture.supplyAsync(settlement::settleAll);
        sleep.await(first);
        Thread second = Thread.ofPlatform().start(settlement::settleAll);
        try {
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (second.getState() != Thread.State.WAITING && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            assertThat(second.getState()).isEqualTo(Thread.State.WAITING);
            assertThat(transactionsLeftOpen()).isEqualTo(1);
        } finally {
            sleep.wake();
        }
        first.get(1, TimeUnit.MINUTES);
        assertThat(second.join(Duration.ofMinutes(1))).isTrue();
    }

    /** Of those that wait for their next statement: a connection that is just being made, or the vacuum, has one for a moment, too. */
    private long transactionsLeftOpen() {
        return superuser
                .sql("SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND state LIKE 'idle in transaction%'")
                .param(name)
                .query(Long.class)
                .single();
    }

    /** Asleep while it sends rows: the database waits for them, without a limit of its own. */
    @Test
    void whoSleepsInTheMiddleOfACopyLosesItsLocksToo() throws Exception {
        Connection connection = workers.connect();
        try {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT * FROM partition_cursor FOR UPDATE; CREATE TEMP TABLE rows (row text)");
            }
            CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY rows FROM STDIN");
            byte[] row = "x\n".getBytes(StandardCharsets.UTF_8);
            copy.writeToCopy(row, 0, row.length);
            copy.flushCopy();
            FrozenSessions frozen = new FrozenSessions(JdbcClient.create(workers.dataSource()), Duration.ofSeconds(1));
            long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (frozen.end() == 0) {
                assertThat(System.nanoTime()).as("found").isLessThan(deadline);
            }
            count();
            workers.settlement(CrashPoints.NONE).settleAll();
            assertThat(book.balance("creator:c-1")).isEqualTo(counted);
            assertThatThrownBy(copy::endCopy).isInstanceOf(SQLException.class);
        } finally {
            connection.abort(Runnable::run); // it can't be closed properly any more
        }
    }

    @Test
    void whileItHoldsTheLocksOthersTakeWhatIsFreeAndDoNotWait() throws Exception {
        workers.opening(CrashPoints.NONE).open(4, null, workers.openingOf(4), workers.runId());
        book.sql().sql("UPDATE partition_cursor SET settled_at = 'epoch'").update();
        Sleep sleep = new Sleep(CrashPoint.CLAIMED);
        Settlement sleeping = workers.settlement(sleep, 1);
        CompletableFuture<Void> sleeper = CompletableFuture.runAsync(sleeping::settleDue);
        sleep.await(sleeper);
        counters.count(4, "c-2", "/a", EventType.VIEW, 1, 1_000);
        assertThat(workers.settlement(CrashPoints.NONE).settleDue())
                .as("until the next is due: one is, and is held")
                .isLessThanOrEqualTo(Duration.ZERO);
        assertThat(book.balance("creator:c-2")).isEqualTo(1_000);
        assertThat(book.sql()
                        .sql("SELECT settled_epoch FROM partition_cursor WHERE partition = 3")
                        .query(Long.class)
                        .single())
                .isEqualTo(2);
        sleep.wake();
        sleeper.get(1, TimeUnit.MINUTES);
        book.assertSound();
    }

    /** Where all is to be settled, it waits for who has begun; and two who settle different partitions link one journal after the other. */
    @ParameterizedTest
    @EnumSource(names = {"CLAIMED", "BOOKED"})
    void whoComesSecondWaitsAndThenBooks(CrashPoint point) throws Exception {
        workers.opening(CrashPoints.NONE).open(4, null, workers.openingOf(4), workers.runId());
        counters.count(4, "c-2", "/a", EventType.VIEW, 1, 1_000);
        count();
        book.sql()
                .sql("UPDATE partition_cursor SET settled_at = 'epoch' WHERE partition = 3")
                .update();
        Sleep sleep = new Sleep(point);
        Settlement sleeping = workers.settlement(sleep, 1);
        CompletableFuture<Void> first = onAThread(sleeping::settleDue);
        sleep.await(first);
        CompletableFuture<Void> second = onAThread(() -> {
            if (point == CrashPoint.CLAIMED) {
                workers.settlement(CrashPoints.NONE).settleAll();
            } else {
                book.sql()
                        .sql("UPDATE partition_cursor SET settled_at = 'epoch' WHERE partition = 4")
                        .update();
                workers.settlement(CrashPoints.NONE).settleDue();
            }
        });
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (waitingForLocks() == 0) {
            assertThat(second).isNotDone();
            assertThat(System.nanoTime()).as("the second waits").isLessThan(deadline);
        }
        sleep.wake();
        first.get(1, TimeUnit.MINUTES);
        second.get(1, TimeUnit.MINUTES);
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        assertThat(book.balance("creator:c-2")).isEqualTo(1_000);
        book.assertSound();
    }

    /** The common pool has a single thread on two cores. */
    private static CompletableFuture<Void> onAThread(Runnable work) {
        return CompletableFuture.runAsync(
                work, task -> Thread.ofPlatform().daemon().start(task));
    }

    private long waitingForLocks() {
        return superuser
                .sql("SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock'")
                .param(name)
                .query(Long.class)
                .single();
    }

    @Test
    void whatAnotherHoldsIsNotOpened() throws Exception {
        CounterKeys names = new CounterKeys(PARTITION);
        counters.redis().del(names.epoch());
        try (Connection other = DriverManager.getConnection(database, "postgres", RealServers.password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM partition_cursor WHERE partition = " + PARTITION + " FOR UPDATE");
            workers.opening(CrashPoints.NONE).open(PARTITION, null, workers.openingOf(PARTITION), workers.runId());
            assertThat(counters.redis().exists(names.epoch())).isZero();
            other.rollback(); // Closing alone would not wait for the server to let go of the row.
        }
        workers.opening(CrashPoints.NONE).open(PARTITION, null, workers.openingOf(PARTITION), workers.runId());
        assertThat(counters.redis().exists(names.epoch())).isEqualTo(1);
    }

    /** They have no pointer yet; that is nothing to halt for. */
    @Test
    void partitionsThatWereNeverOpenedAreLeftAlone() {
        book.sql().sql("UPDATE partition_cursor SET settled_at = 'epoch'").update();
        workers.settlement(CrashPoints.NONE).settleDue();
        assertThat(workers.settlement(CrashPoints.NONE).settleAll().halted()).isEmpty();
        assertThat(book.sql()
                        .sql("SELECT count(*) FROM partition_cursor WHERE halted IS NOT NULL OR settled_epoch > 0")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void whatItWouldDeleteOrOpenTooLateStays() {
        CounterKeys names = new CounterKeys(PARTITION);
        long past = Long.parseLong(counters.redis().time().getFirst()) - 1;
        Script release = new Script(workers.redis(), "release.lua");
        assertThat(release.run(List.of(names.earn(1)), past)).containsExactly("late");
        assertThat(counters.redis().exists(names.earn(1))).isEqualTo(1);
        assertThat(release.run(List.of(names.earn(1)), past + 60)).containsExactly("released");
        assertThat(counters.redis().exists(names.earn(1))).isZero();

        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        String opening = String.valueOf(counters.redis().get(names.opening()));
        List<String> keys = keysToOpenAt9(names);
        Script open = new Script(workers.redis(), "open.lua");
        assertThat(open.run(keys, pointer, 9, 9, "run", 61, 0, 0, past, opening, 1, 8, past, 60))
                .containsExactly("late");
        assertThat(open.run(keys, pointer, 9, 9, "run", 61, 0, 0, past + 60, opening, 1, 8, past + 100, 60)
                        .getFirst())
                .as("the database's clock is another")
                .isEqualTo("clock");
        assertThat(counters.redis().get(names.epoch())).isEqualTo(pointer);
        assertThat(open.run(keys, pointer, 9, 9, "run", 61, 0, 0, past + 60, opening, 1, 8, past, 60)
                        .getFirst())
                .isEqualTo("opened");
    }

    @Test
    void noFenceStandsWhereTheTransactionHasEnded() {
        assertThatThrownBy(() -> new Fence(workers.redis()).until(() -> {
                    throw new IllegalStateException("ended");
                }))
                .hasMessage("ended");
    }

    /** Of open.lua, with nothing to set aside. */
    private static List<String> keysToOpenAt9(CounterKeys names) {
        return List.of(
                names.epoch(),
                names.opening(),
                names.since(),
                names.clock(),
                names.run(),
                names.total(),
                names.earn(9),
                names.engage(9));
    }

    @Test
    void anOpeningLeavesNothingOfTheOneBeforeButSinceWhereThatIsLater() {
        CounterKeys names = new CounterKeys(PARTITION);
        long now = Long.parseLong(counters.redis().time().getFirst());
        counters.redis().set(names.since(), Long.toString(now + 500));
        counters.redis().set(names.clock(), "7");
        counters.redis().hset(names.total(), "another", "1");
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        String opening = String.valueOf(counters.redis().get(names.opening()));
        new Script(workers.redis(), "open.lua")
                .run(keysToOpenAt9(names), pointer, 9, 8, "run", 61, 1_000, 2, now + 60, opening, 1, 8, now, 60);
        assertThat(counters.redis().mget(names.epoch(), names.opening(), names.since(), names.run()).stream()
                        .map(v -> v.getValue()))
                .containsExactly("9", "8", Long.toString(now + 500), "run");
        assertThat(Long.parseLong(counters.redis().get(names.clock()))).isBetween(now, now + 60);
        assertThat(counters.redis().hgetall(names.total()))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("#micros", "1000", "#events", "2", "#opening", "8", "#first", "9"));
    }

    @Test
    void aKeyOfAnotherTypeIsSetAsideAsItIs() {
        CounterKeys names = new CounterKeys(PARTITION);
        long now = Long.parseLong(counters.redis().time().getFirst());
        counters.redis().set(names.earn(8), "no hash");
        List<String> keys = new ArrayList<>(keysToOpenAt9(names));
        keys.addAll(List.of(names.earn(8), names.earn(8) + ":aside", names.engage(8), names.engage(8) + ":aside"));
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        String opening = String.valueOf(counters.redis().get(names.opening()));
        assertThat(new Script(workers.redis(), "open.lua")
                        .run(keys, pointer, 9, 8, "run", 61, 0, 0, now + 60, opening, 1, 8, now, 60))
                .containsExactly("opened", 1L);
        assertThat(counters.redis().get(names.earn(8) + ":aside")).isEqualTo("no hash");
    }

    /** The cursor knows of a later one where the worker that opened died before Redis had heard of it, or the other way round. */
    @Test
    void aConfirmationMovesTheOpeningOnAndNeverBack() {
        CounterKeys names = new CounterKeys(PARTITION);
        long now = Long.parseLong(counters.redis().time().getFirst());
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        Script confirm = new Script(workers.redis(), "confirm.lua");
        for (int opening : List.of(12, 3)) {
            assertThat(confirm.run(keysToConfirm(names), pointer, opening, "run", now, 60, 60))
                    .containsExactly("confirmed");
            assertThat(counters.redis().get(names.opening())).isEqualTo("12");
        }
    }

    /** By a clock that is trusted: good tokens would be refused as expired, or paid again, behind one that is not. */
    @Test
    void aConfirmationMovesThePartitionsClockOnWhereTheTwoClocksAgree() {
        CounterKeys names = new CounterKeys(PARTITION);
        long now = Long.parseLong(counters.redis().time().getFirst());
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        Script confirm = new Script(workers.redis(), "confirm.lua");
        for (long seen : List.of(now - 1_000, now + 1_000)) {
            counters.redis().set(names.clock(), Long.toString(seen));
            confirm.run(keysToConfirm(names), pointer, 1, "run", now - 500, 60, 60);
            assertThat(counters.redis().get(names.clock())).as("clocks differ").isEqualTo(Long.toString(seen));
        }
        confirm.run(keysToConfirm(names), pointer, 1, "run", now, 60, 60);
        assertThat(counters.redis().get(names.clock())).as("never back").isEqualTo(Long.toString(now + 1_000));
        counters.redis().set(names.clock(), Long.toString(now - 1_000));
        confirm.run(keysToConfirm(names), pointer, 1, "run", now, 60, 60);
        assertThat(Long.parseLong(counters.redis().get(names.clock()))).isBetween(now, now + 60);
    }

    @Test
    void nothingIsOpenedWhereNothingIsLostByNow() {
        CounterKeys names = new CounterKeys(PARTITION);
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        String opening = String.valueOf(counters.redis().get(names.opening()));
        assertThat(workers.opening(CrashPoints.NONE).open(PARTITION, pointer, opening, workers.runId()))
                .isFalse();
        assertThat(counters.redis().get(names.opening())).isEqualTo(opening);
    }

    private static List<String> keysToConfirm(CounterKeys names) {
        return List.of(names.epoch(), names.opening(), names.clock(), names.run(), names.canary(), names.canaryUntil());
    }

    /** What another worker has changed since is not decided about by who saw it before. */
    @Test
    void scriptsThatSawAnotherPointerOrOpeningChangeNothing() {
        CounterKeys names = new CounterKeys(PARTITION);
        long now = Long.parseLong(counters.redis().time().getFirst());
        String pointer = String.valueOf(counters.redis().get(names.epoch()));
        String opening = String.valueOf(counters.redis().get(names.opening()));
        String run = counters.redis().get(names.run());
        Script open = new Script(workers.redis(), "open.lua");
        Script forget = new Script(workers.redis(), "forget.lua");
        Script confirm = new Script(workers.redis(), "confirm.lua");
        for (List<String> seen : List.of(List.of("77", opening), List.of(pointer, "77"))) {
            assertThat(open.run(
                                    keysToOpenAt9(names),
                                    seen.get(0),
                                    9,
                                    9,
                                    "run",
                                    61,
                                    0,
                                    0,
                                    now + 60,
                                    seen.get(1),
                                    1,
                                    8,
                                    now,
                                    60)
                            .getFirst())
                    .isEqualTo("other");
            List<String> forgotten = List.of(
                    names.epoch(), names.opening(), names.since(), names.total(), names.canary(), names.canaryUntil());
            assertThat(forget.run(forgotten, seen.get(0), seen.get(1), 9, 9, now + 61, now + 60, 60)
                            .getFirst())
                    .isEqualTo("other");
        }
        assertThat(confirm.run(keysToConfirm(names), "77", opening, "another", now, 60, 60)
                        .getFirst())
                .isEqualTo("other");
        assertThat(counters.redis().mget(names.epoch(), names.opening(), names.run()).stream()
                        .map(v -> v.getValue()))
                .containsExactly(pointer, opening, run);
    }

    @Test
    void nothingIsOpenedByAClockThatNobodyElseHas() {
        CounterKeys names = new CounterKeys(PARTITION + 1);
        Opening strict = new Opening(
                workers.redis(),
                new Cursors(JdbcClient.create(workers.dataSource())),
                new TransactionTemplate(new JdbcTransactionManager(workers.dataSource())),
                Workers.OPENING_DELAY,
                Duration.ofSeconds(-1),
                CrashPoints.NONE);
        assertThatThrownBy(() -> strict.open(PARTITION + 1, null, null, workers.runId()))
                .hasMessageMatching(
                        "Redis' clock is -?[0-9]+ s ahead of the database's; no counters are opened until they agree within -1 s: set the one that is wrong");
        assertThat(counters.redis().exists(names.epoch())).isZero();
    }

    /**
     * A worker that slept before its seal, and a Redis that came back from an older copy meanwhile: the pointer is the one
     * expected, but the process is another. Nothing is sealed in it before it has been compared with the ledger.
     */
    @Test
    void countersThatAreNotOpenAreNotSealed() {
        counters.redis().del(new CounterKeys(PARTITION).epoch());
        assertThat(new Sealing(workers.redis()).seal(PARTITION, 2)).isEqualTo(new Sealing.Result.Lost("no pointer"));
        assertThat(counters.redis().exists(new CounterKeys(PARTITION).epoch())).isZero();
    }

    @Test
    void aProcessNotYetComparedWithTheLedgerIsNotSealed() {
        CounterKeys names = new CounterKeys(PARTITION);
        String pointer = counters.redis().get(names.epoch());
        count();
        counters.redis().set(names.run(), "the-process-before");
        assertThat(workers.settlement(CrashPoints.NONE).settleAll())
                .isEqualTo(new Settled(null, 0, 0, 0, 0, 0, List.of(), false));
        assertThat(counters.redis().get(names.epoch())).isEqualTo(pointer);
        assertThat(counters.redis().hexists(names.earn(Long.parseLong(pointer)), "#sealed"))
                .isFalse();
        counters.redis().set(names.run(), workers.runId());
        workers.settlement(CrashPoints.NONE).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
    }

    /** A cursor read before another worker's settlement moves nothing, whatever locks there were. */
    @Test
    void aCursorThatMovedMeanwhileIsNotMovedAgain() {
        count();
        PartitionCursor stale =
                new Cursors(JdbcClient.create(workers.dataSource())).all().get(PARTITION);
        workers.settlement(CrashPoints.NONE).settleAll();
        Batch batch = new Batch(1);
        batch.add(new EpochTotals(
                PARTITION, stale.settledEpoch() + 1, stale.sealedAt(), dev.millrace.common.money.Micros.ZERO, 0, 0, 0));
        assertThatThrownBy(() -> new CursorMove(JdbcClient.create(workers.dataSource()), CrashPoints.NONE)
                        .run(List.of(stale), batch, java.util.Map.of(), null))
                .hasMessage("0 of 1 cursors moved: another worker has settled these epochs");
    }

    private static void assertThatSomehowEnds(CompletableFuture<?> sleeper) throws Exception {
        sleeper.handle((result, failure) -> 0).get(1, TimeUnit.MINUTES);
    }

    /** As the database does with whoever sleeps with a lock in hand. */
    private void endTransactions() {
        superuser
                .sql(
                        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = :name AND usename = :settler AND state LIKE 'idle in%'")
                .param("name", name)
                .param("settler", Databases.SETTLER)
                .query(Boolean.class)
                .list();
    }

    private void count() {
        assertThat(counters.count(PARTITION, "c-1", "/a", EventType.VIEW, 1, 1_000))
                .isTrue();
        counted += 1_000;
    }

    /** Stops when it reaches a point for the first time. */
    private static final class Sleep implements CrashPoints {
        private static final Duration LONGEST = Duration.ofMinutes(2);
        private final CrashPoint point;
        private final CountDownLatch asleep = new CountDownLatch(1);
        private final CountDownLatch awake = new CountDownLatch(1);

        Sleep(CrashPoint point) {
            this.point = point;
        }

        @Override
        public void reached(CrashPoint reached) {
            if (reached != point || asleep.getCount() == 0) {
                return;
            }
            asleep.countDown();
            try {
                assertThat(awake.await(LONGEST.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Waits until it sleeps; fails where it ends without having reached the point. */
        void await(CompletableFuture<?> sleeper) throws InterruptedException {
            while (!asleep.await(100, TimeUnit.MILLISECONDS)) {
                assertThat(sleeper).as("reached %s", point).isNotDone();
            }
        }

        void wake() {
            awake.countDown();
        }
    }
}
