package dev.millrace.ledger.engagement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.Bookings.Unpaid;
import dev.millrace.ledger.Bookings.Visited;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.local.testing.Moments;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngagementIT {
    private final LocalDate today = today();

    private final RunningLedger ledger = RunningLedger.shared();

    /** A day that is not over before the test is. */
    private static LocalDate today() {
        Moments.awayFromTheEndOf(Duration.ofDays(1));
        return LocalDate.now(ZoneOffset.UTC);
    }

    private void engaged(
            LocalDate day,
            String creator,
            String publisher,
            String article,
            String type,
            int rate,
            long units,
            long micros) {
        ledger.stores()
                .owner()
                .sql("SELECT ensure_months(?, 1)")
                .param(day)
                .query()
                .singleRow();
        ledger.stores()
                .owner()
                .sql("INSERT INTO engagement VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .params(day, creator, publisher, article, type, rate, units, micros)
                .update();
    }

    @Test
    void unitsAndMicrosAreSummedByArticlePublisherAndTypeOverTheDays() {
        String c = "engaged";
        engaged(today, c, "demo", "/a", "view", 1, 2, 2_000);
        engaged(today, c, "demo", "/a", "view", 2, 1, 1_200);
        engaged(today.minusDays(29), c, "demo", "/a", "view", 1, 3, 3_000);
        engaged(today.minusDays(30), c, "demo", "/a", "view", 1, 100, 100_000);
        engaged(today, c, "other", "/a", "view", 1, 1, 1_000);
        engaged(today, c, "demo", "/b|x", "comment", 1, 40, 2_000);
        engaged(today, "another", "demo", "/a", "view", 1, 9, 9_000);
        ledger.stores().publisher("other");
        Instant now = Instant.now();
        Bookings bookings = new Bookings(ledger.stores());
        bookings.correct(
                now,
                "fraud",
                null,
                new Engaged(today, "demo", c, "/a", "view", 2, 0, 150),
                new Engaged(today.minusDays(29), "demo", c, "/a", "view", 1, 1, 1_000),
                new Engaged(today.minusDays(30), "demo", c, "/a", "view", 1, 9, 9_000),
                new Engaged(today, "demo", "another", "/a", "view", 1, 1, 1_000));
        bookings.correct(now, "fraud", null, new Engaged(today, "other", c, "/a", "view", 1, 1, 1_000));
        Answer answer = ledger.get("/v1/creators/engaged/engagement", RunningLedger.token("engaged"));
        assertThat(answer.text())
                .isEqualTo(("{\"creator\":\"engaged\",\"currency\":\"USD\",\"from\":\"%s\",\"to\":\"%s\",\"totals\":["
                                + "{\"type\":\"view\",\"units\":7,\"micros\":7200,\"amount\":\"0.007200\",\"corrected\":{\"units\":2,\"micros\":2150}},"
                                + "{\"type\":\"comment\",\"units\":40,\"micros\":2000,\"amount\":\"0.002000\",\"corrected\":{\"units\":0,\"micros\":0}}],\"articles\":["
                                + "{\"article\":\"/a\",\"publisher\":\"demo\",\"type\":\"view\",\"units\":6,\"micros\":6200,\"amount\":\"0.006200\",\"corrected\":{\"units\":1,\"micros\":1150},\"filtered\":[],\"sources\":{},\"sessions\":{\"count\":0,\"views\":0,\"readSeconds\":0}},"
                                + "{\"article\":\"/b|x\",\"publisher\":\"demo\",\"type\":\"comment\",\"units\":40,\"micros\":2000,\"amount\":\"0.002000\",\"corrected\":{\"units\":0,\"micros\":0},\"filtered\":[]},"
                                + "{\"article\":\"/a\",\"publisher\":\"other\",\"type\":\"view\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\",\"corrected\":{\"units\":1,\"micros\":1000},\"filtered\":[],\"sources\":{},\"sessions\":{\"count\":0,\"views\":0,\"readSeconds\":0}}],"
                                + "\"truncated\":false}")
                        .formatted(today.minusDays(29), today));
    }

    /** Filtered units are beside the paid ones and in no sum; views have the sources and visits of their article. */
    @Test
    void filteredUnitsSourcesAndSessionsAreBesideWhatIsPaid() {
        String c = "read";
        LocalDate yesterday = today.minusDays(1);
        LocalDate before = today.minusDays(30);
        Bookings bookings = new Bookings(ledger.stores());
        bookings.settle(
                new Engaged(today, "demo", c, "/a", "view", 1, 2, 2_000),
                new Engaged(yesterday, "demo", c, "/a", "view", 1, 3, 3_000),
                new Engaged(today, "demo", c, "/a", "read", 1, 4, 800),
                new Engaged(today, "demo", c, "/c", "scroll", 1, 1, 100));
        bookings.filter(
                new Unpaid(today, "demo", c, "/a", "robot", "view", 1, 3, 3_000),
                new Unpaid(today, "demo", c, "/a", "robot", "view", 2, 1, 1_200),
                new Unpaid(yesterday, "demo", c, "/a", "robot", "view", 1, 5, 5_000),
                new Unpaid(yesterday, "demo", c, "/a", "preview", "view", 1, 1, 1_000),
                new Unpaid(before, "demo", c, "/a", "robot", "view", 1, 99, 99_000),
                new Unpaid(today, "other", c, "/a", "self", "view", 1, 7, 7_000),
                new Unpaid(today, "demo", "another", "/a", "robot", "view", 1, 9, 9_000),
                new Unpaid(today, "demo", c, "/b", "rate", "read", 1, 2, 400));
        bookings.visit(
                new Visited(today, "demo", c, "/a", "search", 2, 1, 4, 30),
                new Visited(yesterday, "demo", c, "/a", "search", 1, 1, 0, 15),
                new Visited(today, "demo", c, "/a", "direct", 1, 0, 0, 0),
                new Visited(today, "demo", c, "/a", "internal", 0, 2, 1, 0),
                new Visited(today, "demo", c, "/a", "", 0, 5, 2, 60),
                new Visited(before, "demo", c, "/a", "search", 99, 99, 99, 99),
                new Visited(today, "demo", "another", "/a", "mail", 99, 99, 99, 99),
                new Visited(today, "demo", c, "/v", "mail", 0, 1, 0, 0));
        String none = "\"corrected\":{\"units\":0,\"micros\":0}";
        String nothing = "\"units\":0,\"micros\":0,\"amount\":\"0.000000\"," + none;
        assertThat(ledger.get("/v1/creators/read/engagement", RunningLedger.token(c))
                        .text())
                .isEqualTo(("{\"creator\":\"read\",\"currency\":\"USD\",\"from\":\"%s\",\"to\":\"%s\",\"totals\":["
                                + "{\"type\":\"view\",\"units\":5,\"micros\":5000,\"amount\":\"0.005000\",%3$s},"
                                + "{\"type\":\"read\",\"units\":4,\"micros\":800,\"amount\":\"0.000800\",%3$s},"
                                + "{\"type\":\"scroll\",\"units\":1,\"micros\":100,\"amount\":\"0.000100\",%3$s}],\"articles\":["
                                + "{\"article\":\"/a\",\"publisher\":\"demo\",\"type\":\"view\",\"units\":5,\"micros\":5000,\"amount\":\"0.005000\",%3$s,"
                                + "\"filtered\":[{\"reason\":\"preview\",\"type\":\"view\",\"units\":1,\"micros\":1000},"
                                + "{\"reason\":\"robot\",\"type\":\"view\",\"units\":9,\"micros\":9200}],"
                                + "\"sources\":{\"direct\":1,\"search\":3},\"sessions\":{\"count\":9,\"views\":7,\"readSeconds\":105}},"
                                + "{\"article\":\"/a\",\"publisher\":\"demo\",\"type\":\"read\",\"units\":4,\"micros\":800,\"amount\":\"0.000800\",%3$s,\"filtered\":[]},"
                                + "{\"article\":\"/c\",\"publisher\":\"demo\",\"type\":\"scroll\",\"units\":1,\"micros\":100,\"amount\":\"0.000100\",%3$s,\"filtered\":[]},"
                                + "{\"article\":\"/a\",\"publisher\":\"other\",\"type\":\"view\",%4$s,"
                                + "\"filtered\":[{\"reason\":\"self\",\"type\":\"view\",\"units\":7,\"micros\":7000}],"
                                + "\"sources\":{},\"sessions\":{\"count\":0,\"views\":0,\"readSeconds\":0}},"
                                + "{\"article\":\"/b\",\"publisher\":\"demo\",\"type\":\"read\",%4$s,"
                                + "\"filtered\":[{\"reason\":\"rate\",\"type\":\"read\",\"units\":2,\"micros\":400}]},"
                                + "{\"article\":\"/v\",\"publisher\":\"demo\",\"type\":\"view\",%4$s,\"filtered\":[],"
                                + "\"sources\":{},\"sessions\":{\"count\":1,\"views\":0,\"readSeconds\":0}}],"
                                + "\"truncated\":false}")
                        .formatted(today.minusDays(29), today, none, nothing));
    }

    @Test
    void articlesWithoutPaidUnitsTakeTheRoomThatOthersLeave() {
        String c = "room";
        Bookings bookings = new Bookings(ledger.stores());
        bookings.settle(
                new Engaged(today, "demo", c, "/x", "view", 1, 2, 2_000),
                new Engaged(today, "demo", c, "/y", "view", 1, 1, 1_000));
        bookings.filter(
                new Unpaid(today, "demo", c, "/x", "robot", "view", 1, 1, 1_000),
                new Unpaid(today, "demo", c, "/b", "robot", "read", 1, 1, 200),
                new Unpaid(today, "demo", c, "/a", "robot", "view", 1, 1, 1_000));
        bookings.visit(
                new Visited(today, "demo", c, "/a", "mail", 0, 1, 0, 0),
                new Visited(today, "demo", c, "/c", "mail", 0, 1, 0, 0));
        List<String> all = List.of("/x view", "/y view", "/a view", "/b read", "/c view");
        for (int limit = 1; limit <= all.size(); limit++) {
            var report = ledger.get("/v1/creators/room/engagement?limit=" + limit, RunningLedger.token(c))
                    .json();
            assertThat(report.get("articles")
                            .valueStream()
                            .map(row -> row.get("article").asString() + " "
                                    + row.get("type").asString()))
                    .containsExactlyElementsOf(all.subList(0, limit));
            assertThat(report.get("truncated").asBoolean()).isEqualTo(limit < all.size());
        }
    }

    /** Such a creator has no account. */
    @Test
    void aCreatorWhoseUnitsWereAllFilteredIsShownThem() {
        Bookings bookings = new Bookings(ledger.stores());
        for (String article : List.of("/1", "/2", "/3")) {
            bookings.filter(new Unpaid(today, "test-demo", "test:c-77", article, "robot", "view", 1, 1, 1_000));
        }
        var report = ledger.get("/v1/creators/test:c-77/engagement?limit=2", RunningLedger.token("test:c-77"))
                .json();
        assertThat(report.get("totals").isEmpty()).isTrue();
        assertThat(report.get("articles")
                        .valueStream()
                        .map(row -> row.get("article").asString() + " " + row.get("filtered")))
                .containsExactly(
                        "/1 [{\"reason\":\"robot\",\"type\":\"view\",\"units\":1,\"micros\":1000}]",
                        "/2 [{\"reason\":\"robot\",\"type\":\"view\",\"units\":1,\"micros\":1000}]");
        assertThat(report.get("truncated").asBoolean()).isTrue();
    }

    @Test
    void aNumberThatJavaScriptCantHoldIsText() {
        long most = (1L << 53) + 1;
        Bookings bookings = new Bookings(ledger.stores());
        bookings.filter(new Unpaid(today, "demo", "huge", "/a", "robot", "view", 1, most, most));
        bookings.visit(new Visited(today, "demo", "huge", "/a", "search", most, most, 1, 1));
        var row = ledger.get("/v1/creators/huge/engagement", RunningLedger.token("huge"))
                .json()
                .at("/articles/0");
        assertThat(row.get("filtered").toString())
                .isEqualTo(
                        "[{\"reason\":\"robot\",\"type\":\"view\",\"units\":\"9007199254740993\",\"micros\":\"9007199254740993\"}]");
        assertThat(row.get("sources").toString()).isEqualTo("{\"search\":\"9007199254740993\"}");
        assertThat(row.at("/sessions/count").toString()).isEqualTo("\"9007199254740993\"");
    }

    @Test
    void totalsCoverWhatTheLimitLeavesOut() {
        for (int i = 0; i < 4; i++) {
            engaged(today, "many", "demo", "/" + i, "view", 1, 1, 1_000);
        }
        var report = ledger.get("/v1/creators/many/engagement?limit=3", RunningLedger.admin())
                .json();
        assertThat(report.get("articles").size()).isEqualTo(3);
        assertThat(report.get("articles").get(0).get("article").asString()).isEqualTo("/0");
        assertThat(report.get("truncated").asBoolean()).isTrue();
        assertThat(report.get("totals").get(0).get("micros").asLong()).isEqualTo(4_000);
        var whole = ledger.get("/v1/creators/many/engagement?limit=4", RunningLedger.admin())
                .json();
        assertThat(whole.get("truncated").asBoolean()).isFalse();
    }

    @Test
    void datesAreInclusiveAndWhatIsNoRangeIs400() {
        engaged(LocalDate.parse("2026-01-31"), "dated", "demo", "/a", "view", 1, 1, 1_000);
        engaged(LocalDate.parse("2026-02-01"), "dated", "demo", "/a", "view", 1, 1, 1_000);
        var january = ledger.get("/v1/creators/dated/engagement?from=2026-01-31&to=2026-01-31", RunningLedger.admin());
        assertThat(january.json().get("totals").get(0).get("micros").asLong()).isEqualTo(1_000);
        assertThat(ledger.get("/v1/creators/dated/engagement?from=yesterday", RunningLedger.admin())
                        .problem())
                .isEqualTo("range-invalid");
        assertThat(ledger.get("/v1/creators/dated/engagement?limit=1001", RunningLedger.admin())
                        .problem())
                .isEqualTo("limit-invalid");
        assertThat(ledger.get("/v1/creators/never-seen/engagement", RunningLedger.admin())
                        .problem())
                .isEqualTo("creator-unknown");
        ledger.stores().count("pending-engaged", 5);
        assertThat(ledger.get("/v1/creators/pending-engaged/engagement", RunningLedger.admin())
                        .json()
                        .get("articles")
                        .isEmpty())
                .isTrue();
    }
}
