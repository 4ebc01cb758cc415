package dev.millrace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Redis or Postgres dead or frozen: a clear answer in time, no guess, and back by itself. */
class BadDaysIT {
    private static RedisServer redis;
    private static PostgresServer postgres;
    private static RunningLedger ledger;

    @BeforeAll
    static void start() throws Exception {
        Path home = Files.createTempDirectory("millrace-bad-days-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Place place = RealServers.place(home);
        redis = RedisServer.start(place, 0, Durability.ALWAYS);
        postgres = PostgresServer.start(place, 0, Durability.RELAXED);
        Stores.migrate(postgres.url(), postgres.password());
        Stores stores = new Stores(postgres.url(), redis.url(), postgres.password());
        stores.openCounters();
        stores.count(5, "c-1", 1_000);
        ledger = RunningLedger.start(stores, Map.of());
        assertComesBack();
    }

    @AfterAll
    static void stop() {
        ledger.close();
        redis.stop();
        postgres.kill();
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
        assertThat(ledger.get("/actuator/health/liveness", "").status()).isEqualTo(200);
        assertThat(ledger.get("/actuator/health/readiness", "").status()).isEqualTo(503);
    }

    private static void assertComesBack() {
        Awaitility.await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
            Answer answer = balance();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.json().get("total").get("micros").asLong()).isEqualTo(1_000);
            assertThat(ledger.get("/actuator/health/readiness", "").status()).isEqualTo(200);
        });
    }

    @Test
    void aDeadRedisIsAClearAnswerInBoundedTimeAndAChangeIsMadeAllTheSame() {
        redis.kill();
        assertAnswersInBoundedTime("counters-unavailable");
        Answer made = ledger.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"meanwhile\"}");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.header("Millrace-Catalog-Published")).isEqualTo("false");
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
}
