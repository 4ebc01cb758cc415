package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.EventType;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** A worker whose Postgres or Redis dies: it stays up, books nothing, and books everything once they are back. */
class DeadStoresIT {
    @TempDir
    private Path home;

    private RedisServer redis;
    private PostgresServer postgres;
    private Counting counters;
    private RunningWorker worker;

    @BeforeEach
    void start() {
        Place place = RealServers.place(home);
        redis = RedisServer.start(place, 0, Durability.ALWAYS);
        postgres = PostgresServer.start(place, 0, Durability.RELAXED);
        RunningWorker.migrate(postgres.url(), postgres.databases());
        counters = new Counting(redis.url());
        worker = new RunningWorker(redis.url(), postgres.url(), postgres.databases());
        worker.bean(Watch.class).look();
    }

    @AfterEach
    void stop() {
        worker.close();
        counters.close();
        postgres.kill();
        redis.kill();
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
        redis.restart();
        await(() -> post("/actuator/settle") == 200);
        assertThat(balance()).isEqualTo(1_000);
    }

    private long balance() {
        return JdbcClient.create(new DriverManagerDataSource(postgres.url(), Databases.OWNER, postgres.password()))
                .sql("SELECT micros FROM balance JOIN account USING (account_id) WHERE name = 'creator:c-1'")
                .query(Long.class)
                .single();
    }

    private int get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    private int post(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))
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

    private interface Question {
        boolean ask() throws IOException, InterruptedException;
    }

    private static void await(Question question) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!question.ask()) {
            assertThat(System.nanoTime()).as("it should have come back by now").isLessThan(deadline);
        }
    }
}
