package dev.millrace.ledger.spend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.Bookings.Unpaid;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.local.testing.Moments;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class SpendIT {
    private static final String NOTHING = "\"corrected\":{\"units\":0,\"micros\":0}";

    private final LocalDate today = today();

    private final RunningLedger ledger = RunningLedger.shared();
    private final Bookings bookings = new Bookings(ledger.stores());

    /** A day that is not over before the test is. */
    private static LocalDate today() {
        Moments.awayFromTheEndOf(Duration.ofDays(1));
        return LocalDate.now(ZoneOffset.UTC);
    }

    private Engaged views(LocalDate day, String publisher, String creator, String article, long units) {
        return new Engaged(day, publisher, creator, article, "view", 1, units, units * 1_000);
    }

    private Answer spend(String publisher, String query) {
        return ledger.get(
                "/v1/publishers/" + publisher + "/spend" + query,
                RunningLedger.scoped("somebody", "publisher:" + publisher));
    }

    private JsonNode page(String publisher, String query) {
        Answer answer = spend(publisher, query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    @Test
    void anAnswerIsTheContractsToTheLetter() {
        LocalDate yesterday = today.minusDays(1);
        bookings.settle(
                views(today, "spends", "c-1", "/a", 2),
                views(today, "spends", "c-2", "/a", 1),
                views(yesterday, "spends", "c-1", "/b", 3),
                new Engaged(today, "spends", "c-1", "/a", "view", 2, 1, 1_200),
                new Engaged(today, "spends", "c-1", "/a", "comment", 1, 40, 2_000),
                views(today.minusDays(30), "spends", "c-1", "/a", 100),
                views(today, "another", "c-1", "/a", 9));
        Instant now = Instant.now();
        bookings.correct(now, "fraud", null, new Engaged(yesterday, "spends", "c-1", "/b", "view", 1, 1, 1_500));
        bookings.correct(now, "fraud", null, views(today.minusDays(30), "spends", "c-1", "/a", 1));
        bookings.correct(now, "fraud", null, views(today, "another", "c-1", "/a", 1));
        String head = "{\"publisher\":\"spends\",\"currency\":\"USD\",\"from\":\"%s\",\"to\":\"%s\",\"rows\":["
                .formatted(today.minusDays(29), today);
        String tail =
                "],\"total\":{\"units\":47,\"micros\":9200,\"amount\":\"0.009200\",\"corrected\":{\"units\":1,\"micros\":1500},\"filtered\":[]},\"next\":null}";
        String corrected = "\"corrected\":{\"units\":1,\"micros\":1500},\"filtered\":[]}";
        assertThat(spend("spends", "").text())
                .isEqualTo(head
                        + "{\"day\":\"%s\",\"units\":3,\"micros\":3000,\"amount\":\"0.003000\",%s,"
                                .formatted(yesterday, corrected)
                        + "{\"day\":\"%s\",\"units\":44,\"micros\":6200,\"amount\":\"0.006200\",%s,\"filtered\":[]}"
                                .formatted(today, NOTHING)
                        + tail);
        assertThat(spend("spends", "?by=day").text())
                .isEqualTo(spend("spends", "").text());
        assertThat(spend("spends", "?by=creator").text())
                .isEqualTo(head
                        + "{\"creator\":\"c-1\",\"units\":46,\"micros\":8200,\"amount\":\"0.008200\",%s,"
                                .formatted(corrected)
                        + "{\"creator\":\"c-2\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\",%s,\"filtered\":[]}"
                                .formatted(NOTHING)
                        + tail);
        assertThat(spend("spends", "?by=article").text())
                .isEqualTo(head
                        + "{\"article\":\"/a\",\"creator\":\"c-1\",\"units\":43,\"micros\":5200,\"amount\":\"0.005200\",%s,\"filtered\":[]},"
                                .formatted(NOTHING)
                        + "{\"article\":\"/a\",\"creator\":\"c-2\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\",%s,\"filtered\":[]},"
                                .formatted(NOTHING)
                        + "{\"article\":\"/b\",\"creator\":\"c-1\",\"units\":3,\"micros\":3000,\"amount\":\"0.003000\",%s"
                                .formatted(corrected)
                        + tail);
        assertThat(spend("spends", "?by=type").text())
                .isEqualTo(head
                        + "{\"type\":\"comment\",\"units\":40,\"micros\":2000,\"amount\":\"0.002000\",%s,\"filtered\":[]},"
                                .formatted(NOTHING)
                        + "{\"type\":\"view\",\"units\":7,\"micros\":7200,\"amount\":\"0.007200\",%s"
                                .formatted(corrected)
                        + tail);
    }

    private static String lost(String reason, String type, long units, long micros) {
        return "{\"reason\":\"%s\",\"type\":\"%s\",\"units\":%d,\"micros\":%d}".formatted(reason, type, units, micros);
    }

    /** What a robot would have cost is beside what readers cost and in no sum, also where there were only robots. */
    @Test
    void filteredUnitsAreShownByEveryKeyAndInNoSum() {
        LocalDate yesterday = today.minusDays(1);
        String p = "robots";
        bookings.settle(views(today, p, "c-1", "/a", 2));
        bookings.filter(
                new Unpaid(today, p, "c-1", "/a", "robot", "view", 1, 3, 3_000),
                new Unpaid(today, p, "c-1", "/a", "robot", "view", 2, 1, 1_200),
                new Unpaid(today, p, "c-1", "/a", "preview", "read", 1, 4, 800),
                new Unpaid(today, p, "c-2", "/a", "robot", "view", 1, 1, 1_000),
                new Unpaid(yesterday, p, "c-2", "/b", "robot", "view", 1, 2, 2_000),
                new Unpaid(today.minusDays(30), p, "c-1", "/a", "robot", "view", 1, 99, 99_000),
                new Unpaid(today, "another", "c-1", "/a", "robot", "view", 1, 99, 99_000));
        String none = "\"units\":0,\"micros\":0,\"amount\":\"0.000000\"," + NOTHING;
        String paid = "\"units\":2,\"micros\":2000,\"amount\":\"0.002000\"," + NOTHING;
        String preview = lost("preview", "read", 4, 800);
        String all = "{%s,\"filtered\":[%s,%s]}".formatted(paid, preview, lost("robot", "view", 7, 7_200));
        for (String by : List.of("day", "creator", "article", "type")) {
            assertThat(page(p, "?by=" + by + "&limit=1").get("total").toString())
                    .isEqualTo(all);
        }
        assertThat(page(p, "?by=day").get("rows").toString())
                .isEqualTo("[{\"day\":\"%s\",%s,\"filtered\":[%s]},{\"day\":\"%s\",%s,\"filtered\":[%s,%s]}]"
                        .formatted(
                                yesterday,
                                none,
                                lost("robot", "view", 2, 2_000),
                                today,
                                paid,
                                preview,
                                lost("robot", "view", 5, 5_200)));
        String one = lost("robot", "view", 4, 4_200);
        assertThat(page(p, "?by=creator").get("rows").toString())
                .isEqualTo("[{\"creator\":\"c-1\",%s,\"filtered\":[%s,%s]},{\"creator\":\"c-2\",%s,\"filtered\":[%s]}]"
                        .formatted(paid, preview, one, none, lost("robot", "view", 3, 3_000)));
        assertThat(page(p, "?by=article").get("rows").toString())
                .isEqualTo(("[{\"article\":\"/a\",\"creator\":\"c-1\",%s,\"filtered\":[%s,%s]},"
                                + "{\"article\":\"/a\",\"creator\":\"c-2\",%s,\"filtered\":[%s]},"
                                + "{\"article\":\"/b\",\"creator\":\"c-2\",%4$s,\"filtered\":[%6$s]}]")
                        .formatted(
                                paid,
                                preview,
                                one,
                                none,
                                lost("robot", "view", 1, 1_000),
                                lost("robot", "view", 2, 2_000)));
        assertThat(page(p, "?by=type").get("rows").toString())
                .isEqualTo("[{\"type\":\"read\",%s,\"filtered\":[%s]},{\"type\":\"view\",%s,\"filtered\":[%s]}]"
                        .formatted(none, preview, paid, lost("robot", "view", 7, 7_200)));
    }

    @Test
    void rowsWithoutPayAreTurnedLikeOthers() {
        for (int i = 0; i < 5; i++) {
            bookings.filter(new Unpaid(today, "turned", "c-" + i, "/", "self", "view", 1, i + 1, 1_000L * (i + 1)));
        }
        List<String> read = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = page("turned", "?by=creator&limit=2" + cursor);
            page.get("rows").forEach(row -> read.add(row.get("creator").asString() + row.at("/filtered/0/units")));
            assertThat(page.at("/total/filtered").toString()).isEqualTo("[" + lost("self", "view", 15, 15_000) + "]");
            cursor = page.get("next").isNull()
                    ? ""
                    : "&cursor=" + page.get("next").asString();
        } while (!cursor.isEmpty());
        assertThat(read).containsExactly("c-01", "c-12", "c-23", "c-34", "c-45");
    }

    @Test
    void theTotalIsWhatThePublishersAccountWasDebited() {
        bookings.settle(views(today, "debited", "c-1", "/a", 7), views(today, "debited", "c-2", "/b", 5));
        bookings.adopt("found again", views(today, "debited", "c-3", "/a", 3));
        long debits = ledger.stores().owner().sql("""
                        SELECT -sum(micros)::bigint FROM posting JOIN account USING (account_id)
                        WHERE name = 'publisher:debited' AND posting.created_at >= (now() AT TIME ZONE 'UTC')::date AT TIME ZONE 'UTC'
                        """).query(Long.class).single();
        assertThat(debits).isEqualTo(15_000);
        for (String by : List.of("day", "creator", "article", "type")) {
            JsonNode page = page("debited", "?by=" + by + "&from=" + today + "&to=" + today);
            assertThat(page.at("/total/micros").asLong()).isEqualTo(debits);
            assertThat(sum(page)).isEqualTo(debits);
        }
    }

    private static long sum(JsonNode page) {
        return page.get("rows")
                .valueStream()
                .mapToLong(row -> row.get("micros").asLong())
                .sum();
    }

    @ParameterizedTest
    @CsvSource({"day,1", "day,2", "creator,1", "creator,4", "article,1", "article,3", "article,5", "type,1", "type,2"})
    void pagesPutTogetherAreAllRowsOnceByKey(String by, int limit) {
        String publisher = "paged-" + by + "-" + limit;
        List<Engaged> engaged = new ArrayList<>();
        for (String creator : List.of("b", "B", "a.1", "a-1", "a:1")) {
            for (String article : List.of("/é\"|", "/Z", "/a\\", " ")) {
                engaged.add(views(today, publisher, creator, article, 1));
                engaged.add(
                        new Engaged(today.minusDays(creator.length()), publisher, creator, article, "read", 1, 1, 200));
            }
        }
        bookings.settle(engaged.toArray(Engaged[]::new));
        Set<String> expected = new TreeSet<>(); // of chars; these texts have the same order as bytes
        for (Engaged one : engaged) {
            expected.add(
                    switch (by) {
                        case "day" -> one.day().toString();
                        case "creator" -> one.creator();
                        case "article" -> one.article() + "\n" + one.creator();
                        default -> one.type();
                    });
        }
        List<String> read = new ArrayList<>();
        long micros = 0;
        String cursor = "";
        while (true) {
            JsonNode page = page(publisher, "?by=" + by + "&limit=" + limit + cursor);
            assertThat(page.get("rows").size()).isBetween(1, limit);
            assertThat(page.at("/total/micros").asLong()).isEqualTo(20 * 1_200);
            page.get("rows")
                    .forEach(row -> read.add(
                            by.equals("article")
                                    ? row.get("article").asString() + "\n"
                                            + row.get("creator").asString()
                                    : row.get(by).asString()));
            micros += sum(page);
            if (page.get("next").isNull()) {
                break;
            }
            cursor = "&cursor=" + page.get("next").asString();
        }
        assertThat(read).containsExactlyElementsOf(expected);
        assertThat(micros).isEqualTo(20 * 1_200);
    }

    @Test
    void rowsThatComeWhileSomeoneTurnsPagesMoveNothing() {
        bookings.settle(
                views(today, "turning", "a", "/", 1),
                views(today, "turning", "c", "/", 1),
                views(today, "turning", "e", "/", 1));
        JsonNode first = page("turning", "?by=creator&limit=2");
        bookings.settle(views(today, "turning", "b", "/", 1), views(today, "turning", "d", "/", 1));
        JsonNode second =
                page("turning", "?by=creator&cursor=" + first.get("next").asString());
        assertThat(second.get("rows")
                        .valueStream()
                        .map(row -> row.get("creator").asString()))
                .containsExactly("d", "e");
        assertThat(second.at("/total/micros").asLong()).isEqualTo(5_000);
    }

    @Test
    void aPublisherThatHasPaidNothingHasNoRowsAndAnUnknownOneIsNamed() {
        ledger.stores().publisher("thrifty");
        assertThat(spend("thrifty", "?from=2026-01-01&to=2026-01-01").text())
                .isEqualTo(
                        "{\"publisher\":\"thrifty\",\"currency\":\"USD\",\"from\":\"2026-01-01\",\"to\":\"2026-01-01\",\"rows\":[],"
                                + "\"total\":{\"units\":0,\"micros\":0,\"amount\":\"0.000000\","
                                + NOTHING
                                + ",\"filtered\":[]},\"next\":null}");
        Answer unknown = spend("nobody", "");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.problem()).isEqualTo("publisher-unknown");
    }

    @Test
    void aSandboxIsLikeAnyOther() {
        bookings.settle(views(today, "test-demo", "test:c-42", "/a", 2));
        assertThat(page("test-demo", "?by=creator").at("/rows/0/creator").asString())
                .isEqualTo("test:c-42");
        bookings.filter(new Unpaid(today, "test-demo", "test:c-43", "/a", "robot", "view", 1, 1, 1_000));
        assertThat(page("test-demo", "?by=creator").at("/rows/1").toString())
                .isEqualTo(
                        "{\"creator\":\"test:c-43\",\"units\":0,\"micros\":0,\"amount\":\"0.000000\",%s,\"filtered\":[%s]}"
                                .formatted(NOTHING, lost("robot", "view", 1, 1_000)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "from=yesterday|range-invalid",
                "to=2026-02-30|range-invalid",
                "from=2026-02-02&to=2026-02-01|range-invalid",
                "from=2024-01-01&to=2025-01-01|range-invalid",
                "from=%00|range-invalid",
                "limit=0|limit-invalid",
                "limit=1001|limit-invalid",
                "limit=1%27--|limit-invalid",
                "by=|request-malformed",
                "by=DAY|request-malformed",
                "by=publisher|request-malformed",
                "by=day;DROP TABLE posting|request-malformed",
                "by=%00|request-malformed",
                "cursor=|cursor-invalid",
                "cursor=garbage|cursor-invalid",
                "by=day&cursor=Y3JlYXRvcgpjLTEK|cursor-invalid",
                "by=creator&cursor=Y3JlYXRvcgoACg|cursor-invalid",
                "by=creator&cursor=Y3JlYXRvcgpjLTEK%3D|cursor-invalid"
            })
    void whatNoParameterMeansIsNamed(String query, String code) {
        Answer answer = spend("demo", "?" + query.replace(" ", "%20"));
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.problem()).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DEMO",
                "demo ",
                "demo%",
                "' OR 1=1 --",
                "demo\n",
                "x123456789012345678901234567890123",
                "é",
                "demo|",
                "..a"
            })
    void aHostileNameIsNoPublisher(String name) {
        Answer answer = ledger.get(
                "/v1/publishers/"
                        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20") + "/spend",
                RunningLedger.reader("somebody"));
        assertThat(answer.status()).as(answer.text()).isIn(400, 404);
        assertThat(answer.problem()).isIn("publisher-unknown", "request-malformed", "not-found");
    }
}
