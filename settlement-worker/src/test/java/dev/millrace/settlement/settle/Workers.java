package dev.millrace.settlement.settle;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.books.Cursors;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Sealing;
import dev.millrace.local.server.Databases;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.seal.PartitionOpening;
import dev.millrace.settlement.seal.RedisDurability;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The settling parts of as many workers as a test wants, without the rest of the service, each with crash points of its own. */
public final class Workers implements AutoCloseable {
    /** An interval that leaves a slow machine half a minute for each step. */
    private static final Duration PATIENT = Duration.ofHours(1);

    static final Duration OPENING_DELAY = Duration.ofSeconds(61);
    static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(60);

    static final Sealing.Spans SPANS = new Sealing.Spans(Duration.ofMinutes(130), Duration.ofDays(32));

    private final HikariDataSource pool = new HikariDataSource();
    private final RedisConnections redis;

    public Workers(String redisUrl, String databaseUrl, String password) {
        pool.setJdbcUrl(databaseUrl);
        pool.setUsername(Databases.SETTLER);
        pool.setPassword(password);
        pool.setMinimumIdle(0);
        redis = Counting.connections(redisUrl);
    }

    /** A worker as it is after its start: it remembers nothing. Nothing settled is kept but the last. */
    public Settlement settlement(Consumer<CrashPoint> crashPoints) {
        return settlement(crashPoints, UnaryOperator.identity());
    }

    /**
     * @param share most partitions it takes at a time
     */
    Settlement settlement(Consumer<CrashPoint> crashPoints, int share) {
        return settlement(crashPoints, UnaryOperator.identity(), share, PATIENT, Batch.Limits.USUAL);
    }

    /** One whose transactions end when it leaves the database waiting for two seconds. */
    Settlement impatient(Consumer<CrashPoint> crashPoints) {
        return settlement(crashPoints, Duration.ofSeconds(1));
    }

    /** One that may leave the database waiting for three quarters of this, at least two seconds. */
    Settlement settlement(Consumer<CrashPoint> crashPoints, Duration interval) {
        return settlement(crashPoints, UnaryOperator.identity(), 16, interval, Batch.Limits.USUAL);
    }

    /**
     * @param between what stands between the worker and the database
     */
    Settlement settlement(Consumer<CrashPoint> crashPoints, UnaryOperator<DataSource> between) {
        return settlement(crashPoints, between, 16, PATIENT, Batch.Limits.USUAL);
    }

    /** One that deals with so much at a time. */
    Settlement settlement(Batch.Limits chunks) {
        return settlement(CrashPoint.NOBODY, UnaryOperator.identity(), 16, PATIENT, chunks);
    }

    private Settlement settlement(
            Consumer<CrashPoint> crashPoints,
            UnaryOperator<DataSource> between,
            int share,
            Duration interval,
            Batch.Limits chunks) {
        DataSource dataSource = between.apply(pool);
        SettlementSettings settings = settings(interval, share);
        return new Settlement(
                dataSource,
                transaction(dataSource),
                redis,
                settings,
                new SimpleMeterRegistry(),
                new RedisDurability(redis, settings),
                crashPoints,
                chunks);
    }

    private static SettlementSettings settings(Duration interval, int share) {
        return new SettlementSettings(
                "redis://unused:6379",
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                0,
                interval,
                Duration.ZERO,
                share,
                SPANS.ofShort(),
                SPANS.ofLong(),
                true,
                OPENING_DELAY,
                CLOCK_TOLERANCE);
    }

    /** What opens partitions. */
    PartitionOpening opening(Consumer<CrashPoint> crashPoints) {
        return opening(crashPoints, CLOCK_TOLERANCE);
    }

    PartitionOpening opening(Consumer<CrashPoint> crashPoints, Duration clockTolerance) {
        return new PartitionOpening(
                new Cursors(JdbcClient.create(pool)),
                transaction(pool),
                OPENING_DELAY,
                clockTolerance,
                SPANS,
                0,
                crashPoints);
    }

    /** Opens a partition that has lost something, or begins a new lineage of it; whether something was lost. */
    public boolean open(int partition) {
        return open(partition, CrashPoint.NOBODY);
    }

    boolean open(int partition, Consumer<CrashPoint> crashPoints) {
        return opening(crashPoints).renew(link(partition), state(partition));
    }

    /** What Redis holds of a partition. */
    PartitionState state(int partition) {
        return PartitionState.read(link(partition), Partition.of(partition), 1);
    }

    Link link(int partition) {
        return redis.required(Partition.of(partition));
    }

    /** A session of a worker's login, of its own. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
    }

    /** Waits for a connection, where the last one broke. */
    void awaitRedis() {
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> redis.isUsable() && link(3).process() != null);
    }

    DataSource dataSource() {
        return pool;
    }

    private static TransactionTemplate transaction(DataSource dataSource) {
        return new TransactionTemplate(new JdbcTransactionManager(dataSource));
    }

    @Override
    public void close() {
        redis.close();
        pool.close();
    }
}
