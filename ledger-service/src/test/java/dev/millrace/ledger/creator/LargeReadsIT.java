package dev.millrace.ledger.creator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.core.simple.JdbcClient;

/** One creator with very many articles takes nothing from the others. */
@Timeout(300)
class LargeReadsIT {
    private static final int ARTICLES = 300_000;

    private static RunningLedger ledger;

    private final Executor clients = Executors.newVirtualThreadPerTaskExecutor();

    @BeforeAll
    static void start() {
        Stores stores = Stores.fresh(7);
        stores.openCounters();
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        stores.owner().sql("SELECT ensure_months(?, 1)").param(today).query().singleRow();
        stores.owner()
                .sql("""
                        INSERT INTO engagement
                        SELECT :today, 'large', 'demo', '/' || n || '/an-address-as-long-as-they-are', 'view', 1, 1, 1000
                        FROM generate_series(1, :articles) AS n
                        """)
                .param("today", today)
                .param("articles", ARTICLES)
                .update();
        for (String unpaid : List.of(
                "INSERT INTO filtered SELECT day, creator, publisher, article, 'robot', type, 1, 2, 2000 FROM engagement LIMIT 100000",
                "INSERT INTO visits SELECT day, creator, publisher, article, 'search', 1, 1, 1, 15 FROM engagement LIMIT 100000")) {
            stores.owner().sql(unpaid).update();
        }
        stores.count("small", 1_000);
        ledger = RunningLedger.start(stores, Map.of());
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private CompletableFuture<Answer> get(String path, String subject) {
        return CompletableFuture.supplyAsync(() -> ledger.get(path, RunningLedger.token(subject)), clients);
    }

    @Test
    void aLargeReadAskedForTwentyFourTimesAtOnceGivesNobodyElseA503() {
        assertThat(get("/v1/creators/small/balance", "small").join().status()).isEqualTo(200);
        assertThat(get("/v1/creators/small/entries", "small").join().status()).isEqualTo(200);
        long began = System.nanoTime();
        List<CompletableFuture<Answer>> large = IntStream.range(0, 24)
                .mapToObj(_ -> get("/v1/creators/large/engagement", "large"))
                .toList();
        CompletableFuture<Void> all = CompletableFuture.allOf(large.toArray(CompletableFuture[]::new));
        List<Answer> others = new ArrayList<>();
        do {
            others.add(get("/v1/creators/small/balance", "small").join());
            others.add(get("/v1/creators/small/entries", "small").join());
        } while (!all.isDone());
        assertThat(others)
                .allSatisfy(
                        answer -> assertThat(answer.status()).as(answer.text()).isEqualTo(200));
        System.out.printf(
                "the large reads took %d ms%n",
                Duration.ofNanos(System.nanoTime() - began).toMillis());
        List<Answer> answers = large.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Answer::status).containsOnly(200, 429);
        for (Answer answer : answers) {
            if (answer.status() == 429) {
                assertThat(answer.problem()).isEqualTo("too-many-requests");
                assertThat(answer.header("Retry-After")).isEqualTo("1");
            } else {
                assertThat(answer.json().at("/totals/0/units").asLong()).isEqualTo(ARTICLES);
            }
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(statementsUnderWay()).isZero());
    }

    private static long statementsUnderWay() {
        return ledger.bean(JdbcClient.class).sql("""
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND usename = current_user AND state = 'active'
                          AND pid <> pg_backend_pid()
                        """).query(Long.class).single();
    }
}
