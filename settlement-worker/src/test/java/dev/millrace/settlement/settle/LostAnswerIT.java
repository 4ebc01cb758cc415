package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EventType;
import dev.millrace.counters.Opening;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.watch.Watch;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Commands of which the worker never hears how they ended. */
class LostAnswerIT {
    private Counting counters;
    private String database = "";
    private Workers workers;
    private Book book;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        database = RunningWorker.freshDatabase();
        counters = new Counting(RealServers.redisUrl());
        workers = new Workers(RealServers.redisUrl(), database, RealServers.password());
        book = new Book(database);
    }

    @AfterEach
    void stop() {
        book.close();
        workers.close();
        counters.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCommitOfUnknownOutcomeIsResolvedByTheCursor(boolean reachesTheDatabase) {
        workers.open(3);
        count();
        Settlement deaf = workers.settlement(CrashPoint.NOBODY, pool -> new DeafToCommits(pool, reachesTheDatabase));
        assertThatThrownBy(deaf::settleAll);
        assertThat(book.balance("creator:c-1")).isEqualTo(reachesTheDatabase ? 1_000 : 0);
        count();
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(2_000);
        book.assertSound();
    }

    /** What is under way when the connection to Redis breaks fails; it is not sent again to whoever answers next. */
    @Test
    void aCommandUnderWayIsNotSentAgainBehindOurBack() throws Exception {
        workers.open(3);
        PartitionState before = workers.state(3);
        client("PAUSE", "60000", "WRITE");
        CompletableFuture<Long> raised = onAThread(() -> Opening.raise(
                workers.link(3),
                before.partition(),
                String.valueOf(before.pointer()),
                String.valueOf(before.lineageText()),
                77,
                61,
                0));
        awaitBlocked();
        counters.redis().clientKill(KillArgs.Builder.typeNormal().skipme());
        assertThatThrownBy(() -> raised.get(1, TimeUnit.MINUTES)).hasCauseInstanceOf(RedisUnavailableException.class);
        client("UNPAUSE");
        workers.awaitRedis();
        assertThat(workers.state(3).fields()) // whatever was sent again is before this in the line
                .isEqualTo(before.fields());
    }

    private void client(String... words) {
        counters.redis()
                .dispatch(
                        CommandType.CLIENT,
                        new StatusOutput<>(StringCodec.UTF8),
                        new CommandArgs<>(StringCodec.UTF8).addValues(words));
    }

    /** A Redis that is busy, or still loading its log, is no fault of a partition. */
    @Test
    void aBusyRedisEndsTheRunAndHaltsNothing() throws Exception {
        workers.open(3);
        count();
        counters.redis().configSet("busy-reply-threshold", "1");
        try {
            for (CrashPoint busyFrom : List.of(CrashPoint.CLAIMED, CrashPoint.SEALING)) {
                try (Counting other = new Counting(RealServers.redisUrl())) {
                    List<CompletableFuture<Object>> endless = new CopyOnWriteArrayList<>();
                    Settlement settlement = workers.settlement(point -> {
                        if (point == busyFrom) {
                            endless.add(
                                    onAThread(() -> other.redis().eval("while true do end", ScriptOutputType.STATUS)));
                            awaitBusy();
                        }
                    });
                    try {
                        workers.awaitRedis();
                        assertThatThrownBy(settlement::settleAll).hasStackTraceContaining("BUSY");
                    } finally {
                        counters.redis().scriptKill();
                    }
                    assertThatThrownBy(() -> endless.getFirst().get(1, TimeUnit.MINUTES));
                }
            }
        } finally {
            counters.redis().configSet("busy-reply-threshold", "5000");
        }
        workers.awaitRedis();
        assertThat(book.sql()
                        .sql("SELECT count(halted) FROM partition_cursor")
                        .query(Long.class)
                        .single())
                .isZero();
        workers.settlement(CrashPoint.NOBODY).settleAll();
        assertThat(book.balance("creator:c-1")).isEqualTo(1_000);
    }

    /** The common pool has a single thread on two cores. */
    private static <T> CompletableFuture<T> onAThread(Supplier<T> work) {
        return CompletableFuture.supplyAsync(
                work, task -> Thread.ofPlatform().daemon().start(task));
    }

    private void awaitBusy() {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (true) {
            try {
                counters.redis().get("anything");
            } catch (RedisBusyException e) {
                return;
            }
            assertThat(System.nanoTime()).as("the script runs").isLessThan(deadline);
        }
    }

    /** Redis forgets the scripts while the worker runs: it gets them again, and nothing is lost. */
    @Test
    void aRedisThatHasForgottenTheScriptsGetsThemAgain() {
        try (RunningWorker worker = new RunningWorker(
                        RealServers.redisUrl(), database, RealServers.databases(), RunningWorker.WITHOUT_SERVER)
                .byHand()) {
            worker.bean(Watch.class).look();
            for (int i = 0; i < 3; i++) {
                count();
                counters.redis().scriptFlush();
                worker.bean(Settlement.class).settleAll();
                counters.redis().scriptFlush();
                worker.bean(Watch.class).look();
            }
            assertThat(book.balance("creator:c-1")).isEqualTo(3_000);
            book.assertSound();
        }
    }

    /** Sealing, settling and giving back work with a full memory: they are what frees it. So do opening and confirming. */
    @Test
    void aFullMemoryDoesNotHoldASettlementUp() {
        workers.open(3);
        count();
        workers.settlement(CrashPoint.NOBODY).settleAll();
        count();
        counters.redis().configSet("maxmemory", "1mb");
        try {
            assertThatThrownBy(() -> counters.redis().set("more", "x")).hasMessageContaining("OOM");
            assertThat(workers.settlement(CrashPoint.NOBODY).settleAll().halted())
                    .isEmpty();
            workers.settlement(CrashPoint.NOBODY).settleAll();
            workers.settlement(CrashPoint.NOBODY).settleAll();
            assertThatTheWatchIsNotHeldUp();
        } finally {
            counters.redis().configSet("maxmemory", Counting.MEMORY);
        }
        assertThat(book.balance("creator:c-1")).isEqualTo(2_000);
        Partition names = Partition.of(3);
        assertThat(counters.redis().exists(names.earn(1), names.engage(1), names.earn(2), names.engage(2)))
                .isZero();
        assertThat(counters.redis().hget(names.ctl(), "epoch")).isEqualTo("5");
    }

    private void assertThatTheWatchIsNotHeldUp() {
        for (int lineage = 1; lineage <= 2; lineage++) { // the first one opens, the second one follows another process
            workers.open(4);
            assertThat(counters.ctl(4, "epoch", "lineage", "process"))
                    .containsExactly(
                            "1", Integer.toString(lineage), workers.link(4).process());
        }
    }

    private void awaitBlocked() {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!counters.redis().info("clients").contains("blocked_clients:1")) {
            assertThat(System.nanoTime()).as("the command is under way").isLessThan(deadline);
        }
    }

    private void count() {
        assertThat(counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000)).isTrue();
    }

    /** A database whose answers to COMMIT are lost, or to which no COMMIT gets through; the connection ends with it. */
    private static final class DeafToCommits extends DelegatingDataSource {
        private final boolean reachesTheDatabase;

        DeafToCommits(DataSource pool, boolean reachesTheDatabase) {
            super(pool);
            this.reachesTheDatabase = reachesTheDatabase;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection real = super.getConnection();
            return (Connection) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                        try {
                            if (method.getName().equals("commit")) {
                                if (reachesTheDatabase) {
                                    real.commit();
                                }
                                real.abort(Runnable::run);
                                throw new SQLException("the connection broke off", "08006");
                            }
                            return method.invoke(real, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }
    }
}
