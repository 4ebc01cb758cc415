package dev.millrace.settlement.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import com.zaxxer.hikari.HikariDataSource;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Verdicts;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import dev.millrace.settlement.Counting;
import dev.millrace.settlement.RunningWorker;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What ingest nodes have counted, in the ledger. */
class VerdictKeeperIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    private Path home;

    private RedisServer server;
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;
    private RedisConnections redis;
    private HikariDataSource database;
    private String url = "";
    private JdbcClient jdbc;
    private long hour;

    @BeforeEach
    void start() {
        server = RedisServer.start(RealServers.place(home), 0, Durability.ALWAYS);
        client = RedisClient.create(server.url());
        connection = client.connect();
        redis = new RedisConnections(new RedisSettings(server.url(), PATIENCE, PATIENCE), Ticker.systemTicker());
        redis.look();
        url = RunningWorker.freshDatabase();
        database = new HikariDataSource();
        database.setJdbcUrl(url);
        database.setUsername(Databases.SETTLER);
        database.setPassword(RealServers.password());
        jdbc = JdbcClient.create(database);
        // Else a test could begin in one hour and end in the next.
        hour = Awaitility.await()
                        .atMost(Duration.ofMinutes(3))
                        .until(redis::requiredSecond, second -> second % 3_600 < 3_500)
                / 3_600;
    }

    @AfterEach
    void stop() {
        database.close();
        redis.close();
        connection.close();
        client.shutdown();
        server.kill();
    }

    private RedisCommands<String, String> plain() {
        return connection.sync();
    }

    private VerdictKeeper worker() {
        return new VerdictKeeper(jdbc, redis);
    }

    private void counted(String node, String publisher, long at, Map<String, Long> counts) {
        Link link = redis.required(Verdicts.partition(publisher));
        Verdicts.write(link, node, List.of(new Verdicts.Hour(publisher, at, counts, true)), List.of())
                .join();
    }

    /** {@code <publisher> <hours before this one> <verdict>} → events. */
    private Map<String, Long> kept() {
        Map<String, Long> kept = new TreeMap<>();
        jdbc.sql("SELECT publisher, extract(epoch FROM hour)::bigint / 3600 AS at, verdict, events FROM verdicts")
                .query(row -> {
                    kept.put(
                            "%s %d %s".formatted(row.getString(1), hour - row.getLong(2), row.getString(3)),
                            row.getLong(4));
                });
        return kept;
    }

    @Test
    void theCountsOfAllNodesAreKeptAndGrow() {
        counted("n1", "demo", hour, Map.of("accepted", 3L, "filtered:robot", 1L));
        counted("n2", "demo", hour, Map.of("accepted", 4L));
        counted("n2", "other", hour - 1, Map.of("rejected:token-expired", 9L));
        VerdictKeeper worker = worker();
        worker.keep();
        Map<String, Long> first =
                Map.of("demo 0 accepted", 7L, "demo 0 filtered:robot", 1L, "other 1 rejected:token-expired", 9L);
        assertThat(kept()).isEqualTo(first);
        counted("n1", "demo", hour, Map.of("accepted", 5L, "duplicate", 2L));
        worker.keep();
        assertThat(kept())
                .isEqualTo(Map.of(
                        "demo 0 accepted", 9L,
                        "demo 0 duplicate", 2L,
                        "demo 0 filtered:robot", 1L,
                        "other 1 rejected:token-expired", 9L));
    }

    /** A row that is written anew has another transaction's number. */
    @Test
    void whatHasNotGrownIsNotWrittenAgain() {
        counted("n1", "demo", hour, Map.of("accepted", 3L, "duplicate", 1L));
        worker().keep();
        List<String> before = transactions();
        worker().keep();
        assertThat(transactions()).isEqualTo(before);
    }

    private List<String> transactions() {
        return jdbc.sql("SELECT xmin || ' ' || xmax FROM verdicts ORDER BY verdict")
                .query(String.class)
                .list();
    }

    @Test
    void anyNumberOfWorkersKeepTheSame() {
        IntStream.range(0, 200)
                .forEach(i -> counted("n", "pub-" + i, hour, Map.of("accepted", i + 1L, "duplicate", 1L)));
        List<CompletableFuture<Void>> workers = IntStream.range(0, 6)
                .mapToObj(_ -> CompletableFuture.runAsync(worker()::keep))
                .toList();
        workers.forEach(CompletableFuture::join);
        assertThat(kept()).hasSize(400).containsEntry("pub-199 0 accepted", 200L);
    }

    @Test
    void whatRedisHasLostStaysKept() {
        counted("n1", "demo", hour, Map.of("accepted", 100L));
        VerdictKeeper worker = worker();
        worker.keep();
        plain().flushall();
        worker.keep();
        counted("n1", "demo", hour, Map.of("accepted", 20L, "duplicate", 5L));
        worker.keep();
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 100L, "demo 0 duplicate", 5L));
    }

    @Test
    void aWorkerThatComesLateKeepsAllThatRedisHasAndThenTheLastTwoHours() {
        counted("n1", "demo", hour - 48, Map.of("accepted", 1L));
        counted("n1", "demo", hour - 47, Map.of("accepted", 2L));
        counted("n1", "demo", hour - 2, Map.of("accepted", 3L));
        VerdictKeeper worker = worker();
        worker.keep();
        assertThat(kept()).isEqualTo(Map.of("demo 47 accepted", 2L, "demo 2 accepted", 3L));
        counted("n1", "demo", hour - 2, Map.of("accepted", 30L));
        counted("n1", "demo", hour - 1, Map.of("accepted", 40L));
        worker.keep();
        assertThat(kept()).isEqualTo(Map.of("demo 47 accepted", 2L, "demo 2 accepted", 3L, "demo 1 accepted", 40L));
    }

    @Test
    void aRedisThatIsAwayKeepsNothingAndWhenItIsBackAll() {
        VerdictKeeper worker = worker();
        counted("n1", "demo", hour, Map.of("accepted", 3L));
        server.kill();
        assertThatThrownBy(worker::keep).isInstanceOf(RedisUnavailableException.class);
        assertThat(kept()).isEmpty();
        server.restart();
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            redis.look();
            return redis.isUsable();
        });
        worker.keep();
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 3L));
    }

    @Test
    void aPartitionThatCantBeReadKeepsNoOtherWaitingAndIsReadWhenItCan() {
        String broken = "broken";
        assertThat(Verdicts.partition(broken)).isNotEqualTo(Verdicts.partition("demo"));
        VerdictKeeper worker = worker();
        worker.keep();
        counted("n1", "demo", hour, Map.of("accepted", 3L));
        counted("n1", broken, hour - 1, Map.of("accepted", 4L));
        String key = Verdicts.partition(broken).verdicts(hour - 1);
        plain().rename(key, "aside");
        plain().set(key, "somebody was here");
        assertThatThrownBy(worker::keep).isInstanceOf(RedisRefusedException.class);
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 3L));
        plain().rename("aside", key);
        worker.keep();
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 3L, "broken 1 accepted", 4L));
    }

    @Test
    void whatSomebodyHasEditedIsLeftOut() {
        counted("n1", "demo", hour, Map.of("accepted", 3L));
        Partition partition = Verdicts.partition("demo");
        plain().sadd(partition.verdicts(hour), "<b>", "", "x".repeat(100_000), "demo|other");
        plain().hset(Verdicts.partition("<b>").verdicts(hour, "<b>"), "accepted|n", "5");
        plain().hset(
                        partition.verdicts(hour, "demo"),
                        Map.of(
                                "accepted|x",
                                "-5",
                                "rejected:" + "y".repeat(50) + "|n",
                                "5",
                                "paid|n",
                                "5",
                                "duplicate|n",
                                "1e3"));
        worker().keep();
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 3L));
    }

    @Test
    void aWorkerKeepsThemByItself() {
        counted("n1", "demo", hour, Map.of("accepted", 3L));
        plain().configSet("maxmemory", Counting.MEMORY);
        plain().configSet("maxmemory-policy", "noeviction");
        try (RunningWorker _ =
                new RunningWorker(server.url(), url, RealServers.databases(), RunningWorker.WITHOUT_SERVER)) {
            Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !kept().isEmpty());
        }
        assertThat(kept()).isEqualTo(Map.of("demo 0 accepted", 3L));
    }
}
