package dev.millrace.ledger.money;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * A month as an accountant sees it: three publishers, five creators, corrections, a hold, payouts. Every figure is recomputed from the tables that
 * the accountant downloads, and is what the creators see.
 */
class AccountantIT {
    private static final List<String> PUBLISHERS = List.of("gazette", "herald", "times");
    private static final List<String> CREATORS = List.of("ada", "bea", "cem", "dan", "eve");

    private static Stores stores;
    private static RunningLedger ledger;

    private int keys;

    @BeforeAll
    static void start() {
        stores = Stores.fresh(8);
        stores.openCounters();
        ledger = RunningLedger.start(stores, Map.of("MILLRACE_AVAILABLE_AFTER", "0s"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
        stores.close();
    }

    private Answer act(String method, String path, String body) {
        Answer answer = ledger.send(ledger.request(path, RunningLedger.admin())
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "act-" + keys++)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.status()).as(answer.text()).isIn(200, 201);
        return answer;
    }

    private List<List<String>> table(String path) {
        Answer answer = ledger.send(ledger.request(path, RunningLedger.admin())
                .header("Accept", "text/csv")
                .GET());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.text()
                .lines()
                .skip(1)
                .map(line -> List.of(line.split(",", -1)))
                .toList();
    }

    /** Sums column 4 by column 2 of the rows of a kind in column 1. */
    private static void add(Map<String, Long> sums, List<List<String>> rows, String kind) {
        rows.stream()
                .filter(row -> row.get(1).equals(kind))
                .forEach(row -> sums.merge(row.get(2), Long.parseLong(row.get(4)), Long::sum));
    }

    @Test
    void everyFigureOfTheMonthFollowsFromTheTables() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        YearMonth month = YearMonth.from(now.atOffset(ZoneOffset.UTC));
        Instant begin = month.atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC);
        int booked = 0;
        for (String publisher : PUBLISHERS) {
            for (String creator : CREATORS) {
                booked++;
                stores.earn(
                        begin.plus(booked, ChronoUnit.MICROS), publisher, creator, "/a", EventType.VIEW, 10L * booked);
                stores.earn(
                        begin.plus(100 + booked, ChronoUnit.MICROS),
                        publisher,
                        creator,
                        "/b",
                        EventType.COMMENT,
                        booked);
            }
        }
        act(
                "POST",
                "/v1/admin/corrections",
                "{\"creator\":\"ada\",\"publisher\":\"gazette\",\"article\":\"/b\",\"type\":\"comment\",\"units\":1,\"reason\":\"the comment was deleted\"}");
        act(
                "POST",
                "/v1/publishers/herald/corrections",
                "{\"creator\":\"bea\",\"article\":\"/a\",\"micros\":70000,\"reason\":\"fraud\"}");
        act(
                "POST",
                "/v1/admin/corrections",
                "{\"publisher\":\"times\",\"from\":\"%1$s\",\"to\":\"%1$s\",\"creators\":[\"eve\"],\"reason\":\"a leaked key\"}"
                        .formatted(month.atDay(1)));
        act(
                "PATCH",
                "/v1/admin/creators/cem",
                "{\"state\":\"held\",\"reason\":\"under review\",\"until\":\"2099-01-01T00:00:00Z\"}");
        for (String creator : List.of("ada", "bea", "dan")) {
            String id = act("POST", "/v1/admin/payouts", "{\"creator\":\"%s\",\"micros\":50000}".formatted(creator))
                    .json()
                    .get("payouts")
                    .get(0)
                    .get("id")
                    .asString();
            act(
                    "POST",
                    "/v1/admin/payouts/" + id + (creator.equals("dan") ? "/failed" : "/paid"),
                    creator.equals("dan") ? "{\"reason\":\"closed\"}" : "{\"reference\":\"bank-1\"}");
        }
        act("POST", "/v1/admin/payouts", "{\"creator\":\"eve\",\"micros\":1000}");

        Map<String, Long> paid = new TreeMap<>();
        Map<String, Long> corrected = new TreeMap<>();
        for (String publisher : PUBLISHERS) {
            List<List<String>> rows = table("/v1/publishers/%s/statements/%s".formatted(publisher, month));
            Map<String, Long> gross = new TreeMap<>();
            add(gross, rows, "paid");
            add(gross, rows, "correction");
            long debit = gross.values().stream().mapToLong(Long::longValue).sum();
            assertThat(account("publisher:" + publisher)).isEqualTo(-debit);
            add(paid, rows, "paid");
            add(corrected, rows, "correction");
        }
        Map<String, Long> out = new TreeMap<>();
        Map<String, Long> underWay = new TreeMap<>();
        for (List<String> row : table("/v1/admin/payouts")) {
            if (row.get(5).equals("paid")) {
                out.merge(row.get(1), Long.parseLong(row.get(2)), Long::sum);
            } else if (row.get(5).equals("requested")) {
                underWay.merge(row.get(1), Long.parseLong(row.get(2)), Long::sum);
            }
        }
        assertThat(paid)
                .isEqualTo(Map.of("ada", 180_900L, "bea", 211_050L, "cem", 241_200L, "dan", 271_350L, "eve", 301_500L));
        assertThat(corrected).isEqualTo(Map.of("ada", -50L, "bea", -70_000L, "eve", -150_750L));
        assertThat(out).isEqualTo(Map.of("ada", 50_000L, "bea", 50_000L));
        assertThat(underWay).isEqualTo(Map.of("eve", 1_000L));
        for (String creator : CREATORS) {
            long settled = paid.getOrDefault(creator, 0L)
                    + corrected.getOrDefault(creator, 0L)
                    - out.getOrDefault(creator, 0L);
            long free = settled - underWay.getOrDefault(creator, 0L);
            JsonNode balance = ledger.get("/v1/creators/" + creator + "/balance", RunningLedger.token(creator))
                    .json();
            assertThat(balance.at("/settled/micros").asLong()).as(creator).isEqualTo(settled);
            assertThat(balance.at("/available/micros").asLong())
                    .as(creator)
                    .isEqualTo(creator.equals("cem") ? 0 : free);
            assertThat(balance.at("/held/micros").asLong()).as(creator).isEqualTo(creator.equals("cem") ? free : 0);
            long entries = 0;
            for (JsonNode entry : ledger.get(
                            "/v1/creators/" + creator + "/entries?limit=200", RunningLedger.token(creator))
                    .json()
                    .get("entries")) {
                entries += entry.get("micros").asLong();
            }
            assertThat(entries).as(creator).isEqualTo(settled);
        }
        assertThat(account("payout")).isEqualTo(100_000);
        assertThat(stores.owner()
                        .sql("SELECT sum(micros) FROM balance")
                        .query(Long.class)
                        .single())
                .isZero();
    }

    private static long account(String name) {
        return stores.owner()
                .sql("SELECT coalesce((SELECT micros FROM balance JOIN account USING (account_id) WHERE name = ?), 0)")
                .param(name)
                .query(Long.class)
                .single();
    }
}
