package dev.millrace.ledger.statement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Unpaid;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class StatementIT {
    private final RunningLedger ledger = RunningLedger.shared();

    private JsonNode page(String creator, String query) {
        Answer answer = ledger.get("/v1/creators/" + creator + "/entries" + query, RunningLedger.admin());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    /** Books over three months; two publishers in every third journal, two journals at one instant. */
    private List<String> book(String creator) {
        Stores stores = ledger.stores();
        stores.publisher("other");
        LocalDate first = LocalDate.now(ZoneOffset.UTC).withDayOfMonth(1).minusMonths(2);
        stores.owner().sql("SELECT ensure_months(?, 4)").param(first).query().singleRow();
        Instant start = first.atStartOfDay().toInstant(ZoneOffset.UTC);
        List<String> newestFirst = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Instant at = start.plusSeconds(i / 2 * 4L * 86_400).plusNanos(123_000);
            int micros = 1_000 + i;
            Map<Stores.Credit, Long> credits = i % 3 == 0
                    ? Map.of(
                            new Stores.Credit("demo", creator),
                            (long) micros,
                            new Stores.Credit("other", creator),
                            (long) micros,
                            new Stores.Credit("demo", "by-the-way"),
                            5L)
                    : Map.of(new Stores.Credit("demo", creator), (long) micros);
            long journal = stores.inTransaction(() -> stores.book(at, credits));
            newestFirst.addFirst("%d %d-%d demo %d".formatted(journal, journal, i % 3 == 0 ? 1 : 0, micros));
            if (i % 3 == 0) {
                newestFirst.addFirst("%d %d-2 other %d".formatted(journal, journal, micros));
            }
        }
        return newestFirst;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 39, 40, 41, 200})
    void pagesPutTogetherAreTheWholeStatementOnceNewestFirst(int limit) {
        String creator = "paged-" + limit;
        List<String> expected = book(creator);
        List<String> read = new ArrayList<>();
        String cursor = "";
        int pages = 0;
        while (true) {
            JsonNode page = page(creator, "?limit=" + limit + cursor);
            page.get("entries")
                    .forEach(entry -> read.add("%s %s %s %d"
                            .formatted(
                                    entry.get("journal").asString(),
                                    entry.get("id").asString(),
                                    entry.get("publisher").asString(),
                                    entry.get("micros").asLong())));
            pages++;
            if (page.get("next").isNull()) {
                break;
            }
            cursor = "&cursor=" + page.get("next").asString();
        }
        assertThat(read).isEqualTo(expected);
        assertThat(pages).isEqualTo((expected.size() + limit - 1) / limit);
    }

    @Test
    void entriesBookedWhileSomeoneTurnsPagesMoveNothing() {
        List<String> expected = book("turning");
        JsonNode first = page("turning", "?limit=10");
        ledger.stores()
                .inTransaction(() ->
                        ledger.stores().book(Instant.now(), Map.of(new Stores.Credit("demo", "turning"), 77L)));
        JsonNode second =
                page("turning", "?limit=200&cursor=" + first.get("next").asString());
        assertThat(second.get("entries").size()).isEqualTo(expected.size() - 10);
    }

    @Test
    void anEntryIsTheContractsToTheLetter() {
        Instant at = Instant.parse(LocalDate.now(ZoneOffset.UTC).withDayOfMonth(1) + "T00:00:00.000001Z");
        long journal = ledger.stores()
                .inTransaction(() -> ledger.stores().book(at, Map.of(new Stores.Credit("demo", "one-entry"), 1_000L)));
        assertThat(ledger.get("/v1/creators/one-entry/entries", RunningLedger.token("one-entry"))
                        .text())
                .isEqualTo(
                        "{\"creator\":\"one-entry\",\"currency\":\"USD\",\"entries\":[{\"id\":\"%d-0\",\"journal\":\"%d\",\"at\":\"%s\",\"kind\":\"settlement\",\"publisher\":\"demo\",\"micros\":1000,\"amount\":\"0.001000\"}],\"filtered\":[],\"next\":null}"
                                .formatted(journal, journal, at));
    }

    private void filtered(String creator, LocalDate day, String reason, long units) {
        new Bookings(ledger.stores())
                .filter(new Unpaid(day, "demo", creator, "/a", reason, "view", 1, units, units * 1_000));
    }

    /** An entry every fourth day, two journals each: a page of two or three of them ends within a day or at its end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 39, 40, 41, 200})
    void eachDayOfWhatWasFilteredIsOnOnePage(int limit) {
        String creator = "robots-" + limit;
        book(creator);
        LocalDate first = LocalDate.now(ZoneOffset.UTC).withDayOfMonth(1).minusMonths(2);
        long sum = 0;
        for (int day = -1; day < 60; day++) {
            filtered(creator, first.plusDays(day), "robot", day + 2);
            sum += day + 2;
        }
        filtered(creator + "-2", first, "robot", 99);
        long read = 0;
        String cursor = "";
        do {
            JsonNode page = page(creator, "?limit=" + limit + cursor);
            if (cursor.isEmpty()) {
                assertThat(page.at("/filtered/0/units").asLong())
                        .as("from the day of the page's last entry on")
                        .isEqualTo(firstPage(page, first));
            }
            for (JsonNode one : page.get("filtered")) {
                assertThat(one.get("reason").asString()).isEqualTo("robot");
                assertThat(one.get("micros").asLong())
                        .isEqualTo(one.get("units").asLong() * 1_000);
                read += one.get("units").asLong();
            }
            cursor = page.get("next").isNull()
                    ? ""
                    : "&cursor=" + page.get("next").asString();
        } while (!cursor.isEmpty());
        assertThat(read).isEqualTo(sum);
    }

    private static long firstPage(JsonNode page, LocalDate first) {
        JsonNode entries = page.get("entries");
        LocalDate last = LocalDate.parse(
                entries.get(entries.size() - 1).get("at").asString().substring(0, 10));
        long sum = 0;
        for (int day = -1; day < 60; day++) {
            sum += page.get("next").isNull() || !first.plusDays(day).isBefore(last) ? day + 2 : 0;
        }
        return sum;
    }

    @Test
    void aCreatorWhoseUnitsWereAllFilteredHasAStatementWithoutEntries() {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        filtered("only-robots", today, "robot", 2);
        filtered("only-robots", today.minusDays(1), "robot", 1);
        filtered("only-robots", today, "self", 4);
        assertThat(ledger.get("/v1/creators/only-robots/entries", RunningLedger.token("only-robots"))
                        .text())
                .isEqualTo("{\"creator\":\"only-robots\",\"currency\":\"USD\",\"entries\":[],\"filtered\":["
                        + "{\"reason\":\"robot\",\"type\":\"view\",\"units\":3,\"micros\":3000},"
                        + "{\"reason\":\"self\",\"type\":\"view\",\"units\":4,\"micros\":4000}],\"next\":null}");
    }

    @Test
    void aCreatorWithOnlyPendingMoneyHasAnEmptyStatementAndAnUnknownOneNone() {
        ledger.stores().count("only-pending", 5);
        assertThat(page("only-pending", "").get("entries").isEmpty()).isTrue();
        Answer unknown = ledger.get("/v1/creators/never-seen/entries", RunningLedger.admin());
        assertThat(unknown.problem()).isEqualTo("creator-unknown");
    }

    @Test
    void aLimitOutOfRangeAndAForeignCursorAreNamed() {
        for (String limit : new String[] {"0", "201", "-1", "x", "1.5", "99999999999"}) {
            Answer answer = ledger.get("/v1/creators/c-1/entries?limit=" + limit, RunningLedger.admin());
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.problem()).isEqualTo("limit-invalid");
            assertThat(answer.detail()).isEqualTo("limit '%s' is not a whole number from 1 to 200".formatted(limit));
        }
        Answer answer = ledger.get("/v1/creators/c-1/entries?cursor=garbage", RunningLedger.admin());
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.problem()).isEqualTo("cursor-invalid");
    }
}
