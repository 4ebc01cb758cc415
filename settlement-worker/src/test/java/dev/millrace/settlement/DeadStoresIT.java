package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.counters.EpochControl;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.settle.Book;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A worker whose Postgres or Redis dies: it stays up, books nothing, and books everything once they are back. */
class DeadStoresIT {
    /** More than a reader takes in before it tells that it is alive. */
    private static final int CREATORS = 25_000;

    @TempDir
    private static Path home;

    private static RedisServer redis;
    private static PostgresServer postgres;
    private static int databases;

    private String database = "";
    private Counting counters;
    private RunningWorker worker;

    @BeforeAll
    static void startServers() {
        Place place = RealServers.place(home);
        redis = RedisServer.start(place, 0, Durability.ALWAYS);
        postgres = PostgresServer.start(place, 0, Durability.RELAXED);
    }

    @AfterAll
    static void killServers() {
        postgres.kill();
        redis.kill();
    }

    @BeforeEach
    void start() {
        RealServers.flush(redis.line());
        database = postgres.databases().create("dead_stores_" + ++databases);
        RunningWorker.migrate(database, postgres.databases());
        counters = new Counting(redis.url());
        worker = new RunningWorker(
                redis.url(),
                database,
                postgres.databases(),
                "--millrace.redis-timeout=2s",
                "--spring.datasource.hikari.connection-timeout=500",
                "--spring.datasource.hikari.validation-timeout=250");
        worker.bean(Watch.class).look();
        await(() -> counters.state(3).process() != null); // its own watch may be at it at the same time
    }

    @AfterEach
    void stop() {
        worker.close();
        counters.close();
    }

    @Test
    void withoutPostgresNothingIsLostAndTheNextRunBooksIt() throws Exception {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        postgres.kill();
        assertThatThrownBy(() -> worker.bean(Settlement.class).settleAll()).isInstanceOf(RuntimeException.class);
        assertThat(get("/actuator/health/liveness")).isEqualTo(200);
        assertThat(post("/actuator/settle")).isEqualTo(503);
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        postgres.restart();
        await(() -> post("/actuator/settle") == 200);
        worker.bean(Settlement.class).settleAll();
        assertThat(balance()).isEqualTo(2_000);
    }

    @Test
    void withoutRedisTheWorkerWaitsAndThenBooksWhatItsLogBroughtBack() throws Exception {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        redis.kill();
        assertThatThrownBy(() -> worker.bean(Settlement.class).settleAll()).isInstanceOf(RuntimeException.class);
        assertThat(get("/actuator/health/liveness")).isEqualTo(200);
        restartRedis();
        await(() -> post("/actuator/settle") == 200);
        assertThat(balance()).isEqualTo(1_000);
    }

    /** HSCAN does not go on in another process, where it may leave fields out. */
    @Test
    void anEpochReadWhileRedisRestartsIsReadWhollyOrNotAtAll() throws Exception {
        counters.count(
                3,
                IntStream.range(0, CREATORS)
                        .mapToObj(i -> new Counting.Event(
                                new EngagementName("demo", "c-" + i, "/a", EventType.VIEW, 1), 1, 1_000))
                        .toList());
        AtomicBoolean restarted = new AtomicBoolean();
        assertThatThrownBy(() -> EpochControl.read(
                        worker.bean(RedisConnections.class).required(Partition.of(3)),
                        Partition.of(3).earn(1),
                        500,
                        (_, _) -> {},
                        (_, _) -> {},
                        () -> {
                            if (restarted.compareAndSet(false, true)) {
                                redis.kill();
                                restartRedis();
                            }
                        }))
                .isInstanceOf(RedisUnavailableException.class);
        assertThat(restarted).isTrue();

        await(() -> post("/actuator/settle") == 200);
        worker.bean(Settlement.class).settleAll();
        assertThat(balance()).isEqualTo(1_000);
        try (Book book = new Book(database, postgres.password())) {
            book.assertSound();
        }
    }

    /** As after a failover: the pool's connections are to a server that only reads by now, and it writes again a moment later. */
    @Test
    void aDatabaseThatOnlyReadForAWhileIsWrittenToWithinAnInterval() throws Exception {
        counters.count(3, "c-1", "/a", EventType.VIEW, 1, 1_000);
        JdbcClient superuser =
                JdbcClient.create(new DriverManagerDataSource(database, "postgres", postgres.password()));
        String name = database.substring(database.lastIndexOf('/') + 1);
        superuser
                .sql("ALTER DATABASE %s SET default_transaction_read_only = on".formatted(name))
                .update();
        superuser
                .sql(
                        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
                .query(Boolean.class)
                .list();
        await(() -> post("/actuator/settle") == 503 && get("/actuator/health/readiness") == 503);
        try (Connection other = DriverManager.getConnection(database, "postgres", postgres.password());
                Statement statement = other.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
            statement.execute("ALTER DATABASE %s SET default_transaction_read_only = off".formatted(name));
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> post("/actuator/settle") == 200);
        assertThat(balance()).isEqualTo(1_000);
    }

    /** What the pool does with a connection that it made before its server became a standby. */
    @Test
    void aConnectionThatCanOnlyReadIsDroppedAtOnce() throws Exception {
        HikariDataSource pool = worker.bean(HikariDataSource.class);
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = on");
            assertThatThrownBy(() -> statement.executeQuery("SELECT FROM partition_cursor FOR UPDATE"))
                    .hasMessageContaining("read-only transaction");
            assertThat(connection.isClosed()).as("evicted").isTrue();
        }
        worker.bean(Settlement.class).settleAll();
    }

    /** Its limit of memory is a setting of the process. */
    private void restartRedis() {
        redis.restart();
        Awaitility.await().ignoreExceptions().atMost(Duration.ofMinutes(1)).until(() -> {
            counters.redis().configSet("maxmemory", Counting.MEMORY);
            return true;
        });
    }

    private long balance() {
        return JdbcClient.create(new DriverManagerDataSource(database, Databases.OWNER, postgres.password()))
                .sql("SELECT micros FROM balance JOIN account USING (account_id) WHERE name = 'creator:c-1'")
                .query(Long.class)
                .single();
    }

    private int get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private int post(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
                .header("X-Millrace-Settle", "now")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + worker.port() + path);
    }

    private static int send(HttpRequest request) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    /** Asks now and then: settlements that follow one another without a pause leave the watch no lock to confirm Redis under. */
    private static void await(Callable<Boolean> question) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(200))
                .until(question);
    }
}
