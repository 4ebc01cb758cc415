package dev.millrace.ledger.engagement;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.local.testing.Moments;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
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
                                + "{\"article\":\"/a\",\"publisher\":\"demo\",\"type\":\"view\",\"units\":6,\"micros\":6200,\"amount\":\"0.006200\",\"corrected\":{\"units\":1,\"micros\":1150}},"
                                + "{\"article\":\"/b|x\",\"publisher\":\"demo\",\"type\":\"comment\",\"units\":40,\"micros\":2000,\"amount\":\"0.002000\",\"corrected\":{\"units\":0,\"micros\":0}},"
                                + "{\"article\":\"/a\",\"publisher\":\"other\",\"type\":\"view\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\",\"corrected\":{\"units\":1,\"micros\":1000}}],"
                                + "\"truncated\":false}")
                        .formatted(today.minusDays(29), today));
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
