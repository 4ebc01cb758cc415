package dev.millrace.ledger.spend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import dev.millrace.local.testing.Moments;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(300)
class PublisherBalanceIT {
    private Stores stores;
    private RunningLedger ledger;

    @BeforeEach
    void start() {
        Moments.awayFromTheEndOf(Duration.ofDays(1));
        stores = Stores.fresh(11);
        stores.openCounters();
        ledger = RunningLedger.start(stores, Map.of());
    }

    @AfterEach
    void stop() {
        ledger.close();
    }

    private Answer balance() {
        return ledger.get("/v1/publishers/demo/balance", RunningLedger.scoped("somebody", "publisher:demo"));
    }

    private long micros(JsonNode balance, String... path) {
        JsonNode node = balance;
        for (String name : path) {
            node = node.get(name);
        }
        return node.get("micros").asLong();
    }

    private static LocalDate today() {
        return LocalDate.now(ZoneOffset.UTC);
    }

    @Test
    void aBalanceIsTheContractsToTheLetter() {
        stores.owner()
                .sql("UPDATE publisher SET budget_day = 10000, budget_total = 20000 WHERE publisher = 'demo'")
                .update();
        stores.count("c-1", 3_000);
        stores.count("c-2", 500);
        stores.count("another", "c-2", 90);
        Partition partition = Partition.of("c-1");
        assertThat(Partition.of("c-2")).isNotEqualTo(partition);
        stores.sealAndSettle(partition);
        stores.count("c-1", 700);
        new Bookings(stores)
                .correct(Instant.now(), "fraud", null, new Engaged(today(), "demo", "c-1", "/a", "view", 1, 1, 1_000));
        assertThat(balance().text().replaceAll("\"(asOf|settledThrough)\":\"[^\"]*Z\"", "\"$1\":\"…\""))
                .isEqualTo("{\"publisher\":\"demo\",\"currency\":\"USD\",\"state\":\"active\","
                        + "\"spent\":{\"micros\":3000,\"amount\":\"0.003000\"},\"corrected\":{\"micros\":1000,\"amount\":\"0.001000\"},"
                        + "\"net\":{\"micros\":2000,\"amount\":\"0.002000\"},\"pending\":{\"micros\":1200,\"amount\":\"0.001200\"},"
                        + "\"budget\":{\"day\":{\"limit\":{\"micros\":10000,\"amount\":\"0.010000\"},\"left\":{\"micros\":5800,\"amount\":\"0.005800\"}},"
                        + "\"total\":{\"limit\":{\"micros\":21000,\"amount\":\"0.021000\"},\"left\":{\"micros\":16800,\"amount\":\"0.016800\"}}},"
                        + "\"asOf\":\"…\",\"settledThrough\":\"…\"}");
    }

    @Test
    void whatWasCountedYesterdayIsPendingAndNotOfTodaysBudget() {
        stores.owner()
                .sql("UPDATE publisher SET budget_day = 100 WHERE publisher = 'demo'")
                .update();
        stores.count("c-1", 40);
        long yesterday = today().toEpochDay() - 1;
        stores.redis().hset(Partition.of("c-1").earn(1), "$%d|demo".formatted(yesterday), "77");
        stores.redis().hset(Partition.of("c-1").earn(1), "$%d|demo1".formatted(yesterday), "1000");
        JsonNode balance = balance().json();
        assertThat(micros(balance, "pending")).isEqualTo(117);
        assertThat(micros(balance, "budget", "day", "left")).isEqualTo(60);
        assertThat(balance.get("budget").has("total")).isFalse();
    }

    @Test
    void everyEventIsInItOnceWhateverIsSettledMeanwhile() throws Exception {
        AtomicLong counted = new AtomicLong();
        CompletableFuture<Void> counting = CompletableFuture.runAsync(() -> {
            for (int i = 1; i <= 400; i++) {
                stores.count("c-" + i % 5, i);
                counted.addAndGet(i);
            }
        });
        CompletableFuture<Void> settling = CompletableFuture.runAsync(() -> {
            while (!counting.isDone()) {
                for (int i = 0; i < 5; i++) {
                    stores.sealAndSettle(Partition.of("c-" + i));
                }
            }
        });
        long before = 0;
        int readings = 0;
        do {
            long atLeast = counted.get();
            Answer answer = balance();
            if (answer.status() == 503) { // the stores moved during each try
                assertThat(answer.detail()).contains("moved during each");
                continue;
            }
            JsonNode balance = answer.json();
            long sum = micros(balance, "spent") + micros(balance, "pending");
            assertThat(sum).isGreaterThanOrEqualTo(Math.max(atLeast, before));
            assertThat(sum).isLessThanOrEqualTo(400 * 401 / 2);
            before = sum;
            readings++;
        } while (!counting.isDone());
        counting.get();
        settling.get();
        JsonNode balance = balance().json();
        assertThat(micros(balance, "spent") + micros(balance, "pending")).isEqualTo(400 * 401 / 2);
        assertThat(micros(balance, "spent")).isPositive();
        assertThat(readings).isPositive();
    }

    @Test
    void whatCannotBeKnownIsRefused() {
        stores.count("c-1", 40);
        Partition any = Partition.of(7);
        stores.redis().hdel(any.ctl(), Ctl.EPOCH);
        assertThat(balance().problem()).isEqualTo("counters-unavailable");
        assertThat(balance().detail()).contains("partition 07");
        stores.redis().hset(any.ctl(), Ctl.EPOCH, "1");
        assertThat(balance().status()).isEqualTo(200);
        stores.redis().hset(any.earn(1), "$%d|demo".formatted(today().toEpochDay()), "1.5");
        assertThat(balance().problem()).isEqualTo("counters-unavailable");
    }

    @Test
    void withoutABudgetNoneIsShown() {
        stores.owner()
                .sql("UPDATE publisher SET state = 'suspended', reason = 'unpaid' WHERE publisher = 'demo'")
                .update();
        JsonNode balance = balance().json();
        assertThat(balance.get("budget").isEmpty()).isTrue();
        assertThat(balance.get("state").asString()).isEqualTo("suspended");
        assertThat(micros(balance, "net")).isZero();
        assertThat(ledger.get("/v1/publishers/nobody/balance", RunningLedger.reader("r"))
                        .problem())
                .isEqualTo("publisher-unknown");
    }
}
