package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import dev.millrace.settlement.settle.Book;
import dev.millrace.settlement.settle.Settlement;
import dev.millrace.settlement.watch.Watch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.core.StringRedisTemplate;
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
        redis.flushAll();
        database = postgres.databases().create("dead_stores_" + ++databases);
        RunningWorker.migrate(database, postgres.databases());
        counters = new Counting(redis.url());
        worker = new RunningWorker(redis.url(), database, postgres.databases());
        worker.bean(Watch.class).look();
        await(() -> counters.redis().exists(new CounterKeys(3).epoch())
                == 1); // its own watch may be at it at the same time
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
        redis.restart();
        await(() -> post("/actuator/settle") == 200);
        assertThat(balance()).isEqualTo(1_000);
    }

    /** Where HSCAN goes on in another process, it may leave fields out: then the sums differ, or the answer does not come. */
    @Test
    void anEpochReadWhileRedisRestartsIsReadWhollyOrNotAtAll() throws Exception {
        CounterKeys names = new CounterKeys(3);
        for (int first = 0; first < CREATORS; first += 5_000) {
            Map<String, String> earn = new HashMap<>();
            Map<String, String> engage = new HashMap<>();
            for (int i = first; i < first + 5_000; i++) {
                earn.put("demo|c-" + i, "1000");
                engage.put("demo|c-" + i + "|/a|view|1", "1");
            }
            counters.redis().hset(names.earn(1), earn);
            counters.redis().hset(names.engage(1), engage);
        }
        for (String hash : List.of(names.earn(1), names.total())) {
            counters.redis().hset(hash, Map.of("#micros", CREATORS + "000", "#events", Integer.toString(CREATORS)));
        }
        counters.redis().hset(names.earn(1), "#sealed", "1700000000000");

        StringRedisTemplate template = worker.bean(StringRedisTemplate.class);
        Rates.Known rates = new Rates(worker.bean(JdbcClient.class), template).known();
        AtomicBoolean restarted = new AtomicBoolean();
        Throwable failure = null;
        SealedEpoch epoch = null;
        try {
            epoch = new EpochReader(template).read(3, 1, rates, () -> {
                if (restarted.compareAndSet(false, true)) {
                    redis.kill();
                    redis.restart();
                }
            });
        } catch (RuntimeException | BrokenPartition e) {
            failure = e;
        }
        assertThat(restarted).isTrue();
        if (epoch == null) {
            assertThat(failure).isNotNull();
        } else {
            assertThat(epoch.earned()).hasSize(CREATORS);
        }

        counters.redis().hdel(names.earn(1), "#sealed");
        await(() -> post("/actuator/settle") == 200);
        worker.bean(Settlement.class).settleAll();
        assertThat(balance()).isEqualTo(1_000);
        try (Book book = new Book(database, postgres.password())) {
            book.assertSound();
        }
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
