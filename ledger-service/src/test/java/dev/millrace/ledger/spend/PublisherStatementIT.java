package dev.millrace.ledger.spend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.books.PublisherStatement.Sums;
import dev.millrace.common.money.Micros;
import dev.millrace.ledger.Bookings;
import dev.millrace.ledger.Bookings.Engaged;
import dev.millrace.ledger.Bookings.Unpaid;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import java.io.IOException;
import java.io.StringReader;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class PublisherStatementIT {
    private static final String HEADER =
            "day,kind,creator,units,micros,amount,correction,reason,reference,balance,filteredUnits,filteredMicros\r\n";

    private final YearMonth now = YearMonth.now(ZoneOffset.UTC);

    /** Over for long. */
    private final YearMonth month = now.minusMonths(2);

    private final RunningLedger ledger = RunningLedger.shared();
    private final Bookings bookings = new Bookings(ledger.stores());

    private Answer statement(String publisher, Object ofMonth, String accept, String query) {
        return ledger.send(ledger.request(
                        "/v1/publishers/" + publisher + "/statements/" + ofMonth + query,
                        RunningLedger.scoped("somebody", "publisher:" + publisher))
                .header("Accept", accept)
                .GET());
    }

    private JsonNode json(String publisher, Object ofMonth, String query) {
        Answer answer = statement(publisher, ofMonth, "application/json", query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static Engaged views(LocalDate day, String publisher, String creator, long units) {
        return new Engaged(day, publisher, creator, "/a", "view", 1, units, units * 1_000);
    }

    private static Instant at(LocalDate day, String time) {
        return Instant.parse(day + "T" + time + "Z");
    }

    /** A month with something before it and after it. Returns the ids of its two corrections. */
    private List<Long> book(String publisher) {
        LocalDate first = month.atDay(1);
        LocalDate last = month.atEndOfMonth();
        bookings.settle(
                views(first.minusDays(1), publisher, "c-1", 7),
                views(first, publisher, "c-1", 2),
                views(first, publisher, "c-2", 1),
                new Engaged(first, publisher, "c-1", "/b", "comment", 1, 40, 2_000),
                views(last, publisher, "c-2", 5),
                views(last.plusDays(1), publisher, "c-1", 11));
        bookings.adopt("found again", views(last, publisher, "c-1", 3));
        bookings.filter(
                new Unpaid(first.minusDays(1), publisher, "c-1", "/a", "robot", "view", 1, 99, 99_000),
                new Unpaid(first, publisher, "c-1", "/a", "robot", "view", 1, 3, 3_000),
                new Unpaid(first, publisher, "c-1", "/b", "robot", "view", 2, 1, 1_200),
                new Unpaid(first, publisher, "c-1", "/a", "preview", "read", 1, 2, 400),
                new Unpaid(first, publisher, "c-9", "/a", "robot", "view", 1, 5, 5_000),
                new Unpaid(last, publisher, "c-1", "/a", "self", "view", 1, 1, 1_000),
                new Unpaid(last.plusDays(1), publisher, "c-1", "/a", "robot", "view", 1, 99, 99_000));
        bookings.correct(
                at(first.minusDays(1), "23:59:59.999999"),
                "before",
                null,
                views(first.minusDays(1), publisher, "c-1", 1));
        bookings.correct(at(last.plusDays(1), "00:00:00"), "after", null, views(first, publisher, "c-1", 1));
        return List.of(
                bookings.correct(
                        at(first, "00:00:00"),
                        "=HYPERLINK(\"x\"), twice",
                        "-7",
                        views(first.minusDays(1), publisher, "c-1", 2)),
                bookings.correct(
                        at(last, "23:59:59.999999"),
                        "fraud",
                        null,
                        views(first, publisher, "c-2", 1),
                        new Engaged(first, publisher, "c-1", "/b", "comment", 1, 0, 20)));
    }

    private static String lost(String reason, String type, long units, long micros) {
        return "{\"reason\":\"%s\",\"type\":\"%s\",\"units\":%d,\"micros\":%d}".formatted(reason, type, units, micros);
    }

    @Test
    void aStatementIsTheContractsToTheLetter() {
        List<Long> ids = book("monthly");
        LocalDate first = month.atDay(1);
        LocalDate last = month.atEndOfMonth();
        String text = statement("monthly", month, "application/json", "").text();
        assertThat(text.replaceAll("\"settledThrough\":\"[^\"]*\"", "\"settledThrough\":\"…\""))
                .isEqualTo(
                        ("{\"publisher\":\"monthly\",\"month\":\"%1$s\",\"currency\":\"USD\",\"final\":true,\"settledThrough\":\"…\","
                                        + "\"opening\":{\"micros\":6000,\"amount\":\"0.006000\"},\"spent\":{\"micros\":13000,\"amount\":\"0.013000\"},"
                                        + "\"corrected\":{\"micros\":3020,\"amount\":\"0.003020\"},\"closing\":{\"micros\":15980,\"amount\":\"0.015980\"},\"filtered\":[%6$s,%7$s,%8$s],"
                                        + "\"rows\":[{\"day\":\"%2$s\",\"creator\":\"c-1\",\"units\":42,\"micros\":4000,\"amount\":\"0.004000\",\"filtered\":[%6$s,%9$s]},"
                                        + "{\"day\":\"%2$s\",\"creator\":\"c-2\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\",\"filtered\":[]},"
                                        + "{\"day\":\"%2$s\",\"creator\":\"c-9\",\"units\":0,\"micros\":0,\"amount\":\"0.000000\",\"filtered\":[%10$s]},"
                                        + "{\"day\":\"%3$s\",\"creator\":\"c-1\",\"units\":3,\"micros\":3000,\"amount\":\"0.003000\",\"filtered\":[%8$s]},"
                                        + "{\"day\":\"%3$s\",\"creator\":\"c-2\",\"units\":5,\"micros\":5000,\"amount\":\"0.005000\",\"filtered\":[]}],"
                                        + "\"corrections\":[{\"id\":\"%4$d\",\"at\":\"%2$sT00:00:00Z\",\"creator\":\"c-1\",\"units\":2,\"micros\":2000,\"amount\":\"0.002000\","
                                        + "\"reason\":\"=HYPERLINK(\\\"x\\\"), twice\",\"reference\":\"-7\"},"
                                        + "{\"id\":\"%5$d\",\"at\":\"%3$sT23:59:59.999999Z\",\"creator\":\"c-1\",\"units\":0,\"micros\":20,\"amount\":\"0.000020\","
                                        + "\"reason\":\"fraud\",\"reference\":null},"
                                        + "{\"id\":\"%5$d\",\"at\":\"%3$sT23:59:59.999999Z\",\"creator\":\"c-2\",\"units\":1,\"micros\":1000,\"amount\":\"0.001000\","
                                        + "\"reason\":\"fraud\",\"reference\":null}],\"next\":null}")
                                .formatted(
                                        month,
                                        first,
                                        last,
                                        ids.get(0),
                                        ids.get(1),
                                        lost("preview", "read", 2, 400),
                                        lost("robot", "view", 9, 9_200),
                                        lost("self", "view", 1, 1_000),
                                        lost("robot", "view", 4, 4_200),
                                        lost("robot", "view", 5, 5_000)));
    }

    @Test
    void aTableHasTheSameLinesWithARunningBalance() {
        List<Long> ids = book("tabled");
        Answer answer = statement("tabled", month, "text/csv", "");
        assertThat(answer.header("Content-Type")).isEqualTo("text/csv;charset=UTF-8");
        assertThat(answer.header("Content-Disposition"))
                .isEqualTo("attachment; filename=\"tabled-%s.csv\"".formatted(month));
        assertThat(answer.text())
                .isEqualTo((HEADER
                                + "%1$s,opening,,,,,,,,0.006000,,\r\n"
                                + "%1$s,paid,c-1,42,4000,0.004000,,,,0.010000,6,4600\r\n"
                                + "%1$s,paid,c-2,1,1000,0.001000,,,,0.011000,0,0\r\n"
                                + "%1$s,paid,c-9,0,0,0.000000,,,,0.011000,5,5000\r\n"
                                + "%1$s,correction,c-1,-2,-2000,-0.002000,%3$d,\"'=HYPERLINK(\"\"x\"\"), twice\",'-7,0.009000,,\r\n"
                                + "%2$s,paid,c-1,3,3000,0.003000,,,,0.012000,1,1000\r\n"
                                + "%2$s,paid,c-2,5,5000,0.005000,,,,0.017000,0,0\r\n"
                                + "%2$s,correction,c-1,0,-20,-0.000020,%4$d,fraud,,0.016980,,\r\n"
                                + "%2$s,correction,c-2,-1,-1000,-0.001000,%4$d,fraud,,0.015980,,\r\n"
                                + "%2$s,closing,,,,,,,,0.015980,,\r\n")
                        .formatted(month.atDay(1), month.atEndOfMonth(), ids.get(0), ids.get(1)));
    }

    @Test
    void whoNamesNoFormGetsJson() {
        ledger.stores().publisher("formless");
        for (String accept : List.of("*/*", "application/json, text/csv;q=0.5", "text/csv;q=0.1, */*")) {
            assertThat(statement("formless", month, accept, "").header("Content-Type"))
                    .as(accept)
                    .isEqualTo("application/json");
        }
        for (String accept : List.of("text/csv", "text/*", "text/csv, application/json;q=0.9")) {
            assertThat(statement("formless", month, accept, "").header("Content-Type"))
                    .as(accept)
                    .isEqualTo("text/csv;charset=UTF-8");
        }
        assertThat(statement("formless", month, "application/pdf", "").problem())
                .isEqualTo("not-acceptable");
        assertThat(statement("formless", "2026-13", "text/csv", "").problem()).isEqualTo("range-invalid");
    }

    @Test
    void aMonthOpensWithWhatTheOneBeforeItClosedWith() {
        book("chained");
        long closing = 0;
        for (YearMonth each = month.minusMonths(2); !each.isAfter(now.plusMonths(1)); each = each.plusMonths(1)) {
            JsonNode statement = json("chained", each, "");
            assertThat(statement.at("/opening/micros").asLong()).as("%s", each).isEqualTo(closing);
            closing = statement.at("/closing/micros").asLong();
            assertThat(statement.get("final").asBoolean())
                    .as("%s", each)
                    .isEqualTo(BothSidesIT.isOver(each, statement));
            assertThat(closing)
                    .isEqualTo(statement.at("/opening/micros").asLong()
                            + statement.at("/spent/micros").asLong()
                            - statement.at("/corrected/micros").asLong());
        }
        assertThat(closing)
                .isEqualTo(-ledger.stores()
                        .owner()
                        .sql(
                                "SELECT micros FROM balance JOIN account USING (account_id) WHERE name = 'publisher:chained'")
                        .query(Long.class)
                        .single());
        assertThat(statement("chained", now, "text/csv", "").text()).endsWith(",provisional,,,,,,,,0.025980,,\r\n");
    }

    @Test
    void aMonthIsFinalOnceEveryPartitionIsSettledTenMinutesBeyondIt() {
        Instant end = at(month.plusMonths(1).atDay(1), "00:10:00");
        assertThat(isFinal(end)).isTrue();
        assertThat(isFinal(end.minusNanos(1_000))).isFalse();
    }

    private boolean isFinal(Instant settledThrough) {
        Sums sums = new Sums(Micros.ZERO, Micros.ZERO, Micros.ZERO, List.of(), settledThrough);
        return new StatementPage(month, sums, List.of(), true, null).isFinal();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 9})
    void pagesPutTogetherAreTheWholeStatementOnce(int limit) throws IOException {
        String publisher = "turned-" + limit;
        book(publisher);
        JsonNode whole = json(publisher, month, "");
        String table = statement(publisher, month, "text/csv", "").text();
        List<JsonNode> rows = new ArrayList<>();
        List<JsonNode> corrections = new ArrayList<>();
        StringBuilder tables = new StringBuilder(HEADER);
        String cursor = "";
        int pages = 0;
        while (true) {
            String query = "?limit=" + limit + cursor;
            JsonNode page = json(publisher, month, query);
            page.get("rows").forEach(rows::add);
            page.get("corrections").forEach(corrections::add);
            assertThat(page.get("closing")).isEqualTo(whole.get("closing"));
            Answer part = statement(publisher, month, "text/csv", query);
            assertThat(part.text()).startsWith(HEADER);
            tables.append(part.text().substring(HEADER.length()));
            pages++;
            if (page.get("next").isNull()) {
                assertThat(part.header("Link")).isEmpty();
                break;
            }
            cursor = "&cursor=" + page.get("next").asString();
            assertThat(part.header("Link"))
                    .isEqualTo("</v1/publishers/%s/statements/%s?limit=%d%s>; rel=\"next\""
                            .formatted(publisher, month, limit, cursor));
        }
        assertThat(pages).isEqualTo((8 + limit - 1) / limit);
        assertThat(rows).containsExactlyElementsOf(whole.get("rows"));
        assertThat(corrections).containsExactlyElementsOf(whole.get("corrections"));
        assertThat(tables.toString()).isEqualTo(table);
        long sum = 0;
        for (CSVRecord row : CSVFormat.RFC4180.builder().setHeader().get().parse(new StringReader(table))) {
            sum += row.get("micros").isEmpty() ? 0 : Long.parseLong(row.get("micros"));
        }
        assertThat(sum)
                .isEqualTo(whole.at("/closing/micros").asLong()
                        - whole.at("/opening/micros").asLong());
    }

    @Test
    void aMonthWithoutAnythingIsEmpty() {
        ledger.stores().publisher("idle");
        JsonNode statement = json("idle", month, "");
        assertThat(statement.get("rows").isEmpty()).isTrue();
        assertThat(statement.at("/closing/micros").asLong()).isZero();
        assertThat(statement("idle", month, "text/csv", "").text())
                .isEqualTo(HEADER
                        + "%s,opening,,,,,,,,0.000000,,\r\n%s,closing,,,,,,,,0.000000,,\r\n"
                                .formatted(month.atDay(1), month.atEndOfMonth()));
        assertThat(statement("nobody", month, "application/json", "").problem()).isEqualTo("publisher-unknown");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2026-1|''|range-invalid",
                "2026-00|''|range-invalid",
                "2026-13|''|range-invalid",
                "2026|''|range-invalid",
                "1969-12|''|range-invalid",
                "+2026-01|''|range-invalid",
                "12026-01|''|range-invalid",
                "٢٠٢٦-01|''|range-invalid",
                "2026-10-01|''|range-invalid",
                "x|''|range-invalid",
                "2026-10|limit=0|limit-invalid",
                "2026-10|limit=10001|limit-invalid",
                "2026-10|cursor=|cursor-invalid",
                "2026-10|cursor=garbage|cursor-invalid",
                "2026-10|cursor=MjAyNi0wOS0zMAowCmMtMQ|cursor-invalid",
                "2026-02|cursor=MjAyNi0wMi0zMAowCmMtMQ|cursor-invalid",
                "2026-10|cursor=MjAyNi0xMC0zMAotMQpjLTE|cursor-invalid",
                "2026-10|cursor=MjAyNi0xMC0zMAowCmMtMQo|cursor-invalid"
            })
    void whatNoMonthLimitOrCursorIsIsNamed(String ofMonth, String query, String code) {
        String month = java.net.URLEncoder.encode(ofMonth, java.nio.charset.StandardCharsets.UTF_8);
        Answer answer = statement("demo", month, "application/json", "?" + query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.problem()).isEqualTo(code);
    }

    @Test
    void monthsFarAwayAreAnswered() {
        ledger.stores().publisher("far");
        assertThat(json("far", "1970-01", "").get("final").asBoolean()).isTrue();
        assertThat(json("far", "9999-12", "").get("final").asBoolean()).isFalse();
    }
}
