package dev.millrace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.ledger.RunningLedger.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A request that means something else than its sender thinks is refused, and the refusal names the value, the place and the remedy. */
class InputIT {
    private static final RunningLedger LEDGER = RunningLedger.shared();
    private static final AtomicInteger KEYS = new AtomicInteger();
    private static final String CORRECTIONS = "/v1/admin/corrections";
    private static final String PAYOUTS = "/v1/admin/payouts";

    @BeforeAll
    static void money() {
        LEDGER.stores().earn(Instant.now(), "input", "in-1", "/a", EventType.VIEW, 100);
    }

    private static Answer send(String method, String path, String body) {
        return LEDGER.send(LEDGER.request(path, RunningLedger.admin())
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "input-" + KEYS.incrementAndGet())
                .method(method, BodyPublishers.ofString(body)));
    }

    private static String article(String more) {
        return "{\"publisher\":\"input\",\"creator\":\"in-1\",\"article\":\"/a\",\"reason\":\"robots\"%s}"
                .formatted(more);
    }

    private static String bulk(String more) {
        return "{\"publisher\":\"input\",\"reason\":\"robots\"%s}".formatted(more);
    }

    private static long settled() {
        return LEDGER.get("/v1/creators/in-1/balance", RunningLedger.admin())
                .json()
                .at("/settled/micros")
                .asLong();
    }

    // ------------------------------------------------------------------------------------------ parameters

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dry-run=      | parameter-invalid | dry-run '' is not 'true' or 'false'; leave it out to book",
                "dry-run       | parameter-invalid | dry-run '' is not 'true' or 'false'; leave it out to book",
                "dry-run=TRUE  | parameter-invalid | dry-run 'TRUE' is not 'true' or 'false'; leave it out to book",
                "dry-run=1     | parameter-invalid | dry-run '1' is not 'true' or 'false'; leave it out to book",
                "dryrun=true   | parameter-unknown | there is no parameter 'dryrun' here; the parameters are dry-run",
                "dryRun=true   | parameter-unknown | there is no parameter 'dryRun' here; the parameters are dry-run",
                "dry-run=true&dry-run=false | parameter-invalid | the parameter 'dry-run' is there 2 times; send it once",
                "dry-run=true&x             | parameter-unknown | there is no parameter 'x' here; the parameters are dry-run",
            })
    void aDryRunThatIsMisspeltBooksNothing(String query, String code, String detail) {
        long before = settled();
        for (String path : new String[] {CORRECTIONS, "/v1/publishers/input/corrections"}) {
            Answer refused = send("POST", path + "?" + query, article(",\"micros\":1"));
            assertThat(refused.problem()).isEqualTo(code);
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.detail()).isEqualTo(detail);
        }
        assertThat(settled()).isEqualTo(before);
    }

    @Test
    void aDryRunIsTrueOrFalse() {
        long before = settled();
        assertThat(send("POST", CORRECTIONS + "?dry-run=true", article(",\"micros\":7"))
                        .status())
                .isEqualTo(200);
        assertThat(settled()).isEqualTo(before);
        assertThat(send("POST", CORRECTIONS + "?dry-run=false", article(",\"micros\":7"))
                        .status())
                .isEqualTo(201);
        assertThat(settled()).isEqualTo(before - 7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST   | /v1/admin/payouts?dry-run=true          | dry-run | there are none",
                "POST   | /v1/admin/payouts/1-a/paid?force        | force   | there are none",
                "POST   | /v1/admin/publishers?publisher=x        | publisher | there are none",
                "PATCH  | /v1/admin/publishers/input?state=active | state   | there are none",
                "PATCH  | /v1/admin/creators/in-1?state=held      | state   | there are none",
                "POST   | /v1/admin/rates?force=true              | force   | there are none",
                "DELETE | /v1/admin/rates/77?Reason=x             | Reason  | the parameters are reason",
                "PUT    | /v1/publishers/input/creators/c?x=1     | x       | there are none",
                "POST   | /v1/publishers/input/keys?expires=x     | expires | there are none",
            })
    void aChangeTakesNoParameterThatItDoesNotKnow(String method, String path, String name, String those) {
        Answer refused = send(method, path, "{}");
        assertThat(refused.problem()).as(refused.text()).isEqualTo("parameter-unknown");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).isEqualTo("there is no parameter '%s' here; %s", name, those);
    }

    @Test
    void aReadTakesNoNoticeOfParametersThatItDoesNotKnow() {
        assertThat(LEDGER.get("/v1/creators/in-1/balance?_=17", RunningLedger.admin())
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /v1/admin/payouts?dry-run=%zz", "GET /v1/admin/payouts?limit=%zz"})
    void aParameterThatCanNotBeDecodedIsRefused(String line) throws IOException {
        String head = line + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + RunningLedger.admin()
                + "\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        try (Socket client = new Socket(
                InetAddress.getLoopbackAddress(), URI.create(LEDGER.address()).getPort())) {
            client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 400 ")
                    .contains("\"code\":\"request-malformed\"");
        }
    }

    @Test
    void anIdempotencyKeyIsSentOnce() {
        long before = settled();
        Answer refused = LEDGER.send(LEDGER.request(CORRECTIONS, RunningLedger.admin())
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "input-a")
                .header("Idempotency-Key", "input-b")
                .POST(BodyPublishers.ofString(article(",\"micros\":1"))));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.problem()).isEqualTo("request-malformed");
        assertThat(refused.detail()).isEqualTo("Idempotency-Key is there twice; send it once");
        assertThat(settled()).isEqualTo(before);
    }

    // ------------------------------------------------------------------------------------------ fields

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                ",\"article\":\"/\\u0000\"         | article '/?' is not 1 to 128 characters without a control character",
                ",\"article\":\"\"                 | article '' is not 1 to 128 characters without a control character",
                ",\"article\":\"a\\ud800\"         | article 'a?' is not 1 to 128 characters without a control character",
                ",\"micros\":1e30                  | micros 1E+30 is not a whole number from 1 to 9223372036854775807",
                ",\"units\":0.5,\"type\":\"view\"  | units 0.5 is not a whole number from 1 to 9223372036854775807",
                ",\"micros\":1,\"type\":\"vieww\"  | type 'vieww' is none of view read scroll reaction comment search_visit",
                ",\"micros\":1,\"reference\":\"\"  | reference is empty; leave it out, or give it 1 to 500 characters",
                ",\"micros\":1,\"reason\":\"\"     | reason is empty; it takes 1 to 500 characters",
                ",\"micros\":1,\"reason\":null     | reason is missing",
                ",\"micros\":1,\"reason\":\"a\\u0000\" | reason has a control character, or half of a surrogate pair",
                ",\"micros\":1,\"reason\":\"a\\udc00\" | reason has a control character, or half of a surrogate pair",
            })
    void aCorrectionsFieldIsNamedWithWhatItTakes(String field, String detail) {
        String rest = field.contains("article") ? ",\"micros\":1" + field : field;
        String body = "{\"publisher\":\"input\",\"creator\":\"in-1\"%s%s%s}"
                .formatted(
                        field.contains("article") ? "" : ",\"article\":\"/a\"",
                        field.contains("reason") ? "" : ",\"reason\":\"robots\"",
                        rest);
        Answer refused = send("POST", CORRECTIONS, body);
        assertThat(refused.problem()).as(refused.text()).isEqualTo("correction-invalid");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).isEqualTo(detail);
    }

    @Test
    void aReasonHasFiveHundredCharactersHoweverManyUnitsTheyTake() {
        String pairs = "\ud83c\udf0a".repeat(500);
        String body =
                "{\"publisher\":\"input\",\"creator\":\"in-1\",\"article\":\"/a\",\"micros\":1,\"reason\":\"%s\"}";
        assertThat(send("POST", CORRECTIONS, body.formatted(pairs)).status()).isEqualTo(201);
        Answer refused = send("POST", CORRECTIONS, body.formatted(pairs + "x"));
        assertThat(refused.problem()).isEqualTo("correction-invalid");
        assertThat(refused.detail()).isEqualTo("reason has 501 characters; it takes at most 500");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                ",\"from\":\"2026-11-01\",\"to\":\"2026-11-02\",\"creators\":[null] | creators[0] is null; each is the id of a creator",
                ",\"from\":\"2026-11-02\",\"to\":\"2026-11-01\" | from '2026-11-02' is after to '2026-11-01'",
                ",\"from\":\"2026-11-02T00:00:00Z\",\"to\":\"2026-11-02T00:00:00Z\" | from '2026-11-02T00:00:00Z' is not before to '2026-11-02T00:00:00Z', which is not included",
                ",\"from\":\"0000-12-31\",\"to\":\"2026-11-02\" | from '0000-12-31' is not in the years 0001 to 9999",
                ",\"from\":\"2026-11-02\",\"to\":\"+10000-01-01\" | to '+10000-01-01' is not in the years 0001 to 9999",
                ",\"from\":\"-0001-01-01T00:00:00Z\",\"to\":\"2026-11-02T00:00:00Z\" | from '-0001-01-01T00:00:00Z' is not in the years 0001 to 9999",
                ",\"from\":\"2026-11-02T00:00:00Z\",\"to\":\"+1000000000-12-31T23:59:59Z\" | to '+1000000000-12-31T23:59:59Z' is not in the years 0001 to 9999",
                ",\"from\":\"+999999999-01-01\",\"to\":\"+999999999-12-31\" | from '+999999999-01-01' is not in the years 0001 to 9999",
            })
    void aBulkCorrectionsFieldIsNamedWithWhatItTakes(String fields, String detail) {
        Answer refused = send("POST", CORRECTIONS, bulk(fields));
        assertThat(refused.problem()).as(refused.text()).isEqualTo("correction-invalid");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).isEqualTo(detail);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "-0001-01 | through '-0001-01' is not a month such as 2026-10 in the years 0001 to 9999",
                "0000-01 | through '0000-01' is not a month such as 2026-10 in the years 0001 to 9999",
                "+10000-01 | through '+10000-01' is not a month such as 2026-10 in the years 0001 to 9999",
                "2026-13 | through '2026-13' is not a month such as 2026-10 in the years 0001 to 9999",
                "9999-12 | through '9999-12' has not ended yet, in UTC",
            })
    void aPayoutsMonthIsOneOfFourDigits(String through, String detail) {
        Answer refused = send("POST", PAYOUTS, "{\"through\":\"%s\",\"threshold\":1}".formatted(through));
        assertThat(refused.problem()).as(refused.text()).isEqualTo("payout-invalid");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).isEqualTo(detail);
    }

    @Test
    void theFirstMonthOfAllPaysNobody() {
        Answer run = send("POST", PAYOUTS, "{\"through\":\"0001-01\",\"threshold\":9223372036854775807}");
        assertThat(run.status()).as(run.text()).isEqualTo(201);
        assertThat(run.text()).isEqualTo("{\"payouts\":[]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\u0000", "Input", "a b", ""})
    void aRateCardsPublisherHasTheFormOfOne(String publisher) {
        Answer refused = send(
                "POST",
                "/v1/admin/rates",
                "{\"publisher\":\"%s\",\"rates\":{\"view\":{\"micros\":1000,\"cap\":1}}}".formatted(publisher));
        assertThat(refused.problem()).as(refused.text()).isEqualTo("rate-invalid");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).contains("is not of the form [a-z0-9-]{1,32}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+10000-01-01T00:00:00Z", "+999999999-12-31T23:59:59Z"})
    void aSuspensionAndAHoldEndByTheYear9999(String until) {
        String body = "\"reason\":\"x\",\"until\":\"%s\"}".formatted(until);
        Answer suspended = send("PATCH", "/v1/admin/publishers/input", "{\"state\":\"suspended\"," + body);
        assertThat(suspended.problem()).as(suspended.text()).isEqualTo("limits-invalid");
        assertThat(suspended.detail())
                .isEqualTo(
                        "until \"%s\" is not a time in the future, up to the year 9999, such as 2030-01-01T00:00:00Z",
                        until);
        Answer held = send("PATCH", "/v1/admin/creators/in-1", "{\"state\":\"held\"," + body);
        assertThat(held.problem()).as(held.text()).isEqualTo("hold-invalid");
        assertThat(held.detail()).isEqualTo("until '%s' is not in the years 0001 to 9999", until);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2099-12", "9999-12"})
    void aMonthThatHasNotBegunIsEmptyAndNotFinal(String month) {
        Answer statement = LEDGER.get("/v1/publishers/input/statements/" + month, RunningLedger.admin());
        assertThat(statement.status()).isEqualTo(200);
        assertThat(statement.json().get("final").asBoolean()).isFalse();
        assertThat(statement.json().get("rows").size()).isZero();
        assertThat(statement.json().get("opening")).isEqualTo(statement.json().get("closing"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"creator\":5}                 | the body's 'creator' is not a text",
                "{\"creator\":true}              | the body's 'creator' is not a text",
                "{\"creator\":1.5}               | the body's 'creator' is not a text",
                "{\"creator\":[\"c\"]}           | the body's 'creator' is not a text",
                "{\"creator\":\"c\",\"micros\":\"5\"} | the body's 'micros' is not a number",
                "{\"creator\":\"c\",\"micros\":true}  | the body's 'micros' is not a number",
                "{\"creators\":\"c\"}            | the body's 'creators' is unknown; it takes creator, micros, through, threshold",
                "{\"creator\":\"c\",\"creator\":\"d\"} | the body has 'creator' twice: line 1, column 25",
                "{\"creator\":\"c\"              | the body is not JSON: line 1, column 15",
                "                                | the body is missing",
                "[]                              | the body is not a JSON object",
                "\"text\"                        | the body is not a JSON object",
            })
    void aFieldOfAnotherKindIsNamedAndSoIsOneThatIsUnknown(String body, String detail) {
        Answer refused = send("POST", PAYOUTS, body == null ? "" : body);
        assertThat(refused.problem()).as(refused.text()).isEqualTo("body-malformed");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).isEqualTo(detail);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/admin/corrections | {\"creators\":[5]}                | the body's 'creators[0]' is not a text",
                "/v1/admin/corrections | {\"creators\":\"c\"}              | the body's 'creators' is not an array",
                "/v1/admin/corrections | {\"allowNegative\":\"true\"}      | the body's 'allowNegative' is not true or false",
                "/v1/admin/corrections | {\"allowNegative\":1}             | the body's 'allowNegative' is not true or false",
                "/v1/admin/rates       | {\"rates\":{\"view\":5}}          | the body's 'rates.view' is not an object",
                "/v1/admin/rates       | {\"rates\":{\"view\":{\"cap\":\"1\"}}} | the body's 'rates.view.cap' is not a number",
                "/v1/admin/rates       | {\"rates\":{\"view\":{\"price\":1}}}  | the body's 'rates.view.price' is unknown; it takes micros, cap",
                "/v1/admin/publishers  | {\"publisher\":17}                | the body's 'publisher' is not a text",
                "/v1/admin/payouts/1-a/paid | {\"reference\":20261103}     | the body's 'reference' is not a text",
            })
    void everyBodysFieldsAreTakenLiterally(String path, String body, String detail) {
        Answer refused = send("POST", path, body);
        assertThat(refused.problem()).as(refused.text()).isEqualTo("body-malformed");
        assertThat(refused.detail()).isEqualTo(detail);
    }

    /** Characters that Postgres can't keep, in every place where a caller may write one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "GET    | /v1/publishers/a%00b/spend                       | ",
                "GET    | /v1/publishers/%ED%A0%80/spend                   | ",
                "GET    | /v1/admin/publishers/%00                         | ",
                "GET    | /v1/admin/publishers/%01                         | ",
                "GET    | /v1/admin/corrections/%00                        | ",
                "GET    | /v1/admin/creators/%00                           | ",
                "GET    | /v1/admin/creators?state=%00                     | ",
                "GET    | /v1/admin/creators?state=held&cursor=AA          | ",
                "GET    | /v1/admin/payouts?state=%00                      | ",
                "GET    | /v1/admin/audit?cursor=AA                        | ",
                "GET    | /v1/changes?after=%00                            | ",
                "GET    | /v1/publishers/input/spend?from=%00              | ",
                "GET    | /v1/publishers/input/statements/%00              | ",
                "PUT    | /v1/publishers/input/creators/%00                | ",
                "DELETE | /v1/publishers/input/keys/%00                    | ",
                "DELETE | /v1/publishers/input/keys/1?reason=%00           | ",
                "DELETE | /v1/admin/rates/%00                              | ",
                "DELETE | /v1/admin/rates/1?reason=%00                     | ",
                "POST   | /v1/admin/payouts/%00/paid                       | {\"reference\":\"x\"}",
                "POST   | /v1/admin/payouts/x/paid                         | {\"reference\":\"\\u0000\"}",
                "POST   | /v1/admin/payouts/x/failed                       | {\"reason\":\"\\ud800\"}",
                "POST   | /v1/admin/payouts                                | {\"creator\":\"\\u0000\"}",
                "POST   | /v1/admin/payouts                                | {\"through\":\"\\u0000\",\"threshold\":1}",
                "POST   | /v1/admin/publishers                             | {\"publisher\":\"\\u0000\"}",
                "POST   | /v1/publishers/input/keys                        | {\"reason\":\"\\ud800\"}",
                "POST   | /v1/publishers/input/keys                        | {\"expires\":\"+999999999-12-31T23:59:59Z\"}",
                "POST   | /v1/admin/rates                                  | {\"rates\":{\"\\u0000\":{\"micros\":1,\"cap\":1}}}",
                "POST   | /v1/admin/rates                                  | {\"effectiveAt\":\"+999999999-12-31T23:59:59Z\",\"rates\":{\"view\":{\"micros\":1000,\"cap\":1}}}",
                "POST   | /v1/admin/rates                                  | {\"reason\":\"\\ud800\",\"rates\":{\"view\":{\"micros\":1000,\"cap\":1}}}",
                "PATCH  | /v1/admin/publishers/input                       | {\"reason\":\"\\ud800\"}",
                "PATCH  | /v1/admin/creators/in-1                          | {\"state\":\"active\",\"reason\":\"\\u0000\"}",
                "POST   | /v1/admin/corrections                            | {\"publisher\":\"\\u0000\",\"creator\":\"c\",\"article\":\"/\",\"micros\":1,\"reason\":\"x\"}",
            })
    void nothingThatPostgresCanNotKeepReachesIt(String method, String path, String body) {
        Answer refused = send(method, path, body == null ? "" : body);
        assertThat(refused.status()).as(refused.text()).isIn(400, 404);
        assertThat(refused.problem()).isNotEqualTo("internal");
        if (refused.problem().equals("request-malformed")) {
            assertThat(refused.detail()).doesNotContain("can't keep");
        }
    }

    // ------------------------------------------------------------------------------------------ HTTP

    @Test
    void aKindAMethodAndARepresentationAreNamedWithThoseThatAreTaken() {
        Answer kind = LEDGER.send(LEDGER.request(PAYOUTS, RunningLedger.admin())
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("{}")));
        assertThat(kind.problem()).isEqualTo("unsupported-media-type");
        assertThat(kind.detail()).isEqualTo("Content-Type 'text/plain' is not supported; send application/json");
        Answer method = send("PUT", PAYOUTS, "{}");
        assertThat(method.problem()).isEqualTo("method-not-allowed");
        assertThat(method.detail()).isEqualTo("method 'PUT' is not supported; send GET or POST");
        assertThat(method.header("Allow")).contains("GET").contains("POST");
        Answer form = LEDGER.send(LEDGER.request("/v1/admin/audit", RunningLedger.admin())
                .header("Accept", "text/html")
                .GET());
        assertThat(form.problem()).isEqualTo("not-acceptable");
        assertThat(form.detail()).isEqualTo("Accept 'text/html' can't be met; the answer is application/json");
    }

    @Test
    void theTableOfPayoutsTakesLimitAndCursorAsTheListDoes() {
        for (String query : List.of("limit=0", "limit=x", "limit=1001", "cursor=x", "state=x")) {
            Answer refused = LEDGER.send(LEDGER.request(PAYOUTS + "?" + query, RunningLedger.admin())
                    .header("Accept", "text/csv")
                    .GET());
            Answer list = LEDGER.get(PAYOUTS + "?" + query, RunningLedger.admin());
            assertThat(refused.status()).as(query).isEqualTo(400);
            assertThat(refused.text()).isEqualTo(list.text());
        }
    }

    @Test
    void aRevocationThatIsRefusedIsNotCalledOneOfMaking() {
        Answer refused = send("DELETE", "/v1/publishers/input/keys/1?reason=" + "x".repeat(501), "");
        assertThat(refused.problem()).isEqualTo("key-invalid");
        assertThat(refused.json().get("title").asString()).isEqualTo("The key can't be made or revoked so");
        assertThat(refused.detail()).isEqualTo("reason has 501 characters; it takes at most 500");
    }

    @Test
    void aPayoutThatHasEndedSaysWhenAndHow() {
        LEDGER.stores().earn(Instant.now().minus(Duration.ofDays(20)), "input", "in-2", "/a", EventType.VIEW, 5);
        String id = send("POST", PAYOUTS, "{\"creator\":\"in-2\"}")
                .json()
                .at("/payouts/0/id")
                .asString();
        String ended = send("POST", PAYOUTS + "/" + id + "/paid", "{\"reference\":\"bank-1\"}")
                .json()
                .get("endedAt")
                .asString();
        Answer again = send("POST", PAYOUTS + "/" + id + "/paid", "{\"reference\":\"bank-2\"}");
        assertThat(again.problem()).isEqualTo("payout-state");
        assertThat(again.detail())
                .isEqualTo("payout %s is paid since %s, with the reference 'bank-1'".formatted(id, ended));
        Answer failed = send("POST", PAYOUTS + "/" + id + "/failed", "{\"reason\":\"late\"}");
        assertThat(failed.detail()).isEqualTo(again.detail());
    }
}
