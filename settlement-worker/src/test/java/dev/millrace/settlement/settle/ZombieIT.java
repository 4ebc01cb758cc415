package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.books.Cursors;
import dev.millrace.books.EpochTotals;
import dev.millrace.books.FrozenSessions;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.Link;
import dev.millrace.counters.Opening;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.Release;
import dev.millrace.counters.Sealing;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.seal.PartitionOpening;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

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
        workers.open(PARTITION);
        for (int i = 0; i < 2; i++) { // so that there is an epoch to give back
            count();
            workers.settlement(CrashPoint.NOBODY).settleAll();
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
            names = {"OPENING", "OPENED", "RAISING", "RAISED", "CONFIRMING"})
    void aSettlementThatSlept(CrashPoint point) throws Exception {
        Sleep sleep = new Sleep(point);
        count();
        CompletableFuture<Settled> sleeper =
                CompletableFuture.supplyAsync(() -> workers.settlement(sleep).settleAll());
        sleep.await(sleeper);
        endTransactions();
        for (int i = 0; i < 3; i++) {
            count();
            workers.settlement(CrashPoint.NOBODY).settleAll();
        }
        count();
        sleep.wake();
        if (point == CrashPoint.COMMITTED) {
            sleeper.get(1, TimeUnit.MINUTES);
        } else {
            assertThatThrownBy(() -> sleeper.get(1, TimeUnit.MINUTES));
        }
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
        book.assertSound();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENING", "OPENED", "CONFIRMING"})
    void anOpeningThatSlept(CrashPoint point) throws Exception {
        counters.redis().flushall();
        assertThatASleeperChangesNothing(point);
    }

    @ParameterizedTest
    @EnumSource(names = {"RAISING", "RAISED", "CONFIRMING"})
    void aNewLineageThatSlept(CrashPoint point) throws Exception {
        counters.redis().hset(Partition.of(PARTITION).ctl(), "process", "the-process-before");
        assertThatASleeperChangesNothing(point);
    }

    private void assertThatASleeperChangesNothing(CrashPoint point) throws Exception {
        Sleep sleep = new Sleep(point);
        CompletableFuture<Boolean> sleeper = CompletableFuture.supplyAsync(() -> workers.open(PARTITION, sleep));
        sleep.await(sleeper);
        endTransactions();
        workers.open(PARTITION);
        for (int i = 0; i < 3; i++) {
            count();
            workers.settlement(CrashPoint.NOBODY).settleAll();
        }
        count();
        List<String> before = counters.ctl(PARTITION, "epoch", "lineage", "process", "since");
        sleep.wake();
        assertThatSomehowEnds(sleeper);
        assertThat(counters.ctl(PARTITION, "epoch", "lineage", "process", "since"))
                .isEqualTo(before);
        workers.settlement(CrashPoint.NOBODY).settleAll();
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
        workers.settlement(CrashPoint.NOBODY).settleAll();
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
                    () -> workers.impatient(CrashPoint.NOBODY).settleAll());
            assertThatThrownBy(() -> waiting.get(1, TimeUnit.MINUTES)).hasMessageContaining("lock timeout");
            other.rollback();
        }
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
    }

    /** Else a long reading would be taken for a sleep, and its transaction ended. */
    @Test
    void whoReadsForLongKeepsTellingTheDatabase() {
        workers.open(4);
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
            workers.settlement(CrashPoint.NOBODY).settleAll();
            assertThat(book.balance("creator:c-1")).isEqualTo(counted);
            assertThatThrownBy(copy::endCopy).isInstanceOf(SQLException.class);
        } finally {
            connection.abort(Runnable::run); // it can't be closed properly any more
        }
    }

    @Test
    void whileItHoldsTheLocksOthersTakeWhatIsFreeAndDoNotWait() throws Exception {
        workers.open(4);
        book.sql().sql("UPDATE partition_cursor SET settled_at = 'epoch'").update();
        Sleep sleep = new Sleep(CrashPoint.CLAIMED);
        Settlement sleeping = workers.settlement(sleep, 1);
        CompletableFuture<Void> sleeper = CompletableFuture.runAsync(sleeping::settleDue);
        sleep.await(sleeper);
        counters.count(4, "c-2", "/a", EventType.VIEW, 1, 1_000);
        assertThat(workers.settlement(CrashPoint.NOBODY).settleDue())
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
        workers.open(4);
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
                workers.settlement(CrashPoint.NOBODY).settleAll();
            } else {
                book.sql()
                        .sql("UPDATE partition_cursor SET settled_at = 'epoch' WHERE partition = 4")
                        .update();
                workers.settlement(CrashPoint.NOBODY).settleDue();
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
        Partition names = Partition.of(PARTITION);
        counters.redis().hdel(names.ctl(), "epoch");
        try (Connection other = DriverManager.getConnection(database, "postgres", RealServers.password());
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("SELECT FROM partition_cursor WHERE partition = " + PARTITION + " FOR UPDATE");
            workers.open(PARTITION);
            assertThat(counters.redis().hexists(names.ctl(), "epoch")).isFalse();
            other.rollback(); // Closing alone would not wait for the server to let go of the row.
        }
        workers.open(PARTITION);
        assertThat(counters.redis().hexists(names.ctl(), "epoch")).isTrue();
    }

    /** They have no pointer yet; that is nothing to halt for. */
    @Test
    void partitionsThatWereNeverOpenedAreLeftAlone() {
        book.sql().sql("UPDATE partition_cursor SET settled_at = 'epoch'").update();
        workers.settlement(CrashPoint.NOBODY).settleDue();
        assertThat(workers.settlement(CrashPoint.NOBODY).settleAll().halted()).isEmpty();
        assertThat(book.sql()
                        .sql("SELECT count(*) FROM partition_cursor WHERE halted IS NOT NULL OR settled_epoch > 0")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
    }

    @Test
    void whatItWouldDeleteOrOpenTooLateStays() {
        Partition partition = Partition.of(PARTITION);
        Link link = workers.link(PARTITION);
        long past = now() - 1;
        long lineage = workers.state(PARTITION).lineage();
        assertThat(Release.release(link, partition, 1, 1, past, lineage)).isFalse();
        assertThat(Release.release(link, partition, 1, 1, past + 60, lineage + 1))
                .as("of another history")
                .isFalse();
        assertThat(counters.redis().exists(partition.earn(1))).isEqualTo(1);
        assertThat(Release.release(link, partition, 1, 1, past + 60, lineage)).isTrue();
        assertThat(counters.redis().exists(partition.earn(1))).isZero();

        PartitionState before = workers.state(PARTITION);
        assertThat(open(before, 9, past, past, List.of())).isEqualTo(new Opening.Result.Late());
        assertThat(open(before, 9, past + 60, past + 100, List.of()))
                .as("the database's clock is another")
                .isInstanceOf(Opening.Result.ClocksDiffer.class);
        assertThat(workers.state(PARTITION).fields()).isEqualTo(before.fields());
        assertThat(open(before, 9, past + 60, past, List.of())).isEqualTo(new Opening.Result.Opened(0));
    }

    @Test
    void anOpeningLeavesNothingOfTheOneBeforeButSinceWhereThatIsLater() {
        Partition partition = Partition.of(PARTITION);
        long now = now();
        counters.redis().hset(partition.ctl(), "since", Long.toString(now + 500));
        counters.redis().hset(partition.ctl(), "clock", "7");
        open(workers.state(PARTITION), 8, now + 60, now, List.of());
        assertThat(counters.ctl(
                        PARTITION, "epoch", "lineage", "since", "process", "micros", "events", "opened", "first"))
                .containsExactly("9", "8", Long.toString(now + 500), null, "1000", "2", "8", "9");
        assertThat(Long.parseLong(counters.ctl(PARTITION, "clock").getFirst())).isBetween(now, now + 60);
    }

    @Test
    void aKeyOfAnotherTypeIsSetAsideAsItIs() {
        Partition partition = Partition.of(PARTITION);
        counters.redis().set(partition.earn(8), "no hash");
        assertThat(open(workers.state(PARTITION), 8, now() + 60, now(), List.of(8L)))
                .isEqualTo(new Opening.Result.Opened(1));
        assertThat(counters.redis().get(partition.quarantine(8, "earn", 8))).isEqualTo("no hash");
    }

    /** Opens epoch 9, without the ledger. */
    private Opening.Result open(PartitionState seen, long lineage, long until, long second, List<Long> inTheWay) {
        return Opening.open(
                workers.link(PARTITION),
                Partition.of(PARTITION),
                new Opening.Plan(
                        String.valueOf(seen.pointer()),
                        String.valueOf(seen.lineageText()),
                        9,
                        lineage,
                        61,
                        1_000,
                        2,
                        until,
                        1,
                        8,
                        second,
                        60,
                        inTheWay));
    }

    /** Redis' second. */
    private long now() {
        return Long.parseLong(counters.redis().time().getFirst());
    }

    /** By a clock that is trusted: good tokens would be refused as expired, or too early, behind one that is not. */
    @Test
    void aConfirmationSetsThePartitionsClockRightWhereTheTwoClocksAgree() {
        Partition partition = Partition.of(PARTITION);
        long now = now();
        for (long seen : List.of(now - 1_000, now + 1_000)) {
            counters.redis().hset(partition.ctl(), "clock", Long.toString(seen));
            confirm(now - 500);
            assertThat(counters.ctl(PARTITION, "clock")).as("clocks differ").containsExactly(Long.toString(seen));
            confirm(now);
            assertThat(Long.parseLong(counters.ctl(PARTITION, "clock").getFirst()))
                    .isBetween(now, now + 60);
        }
    }

    private void confirm(long second) {
        PartitionState seen = workers.state(PARTITION);
        workers.opening(CrashPoint.NOBODY)
                .confirm(
                        workers.link(PARTITION),
                        seen.partition(),
                        String.valueOf(seen.pointer()),
                        seen.lineage(),
                        second);
    }

    /** What another worker has changed since is not decided about by who saw it before. */
    @Test
    void whoSawAnotherPointerOrLineageChangesNothing() {
        Partition partition = Partition.of(PARTITION);
        Link link = workers.link(PARTITION);
        PartitionState before = workers.state(PARTITION);
        String pointer = String.valueOf(before.pointer());
        String lineage = String.valueOf(before.lineageText());
        for (List<String> seen : List.of(List.of("77", lineage), List.of(pointer, "77"))) {
            PartitionState other = new PartitionState(
                    partition, Map.of("epoch", seen.get(0), "lineage", seen.get(1)), true, true, 0, -1);
            assertThat(open(other, 99, now() + 60, now(), List.of())).isEqualTo(new Opening.Result.Late());
            assertThat(Opening.raise(link, partition, seen.get(0), seen.get(1), 99, 61, now()))
                    .isEqualTo(-1);
            assertThat(workers.opening(CrashPoint.NOBODY).renew(link, other)).isFalse();
            assertThat(Opening.confirm(
                            link, partition, seen.get(0), Long.parseLong(seen.get(1)), now(), 60, Workers.SPANS))
                    .isFalse();
        }
        assertThat(workers.state(PARTITION).fields()).isEqualTo(before.fields());
    }

    @Test
    void nothingIsOpenedByAClockThatNobodyElseHas() {
        PartitionOpening strict = workers.opening(CrashPoint.NOBODY, Duration.ofSeconds(-1));
        assertThatThrownBy(() -> strict.renew(workers.link(PARTITION + 1), workers.state(PARTITION + 1)))
                .hasMessageMatching(
                        "Redis' clock is -?[0-9]+ s ahead of the database's; no counters are opened until they agree within -1 s: set the one that is wrong");
        assertThat(counters.redis().exists(Partition.of(PARTITION + 1).ctl())).isZero();
    }

    @Test
    void countersThatAreNotOpenAreNotSealed() {
        Partition partition = Partition.of(PARTITION);
        long lineage = workers.state(PARTITION).lineage();
        counters.redis().hdel(partition.ctl(), "epoch");
        assertThat(new Sealing(Workers.SPANS).seal(workers.link(PARTITION), partition, 2, lineage, now()))
                .isEqualTo(new Sealing.Result.Lost("no pointer"));
        assertThat(counters.redis().hexists(partition.ctl(), "epoch")).isFalse();
    }

    /**
     * A worker that slept before its seal, and a Redis that came back from an older copy meanwhile: the pointer is the one
     * expected, but process or lineage is another. Nothing is sealed in it before it has been compared with the ledger.
     */
    @ParameterizedTest
    @ValueSource(strings = {"process", "lineage"})
    void whatIsNotYetComparedWithTheLedgerIsNotSealed(String field) {
        Partition partition = Partition.of(PARTITION);
        String right = counters.ctl(PARTITION, field).getFirst();
        count();
        List<String> before = counters.ctl(PARTITION, "epoch");
        counters.redis().hset(partition.ctl(), field, "77");
        assertThat(workers.settlement(CrashPoint.NOBODY).settleAll())
                .isEqualTo(new Settled(null, 0, 0, 0, 0, 0, List.of(), false, false));
        assertThat(counters.ctl(PARTITION, "epoch")).isEqualTo(before);
        assertThat(counters.redis().hexists(partition.earn(Long.parseLong(before.getFirst())), "#sealed"))
                .isFalse();
        counters.redis().hset(partition.ctl(), field, right);
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
    }

    /** Sealed by whom, in which history? The ledger of this lineage did not. */
    @ParameterizedTest
    @ValueSource(strings = {"process", "lineage"})
    void whatWasSealedInAnotherHistoryIsNotSettled(String field) {
        Partition partition = Partition.of(PARTITION);
        String right = counters.ctl(PARTITION, field).getFirst();
        count();
        counters.redis().hset(partition.earn(3), "#sealed", "1764000000000");
        counters.redis().hset(partition.ctl(), Map.of("epoch", "4", field, "77"));
        assertThat(workers.settlement(CrashPoint.NOBODY).settleAll())
                .isEqualTo(new Settled(null, 0, 0, 0, 0, 0, List.of(), false, false));
        counters.redis().hset(partition.ctl(), field, right);
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(counted);
    }

    /** A cursor read before another worker's settlement moves nothing, whatever locks there were. */
    @Test
    void aCursorThatMovedMeanwhileIsNotMovedAgain() {
        count();
        Cursors cursors = new Cursors(JdbcClient.create(workers.dataSource()));
        PartitionCursor stale = cursors.all().get(PARTITION);
        workers.settlement(CrashPoint.NOBODY).settleAll();
        EpochTotals next = new EpochTotals(1, PARTITION, stale.settledEpoch() + 1, stale.sealedAt(), 0, 0, 0);
        assertThatThrownBy(() -> cursors.move(List.of(stale), List.of(next), Set.of(), Map.of(), null))
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
    private static final class Sleep implements Consumer<CrashPoint> {
        private static final Duration LONGEST = Duration.ofMinutes(2);
        private final CrashPoint point;
        private final CountDownLatch asleep = new CountDownLatch(1);
        private final CountDownLatch awake = new CountDownLatch(1);

        Sleep(CrashPoint point) {
            this.point = point;
        }

        @Override
        public void accept(CrashPoint reached) {
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
