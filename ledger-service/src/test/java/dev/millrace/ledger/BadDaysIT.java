package dev.millrace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.FileSystemUtils;

/** Redis or Postgres dead or frozen: a clear answer in time, no guess, and back by itself. */
class BadDaysIT {
    /** Few connections and short waits, so that the bad days pass quickly. */
    private static final int POOL = 3;

    private static Path home;
    private static RedisServer redis;
    private static PostgresServer postgres;
    private static RunningLedger ledger;

    @BeforeAll
    static void start() throws Exception {
        home = Files.createTempDirectory("millrace-bad-days-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Place place = RealServers.place(home);
        redis = RedisServer.start(place, 0, Durability.ALWAYS);
        postgres = PostgresServer.start(place, 0, Durability.RELAXED);
        Stores.migrate(postgres.url(), postgres.password());
        Stores stores = new Stores(postgres.url(), redis.url(), postgres.password());
        stores.openCounters();
        stores.count("c-1", 1_000);
        ledger = RunningLedger.start(
                stores,
                Map.of(),
                "--spring.datasource.hikari.maximum-pool-size=" + POOL,
                "--spring.datasource.hikari.connection-timeout=500",
                "--spring.datasource.hikari.validation-timeout=250",
                "--spring.datasource.hikari.data-source-properties.socketTimeout=2");
        assertComesBack();
    }

    @AfterAll
    static void stop() throws IOException {
        ledger.close();
        redis.stop();
        postgres.kill();
        FileSystemUtils.deleteRecursively(home);
    }

    private static Answer balance() {
        return ledger.get("/v1/creators/c-1/balance", RunningLedger.token("c-1"));
    }

    /** Bounded: far below the client's patience of 60 s. How fast it is on a quiet machine is measured, not asserted. */
    private static void assertAnswersInBoundedTime(String problem) {
        for (int i = 0; i < 3; i++) {
            long start = System.nanoTime();
            Answer answer = balance();
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            System.out.printf("%s after %d ms%n", answer.text(), took.toMillis());
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.problem()).isEqualTo(problem);
            assertThat(answer.header("Retry-After")).isEqualTo("2");
            assertThat(answer.text()).doesNotContain("127.0.0.1").doesNotContain("Exception");
            assertThat(took).isLessThan(Duration.ofSeconds(30));
        }
        assertThat(ledger.management("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(ledger.management("/actuator/health/readiness").status()).isEqualTo(503);
    }

    private static void assertComesBack() {
        Awaitility.await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
            Answer answer = balance();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json().get("total").get("micros").asLong()).isEqualTo(1_000);
            assertThat(ledger.management("/actuator/health/readiness").status()).isEqualTo(200);
        });
    }

    @Test
    void aDeadRedisIsAClearAnswerInBoundedTimeAndAChangeIsMadeAllTheSame() {
        redis.kill();
        assertAnswersInBoundedTime("counters-unavailable");
        Answer made = ledger.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"meanwhile\"}");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.header("Millrace-Catalog-Published")).isEqualTo("false");
        Answer unknown = ledger.delete("/v1/admin/publishers/meanwhile/keys/1", RunningLedger.admin());
        assertThat(unknown.problem()).as("the catalogue in force may know it").isEqualTo("counters-unavailable");
        redis.restart();
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .untilAsserted(() -> ledger.stores().compareCounters());
        assertComesBack();
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(
                        () -> assertThat(ledger.stores().redis().get("catalog")).contains("meanwhile"));
    }

    @Test
    void aFrozenRedisIsAClearAnswerInBoundedTime() {
        redis.freeze();
        assertAnswersInBoundedTime("counters-unavailable");
        redis.resume();
        assertComesBack();
    }

    @Test
    void aDeadPostgresIsAClearAnswerInBoundedTime() {
        postgres.kill();
        assertAnswersInBoundedTime("ledger-unavailable");
        assertThat(ledger.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"x\"}")
                        .problem())
                .isEqualTo("ledger-unavailable");
        ledger.stores().redis().set("catalog", "by hand");
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(
                        () -> assertThat(ledger.stores().redis().get("catalog")).startsWith("v1 "));
        postgres.restart();
        assertComesBack();
    }

    @Test
    void aFrozenPostgresIsAClearAnswerInBoundedTime() {
        postgres.freeze();
        assertAnswersInBoundedTime("ledger-unavailable");
        postgres.resume();
        assertComesBack();
    }

    /** After a failover the pool may lead to what is a replica now. */
    @Test
    void aPostgresThatTakesNoChangesIsAClearAnswerUntilItDoes() {
        onlyReads(true);
        AtomicInteger before = new AtomicInteger(); // the pool's sessions read the setting one by one
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .until(() -> newPublisher("before-" + before.incrementAndGet()).status() == 503);
        for (int i = 0; i < 2 * POOL; i++) {
            assertReadOnly(newPublisher("read-only"));
        }
        onlyReads(false);
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(
                        () -> assertThat(newPublisher("writable").status()).isEqualTo(201));
        assertComesBack();
    }

    private static void onlyReads(boolean on) {
        JdbcClient superuser = JdbcClient.create(
                new DriverManagerDataSource(postgres.url(), PostgresServer.SUPERUSER, postgres.password()));
        superuser
                .sql("ALTER SYSTEM SET default_transaction_read_only = " + (on ? "on" : "off"))
                .update();
        superuser.sql("SELECT pg_reload_conf()").query().singleRow();
    }

    /** New ones could write: each change that fails drops the connection it was tried on. */
    @Test
    void aConnectionThatCanOnlyReadIsDroppedByTheFirstChangeTriedOnIt() throws Exception {
        HikariDataSource pool = ledger.bean(HikariDataSource.class);
        List<Connection> all = new ArrayList<>();
        for (int i = 0; i < pool.getMaximumPoolSize(); i++) {
            all.add(pool.getConnection());
        }
        for (Connection connection : all) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET default_transaction_read_only = on");
            }
            connection.close();
        }
        int refused = 0;
        Answer answer = newPublisher("dropped");
        while (answer.status() != 201) {
            assertReadOnly(answer);
            refused++;
            answer = newPublisher("dropped");
        }
        assertThat(refused).isBetween(1, pool.getMaximumPoolSize());
    }

    private static Answer newPublisher(String publisher) {
        return ledger.post(
                "/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"%s\"}".formatted(publisher));
    }

    private static void assertReadOnly(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(503);
        assertThat(answer.problem()).isEqualTo("ledger-unavailable");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
    }
}
