package dev.millrace.ledger.money;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a correction tells: how much is left where too much is asked for, whom it took nothing from, and all of it once more later. */
class CorrectionIT {
    private static final RunningLedger LEDGER = RunningLedger.shared();
    private static final AtomicInteger KEYS = new AtomicInteger();
    private static final String CORRECTIONS = "/v1/admin/corrections";

    @BeforeAll
    static void money() {
        Instant now = Instant.now();
        LEDGER.stores().earn(now, "told", "t-1", "/a", EventType.VIEW, 10);
        LEDGER.stores().earn(now, "told", "t-1", "/a", EventType.COMMENT, 4);
        LEDGER.stores().earn(now, "told", "t-2", "/b", EventType.VIEW, 5);
        LEDGER.stores().earn(now, "told", "t-3", "/b", EventType.VIEW, 5);
    }

    private static Answer post(String path, String token, String body) {
        return LEDGER.send(LEDGER.request(path, token)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "told-" + KEYS.incrementAndGet())
                .POST(BodyPublishers.ofString(body)));
    }

    private static Answer correct(String body) {
        return post(CORRECTIONS, RunningLedger.scoped("ann", "ledger.money"), body);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "t-1 | /a    | \"units\":11,\"type\":\"view\"   | 10 units of the type view are left of what publisher told paid creator t-1 for article /a, and 11 are to be taken back; only settled money counts",
                "t-1 | /a    | \"units\":11,\"type\":\"read\"   | 0 units of the type read are left of what publisher told paid creator t-1 for article /a, and 11 are to be taken back; only settled money counts",
                "t-1 | /a    | \"micros\":10201                 | 10200 micros are left of what publisher told paid creator t-1 for article /a, and 10201 are to be taken back; only settled money counts",
                "t-1 | /a    | \"micros\":201,\"type\":\"comment\" | 200 micros of the type comment are left of what publisher told paid creator t-1 for article /a, and 201 are to be taken back; only settled money counts",
                "t-1 | /else | \"micros\":1                     | 0 micros are left of what publisher told paid creator t-1 for article /else, and 1 are to be taken back; only settled money counts",
                "t-9 | /a    | \"micros\":1                     | 0 micros are left of what publisher told paid creator t-9 for article /a, and 1 are to be taken back; only settled money counts",
            })
    void moreThanIsLeftIsToldWithBothAmounts(String creator, String article, String amount, String detail) {
        Answer refused = correct("{\"publisher\":\"told\",\"creator\":\"%s\",\"article\":\"%s\",\"reason\":\"x\",%s}"
                .formatted(creator, article, amount));
        assertThat(refused.problem()).as(refused.text()).isEqualTo("correction-exceeds-paid");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.detail()).isEqualTo(detail);
    }

    @Test
    void aRangeWithoutMoneySaysSo() {
        String days = "{\"publisher\":\"told\",\"from\":\"2020-01-01\",\"to\":\"2020-01-31\",\"reason\":\"x\"%s}";
        assertThat(correct(days.formatted("")).detail())
                .isEqualTo("nothing is left of what publisher told paid in this range; only settled money counts");
        assertThat(correct(days.formatted(",\"creators\":[\"t-1\",\"t-2\"]")).detail())
                .isEqualTo(
                        "nothing is left of what publisher told paid these 2 creators in this range; only settled money counts");
    }

    @Test
    void aBulkCorrectionNamesTheCreatorsItTookNothingFromAndIsReadAgainLater() {
        String today = Instant.now().toString().substring(0, 10);
        String yesterday =
                Instant.now().minusSeconds(86_400).toString().substring(0, 10); // the test may run at midnight
        String body =
                "{\"publisher\":\"told\",\"from\":\"%s\",\"to\":\"%s\",\"creators\":[\"t-8\",\"t-3\",\"t-2\",\"t-7\"],\"reason\":\"x\"}"
                        .formatted(yesterday, today);
        String lines = "\"lines\":[{\"creator\":\"t-2\",\"article\":\"/b\",\"micros\":5000,\"amount\":\"0.005000\"},"
                + "{\"creator\":\"t-3\",\"article\":\"/b\",\"micros\":5000,\"amount\":\"0.005000\"}],"
                + "\"micros\":10000,\"amount\":\"0.010000\"";
        String without = ",\"without\":[\"t-8\",\"t-7\"]";
        Answer dry = post(CORRECTIONS + "?dry-run=true", RunningLedger.admin(), body);
        assertThat(dry.text()).isEqualTo("{\"id\":null,\"journal\":null,%s,\"at\":null%s}".formatted(lines, without));

        Answer booked = correct(body);
        assertThat(booked.status()).as(booked.text()).isEqualTo(201);
        String id = booked.json().get("id").asString();
        String head = "{\"id\":\"%s\",\"journal\":\"%s\",%s,\"at\":\"%s\""
                .formatted(
                        id,
                        booked.json().get("journal").asString(),
                        lines,
                        booked.json().get("at").asString());
        assertThat(booked.text()).isEqualTo(head + without + "}");

        Answer read = LEDGER.get(CORRECTIONS + "/" + id, RunningLedger.reader("eve"));
        assertThat(read.status()).isEqualTo(200);
        assertThat(read.text()).isEqualTo(head + "}");
        String own = RunningLedger.scoped("p", "publisher:told");
        assertThat(LEDGER.get("/v1/publishers/told/corrections/" + id, own).text())
                .isEqualTo(read.text());
        LEDGER.stores().publisher("untold");
        String other = RunningLedger.scoped("p", "publisher:untold");
        Answer hidden = LEDGER.get("/v1/publishers/untold/corrections/" + id, other);
        assertThat(hidden.problem()).isEqualTo("correction-unknown");
        assertThat(hidden.status()).isEqualTo(404);
        assertThat(hidden.detail()).isEqualTo("there is no correction '%s' of publisher 'untold'".formatted(id));
        assertThat(LEDGER.get("/v1/publishers/nobody/corrections/" + id, RunningLedger.admin())
                        .problem())
                .isEqualTo("publisher-unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "01", "-1", "x", "999999999999999999", "9999999999999999999", "%20"})
    void aCorrectionThatIsNotThereIsUnknown(String id) {
        Answer answer = LEDGER.get(CORRECTIONS + "/" + id, RunningLedger.admin());
        assertThat(answer.problem()).as(id).isEqualTo("correction-unknown");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.detail()).isEqualTo("there is no correction '%s'".formatted(id.replace("%20", " ")));
    }

    // ------------------------------------------------------------------------------------------ held creators

    private static Answer hold(String creator, String body) {
        return LEDGER.send(LEDGER.request("/v1/admin/creators/" + creator, RunningLedger.admin())
                .header("Content-Type", "application/json")
                .method("PATCH", BodyPublishers.ofString(body)));
    }

    @Test
    void heldCreatorsAreListedPageByPage() {
        String held = "{\"state\":\"held\",\"reason\":\"r\",\"until\":\"2099-01-01T00:00:00Z\"}";
        for (String creator : List.of("A-held-2", "A-held-1", "A-held-3", "A-held-4")) {
            assertThat(hold(creator, held).status()).isEqualTo(200);
        }
        hold("A-held-3", "{\"state\":\"active\"}");
        LEDGER.stores()
                .owner()
                .sql("UPDATE creator_state SET until = now() WHERE creator = 'A-held-4'")
                .update();
        String token = RunningLedger.scoped("ann", "ledger.money");
        String path = "/v1/admin/creators?state=held";
        Answer first = LEDGER.get(path + "&limit=1", token);
        assertThat(first.status()).as(first.text()).isEqualTo(200);
        String one =
                "{\"creator\":\"A-held-%d\",\"state\":\"held\",\"reason\":\"r\",\"until\":\"2099-01-01T00:00:00Z\"}";
        String next = first.json().get("next").asString();
        assertThat(first.text()).isEqualTo("{\"creators\":[%s],\"next\":\"%s\"}".formatted(one.formatted(1), next));
        Answer second = LEDGER.get(path + "&limit=1&cursor=" + next, token);
        assertThat(second.json().get("creators").toString()).isEqualTo("[%s]".formatted(one.formatted(2)));
        assertThat(LEDGER.get(path, token).text()).doesNotContain("A-held-3").doesNotContain("A-held-4");

        assertThat(LEDGER.get(path + "&limit=1001", token).problem()).isEqualTo("limit-invalid");
        assertThat(LEDGER.get(path + "&cursor=x", token).problem()).isEqualTo("cursor-invalid");
        for (String query : List.of("", "?state=", "?state=active")) {
            Answer refused = LEDGER.get("/v1/admin/creators" + query, token);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.problem()).isEqualTo("hold-invalid");
        }
    }
}
