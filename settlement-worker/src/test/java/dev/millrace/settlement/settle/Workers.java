package dev.millrace.settlement.settle;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.local.server.Databases;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.seal.Opening;
import dev.millrace.settlement.seal.RedisDurability;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.Properties;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisServerCommands;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The settling parts of as many workers as a test wants, without the rest of the service, each with crash points of its own. */
public final class Workers implements AutoCloseable {
    /** An interval that leaves a slow machine half a minute for each step. */
    private static final Duration PATIENT = Duration.ofHours(1);

    static final Duration OPENING_DELAY = Duration.ofSeconds(61);
    static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(60);

    private final HikariDataSource pool = new HikariDataSource();
    private final LettuceConnectionFactory connections;
    private final StringRedisTemplate redis;

    public Workers(String redisUrl, String databaseUrl, String password) {
        pool.setJdbcUrl(databaseUrl);
        pool.setUsername(Databases.SETTLER);
        pool.setPassword(password);
        pool.setMinimumIdle(0);
        URI uri = URI.create(redisUrl);
        connections = new LettuceConnectionFactory(uri.getHost(), uri.getPort());
        connections.afterPropertiesSet();
        connections.start();
        redis = new StringRedisTemplate(connections);
    }

    /** A worker as it is after its start: it remembers nothing. Nothing settled is kept but the last. */
    public Settlement settlement(CrashPoints crashPoints) {
        return settlement(crashPoints, UnaryOperator.identity());
    }

    /**
     * @param share most partitions it takes at a time
     */
    Settlement settlement(CrashPoints crashPoints, int share) {
        return settlement(crashPoints, UnaryOperator.identity(), share, PATIENT, Chunks.USUAL);
    }

    /** One whose transactions end when it leaves the database waiting for two seconds. */
    Settlement impatient(CrashPoints crashPoints) {
        return settlement(crashPoints, Duration.ofSeconds(1));
    }

    /** One that may leave the database waiting for three quarters of this, at least two seconds. */
    Settlement settlement(CrashPoints crashPoints, Duration interval) {
        return settlement(crashPoints, UnaryOperator.identity(), 16, interval, Chunks.USUAL);
    }

    /**
     * @param between what stands between the worker and the database
     */
    Settlement settlement(CrashPoints crashPoints, UnaryOperator<DataSource> between) {
        return settlement(crashPoints, between, 16, PATIENT, Chunks.USUAL);
    }

    /** One that deals with so much at a time. */
    Settlement settlement(Chunks chunks) {
        return settlement(CrashPoints.NONE, UnaryOperator.identity(), 16, PATIENT, chunks);
    }

    private Settlement settlement(
            CrashPoints crashPoints, UnaryOperator<DataSource> between, int share, Duration interval, Chunks chunks) {
        DataSource dataSource = between.apply(pool);
        JdbcClient jdbc = JdbcClient.create(dataSource);
        return new Settlement(
                dataSource,
                jdbc,
                transaction(dataSource),
                new Cursors(jdbc),
                redis,
                new SettlementSettings(interval, Duration.ZERO, share, true, OPENING_DELAY, CLOCK_TOLERANCE),
                new SettlementMeters(new SimpleMeterRegistry()),
                new RedisDurability(redis, true),
                chunks,
                crashPoints);
    }

    /** What opens partitions. */
    public Opening opening(CrashPoints crashPoints) {
        return new Opening(
                redis,
                new Cursors(JdbcClient.create(pool)),
                transaction(pool),
                OPENING_DELAY,
                CLOCK_TOLERANCE,
                crashPoints);
    }

    /** A session of a worker's login, of its own. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(pool.getJdbcUrl(), pool.getUsername(), pool.getPassword());
    }

    /** Which process Redis is. */
    public String runId() {
        Properties server = Objects.requireNonNull(redis.execute((RedisCallback<Properties>) connection -> {
            RedisServerCommands commands = connection.serverCommands();
            return commands.info("server");
        }));
        return server.getProperty("run_id");
    }

    /** How often a partition was opened, as Redis has it. */
    @Nullable
    String openingOf(int partition) {
        return redis.opsForValue().get(new CounterKeys(partition).opening());
    }

    DataSource dataSource() {
        return pool;
    }

    StringRedisTemplate redis() {
        return redis;
    }

    private static TransactionTemplate transaction(DataSource dataSource) {
        return new TransactionTemplate(new JdbcTransactionManager(dataSource));
    }

    @Override
    public void close() {
        connections.destroy();
        pool.close();
    }
}
