package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.path.Api.Answer;
import dev.millrace.lab.stack.Metrics;
import dev.millrace.local.server.Folders;
import dev.millrace.local.settings.Part;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Stores that come back from the past, over the packaged services: files copied at one moment and put back at a later one.
 * Settlements happen when they are asked for, so that each test knows what was settled when.
 */
@Tag("long")
class RestoreIT {
    private static final int VIEW = 1_000;

    /** How far ahead of now a token may be issued; a re-opened partition takes tokens from a second beyond that on. */
    private static final Duration AHEAD = Duration.ofSeconds(60);

    private static WholePath path;
    private static Api api;
    private static NimbusPublisher publisher;

    @BeforeAll
    static void start() throws IOException {
        path = new WholePath("restore", Duration.ofHours(1));
        api = path.api();
        publisher = path.publisher("lab");
    }

    @AfterAll
    static void stopAndLeaveNoProcess() throws IOException {
        path.close();
    }

    @Test
    void aRedisFromTheFilesOfAnEarlierMoment() throws Exception {
        String old = settledBeforeAndAfterACopyOf("redis", "c-redis");
        long reopenings = worker().whole("millrace_reopenings_total");
        try (Watching watching = new Watching("c-redis")) {
            path.stack().redis().kill();
            putBack("redis");
            path.stack().redis().restart();
            patiently().until(() -> worker().whole("millrace_reopenings_total") == reopenings + 16);
            assertThatTokensOfTheTimeBeforeAreRefused(old);
            assertThatNewEventsCount("c-redis");
            assertThat(watching.totals()).isSubsetOf(4 * VIEW, 3 * VIEW).contains(4 * VIEW);
        }
        try (RedisClient client = RedisClient.create(path.stack().redis().url());
                StatefulRedisConnection<String, String> connection = client.connect()) {
            assertThat(connection.sync().keys("*:quarantine:*")).anyMatch(name -> name.contains(":earn:"));
        }
        assertThat(api.money("c-redis")).isEqualTo(new Api.Money(4 * VIEW, 0, 4 * VIEW));
    }

    @Test
    void aRedisThatWasWiped() throws Exception {
        String old = settledBeforeAndAfterACopyOf("redis", "c-wiped");
        long reopenings = worker().whole("millrace_reopenings_total");
        try (Watching watching = new Watching("c-wiped")) {
            RealServers.flush(path.stack().redis().line());
            patiently().until(() -> worker().whole("millrace_reopenings_total") == reopenings + 16);
            assertThatTokensOfTheTimeBeforeAreRefused(old);
            assertThatNewEventsCount("c-wiped");
            assertThat(watching.totals()).isSubsetOf(4 * VIEW, 3 * VIEW).contains(4 * VIEW);
        }
        assertThat(api.money("c-wiped")).isEqualTo(new Api.Money(4 * VIEW, 0, 4 * VIEW));
    }

    @Test
    void aPostgresFromTheFilesOfAnEarlierMoment() throws Exception {
        String old = settledBeforeAndAfterACopyOf("postgres", "c-postgres");
        try (Watching watching = new Watching("c-postgres")) {
            path.stack().postgres().kill();
            putBack("postgres");
            path.stack().postgres().restart();
            patiently().until(() -> api.settle().status() == 200);
            awaitLedger("c-postgres");
            assertThat(watching.totals()).containsExactly(4 * VIEW);
        }
        assertThat(api.events(old).json().get("duplicate").asInt()).isEqualTo(1);
        assertThat(api.money("c-postgres")).isEqualTo(new Api.Money(4 * VIEW, 0, 4 * VIEW));
        path.assertIdentities();
    }

    /**
     * A view that is settled, one that is not, a copy of this store's files, a second view that is settled with the one before, and a
     * third that is not.
     *
     * @return the second one, as it was sent
     */
    private static String settledBeforeAndAfterACopyOf(String store, String creator) throws Exception {
        patiently()
                .untilAsserted(() ->
                        assertThat(api.events(view(creator, "first")).status()).isEqualTo(202));
        assertThat(api.settle().status()).isEqualTo(200);
        assertThat(api.events(view(creator, "copied")).status()).isEqualTo(202);
        if (store.equals("redis")) {
            path.stack().redis().kill();
            copy(store, store + "-copy");
            path.stack().redis().restart();
        } else {
            path.stack().postgres().kill();
            copy(store, store + "-copy");
            path.stack().postgres().restart();
        }
        String second = view(creator, "second");
        patiently().untilAsserted(() -> assertThat(api.events(second).status()).isEqualTo(202));
        patiently().until(() -> api.settle().status() == 200);
        awaitLedger(creator);
        assertThat(api.events(view(creator, "third")).status()).isEqualTo(202);
        assertThat(api.money(creator)).isEqualTo(new Api.Money(3 * VIEW, VIEW, 4 * VIEW));
        return second;
    }

    /** Its pool finds Postgres again by itself, perhaps a moment after the worker's has. */
    private static void awaitLedger(String creator) {
        patiently().until(() -> api.balance(creator).status() == 200);
    }

    private static void assertThatTokensOfTheTimeBeforeAreRefused(String old) {
        patiently().untilAsserted(() -> {
            Answer answer = api.events(old);
            assertThat(answer.status()).as(answer.body()).isEqualTo(422);
            assertThat(answer.json().at("/results/0/code").asString()).isEqualTo("token-superseded");
        });
    }

    private static void assertThatNewEventsCount(String creator) {
        patiently().untilAsserted(() -> {
            Answer answer = api.events(view(creator, "fourth"));
            assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        });
        assertThat(api.settle().status()).isEqualTo(200);
        path.assertIdentities();
    }

    private static String view(String creator, String which) {
        return publisher.view(creator, "/a", creator + "-" + which, AHEAD);
    }

    private static Metrics worker() {
        return api.metrics(Part.WORKER);
    }

    private static ConditionFactory patiently() {
        return Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions();
    }

    private static void putBack(String store) throws IOException, InterruptedException {
        Folders.delete(path.data(store));
        copy(store + "-copy", store);
    }

    /** With owners and permissions. */
    private static void copy(String from, String to) throws IOException, InterruptedException {
        run("cp", "-a", path.data(from).toString(), path.data(to).toString());
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    /** Reads a creator's balance again and again, as the creator would, and remembers each total it has seen. */
    private static final class Watching implements AutoCloseable {
        private final Set<Long> totals = new ConcurrentSkipListSet<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final CompletableFuture<Void> reading;

        Watching(String creator) {
            totals.add(api.money(creator).total());
            reading = CompletableFuture.runAsync(() -> {
                while (!over.get()) {
                    Answer answer = api.balance(creator);
                    if (answer.status() == 200) {
                        totals.add(answer.json().at("/total/micros").asLong());
                    }
                }
            });
        }

        Set<Integer> totals() {
            return totals.stream().map(Math::toIntExact).collect(java.util.stream.Collectors.toSet());
        }

        @Override
        public void close() {
            over.set(true);
            reading.join();
        }
    }
}
