package dev.millrace.ledger.money;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EventType;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import java.net.http.HttpRequest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import tools.jackson.databind.JsonNode;

/** Corrections, payouts and holds, with exact sums. Money is available a week after its credit. */
class MoneyIT {
    private static final String CORRECTIONS = "/v1/admin/corrections";
    private static final String PAYOUTS = "/v1/admin/payouts";
    /** Of the whole class, so that days and ages are the same in each test. */
    private static Instant now = Instant.EPOCH;

    private static Instant old = Instant.EPOCH;
    private static final AtomicInteger KEYS = new AtomicInteger();

    private static Stores stores;
    private static RunningLedger ledger;

    @BeforeAll
    static void start() {
        now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        old = now.minus(Duration.ofDays(20));
        stores = Stores.fresh(7);
        stores.openCounters();
        ledger = RunningLedger.start(stores, Map.of("MILLRACE_PAYOUT_TWO_PEOPLE", "true"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
        stores.close();
    }

    private static String operator() {
        return RunningLedger.scoped("ann", "ledger.money");
    }

    private static Answer post(String path, String token, String key, String body) {
        return ledger.send(ledger.request(path, token)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private static Answer post(String path, String body) {
        return post(path, operator(), "key-" + KEYS.incrementAndGet(), body);
    }

    private static Answer patch(String creator, String body) {
        return ledger.send(ledger.request("/v1/admin/creators/" + creator, operator())
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Settled, available, held and on its way, in micros. */
    private static List<Long> balance(String creator) {
        JsonNode balance = ledger.get("/v1/creators/" + creator + "/balance", RunningLedger.token(creator))
                .json();
        return List.of("settled", "available", "held", "underWay").stream()
                .map(part -> balance.get(part).get("micros").asLong())
                .toList();
    }

    /** Σ of the creator's entries. */
    private static long entries(String creator) {
        long sum = 0;
        for (JsonNode entry : ledger.get("/v1/creators/" + creator + "/entries?limit=200", RunningLedger.token(creator))
                .json()
                .get("entries")) {
            sum += entry.get("micros").asLong();
        }
        return sum;
    }

    private static long account(String name) {
        return stores.owner()
                .sql("SELECT coalesce((SELECT micros FROM balance JOIN account USING (account_id) WHERE name = ?), 0)")
                .param(name)
                .query(Long.class)
                .single();
    }

    private static String correction(String creator, String publisher, String article, String rest) {
        return "{\"creator\":\"%s\",\"publisher\":\"%s\",\"article\":\"%s\",\"reason\":\"robots\",%s}"
                .formatted(creator, publisher, article, rest);
    }

    private static String bulk(String publisher, String from, String to, String more) {
        return "{\"publisher\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"reason\":\"leaked key\"%s}"
                .formatted(publisher, from, to, more);
    }

    private static LocalDate day(Instant at) {
        return at.atOffset(ZoneOffset.UTC).toLocalDate();
    }

    // ------------------------------------------------------------------------------------------ corrections

    @Test
    void unitsOfAnArticleGoBackToThePublisherThatPaidThem() {
        stores.earn(now, "demo", "u-1", "/a", EventType.VIEW, 10);
        stores.earn(now.plusMillis(1), "acme", "u-1", "/a", EventType.VIEW, 4);
        long owed = account("publisher:demo");

        Answer dry = ledger.post(
                CORRECTIONS + "?dry-run=true",
                operator(),
                correction("u-1", "demo", "/a", "\"type\":\"view\",\"units\":3"));
        assertThat(dry.text())
                .isEqualTo(
                        "{\"id\":null,\"journal\":null,\"lines\":[{\"creator\":\"u-1\",\"article\":\"/a\",\"micros\":3000,\"amount\":\"0.003000\"}],\"micros\":3000,\"amount\":\"0.003000\",\"at\":null}");
        assertThat(dry.status()).isEqualTo(200);
        assertThat(balance("u-1")).containsExactly(14_000L, 0L, 0L, 0L);

        Answer booked = post(CORRECTIONS, correction("u-1", "demo", "/a", "\"type\":\"view\",\"units\":3"));
        assertThat(booked.status()).as(booked.text()).isEqualTo(201);
        assertThat(booked.json().get("micros").asLong()).isEqualTo(3_000);
        assertThat(balance("u-1")).containsExactly(11_000L, 0L, 0L, 0L);
        assertThat(entries("u-1")).isEqualTo(11_000);
        assertThat(account("publisher:demo")).isEqualTo(owed + 3_000);
        assertThat(stores.owner()
                        .sql("SELECT view FROM article_score WHERE publisher = 'demo' AND creator = 'u-1'")
                        .query(Long.class)
                        .single())
                .isEqualTo(7);

        String today = day(now).toString();
        String range = "?from=%s&to=%s".formatted(today, today);
        JsonNode spend = ledger.get(
                        "/v1/publishers/demo/spend" + range + "&by=creator",
                        RunningLedger.scoped("p", "publisher:demo"))
                .json();
        assertThat(spend.get("rows")
                        .valueStream()
                        .filter(row -> row.get("creator").asString().equals("u-1"))
                        .map(row -> row.get("units") + " " + row.get("micros") + " " + row.get("corrected")))
                .containsExactly("10 10000 {\"units\":3,\"micros\":3000}");
        JsonNode engagement = ledger.get("/v1/creators/u-1/engagement" + range, RunningLedger.token("u-1"))
                .json();
        assertThat(engagement.findValues("corrected").stream()
                        .map(JsonNode::toString)
                        .distinct())
                .contains("{\"units\":3,\"micros\":3000}");

        Answer more = post(CORRECTIONS, correction("u-1", "demo", "/a", "\"type\":\"view\",\"units\":8"));
        assertThat(more.problem()).isEqualTo("correction-exceeds-paid");
        assertThat(more.status()).isEqualTo(409);
        assertThat(more.detail()).contains("7 units");
        assertThat(post(CORRECTIONS, correction("u-1", "demo", "/a", "\"micros\":7001"))
                        .problem())
                .isEqualTo("correction-exceeds-paid");
        assertThat(post(CORRECTIONS, correction("u-1", "demo", "/a", "\"micros\":6500"))
                        .status())
                .isEqualTo(201);
        assertThat(post(CORRECTIONS, correction("u-1", "demo", "/a", "\"micros\":501"))
                        .problem())
                .isEqualTo("correction-exceeds-paid");
        assertThat(balance("u-1")).containsExactly(4_500L, 0L, 0L, 0L);
        assertThat(entries("u-1")).isEqualTo(4_500);
    }

    @Test
    void aRepetitionAfterALostAnswerBooksNothingAndGetsTheSameAnswer() {
        stores.earn(now, "demo", "i-1", "/a", EventType.VIEW, 10);
        String body = correction("i-1", "demo", "/a", "\"micros\":1000,\"reference\":\"t-1\"");
        assertThat(ledger.post(CORRECTIONS, operator(), body).problem()).isEqualTo("idempotency-key-missing");
        Answer first = post(CORRECTIONS, operator(), "lost-answer", body);
        Answer again = post(CORRECTIONS, operator(), "lost-answer", body);
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.text()).isEqualTo(first.text());
        assertThat(balance("i-1")).containsExactly(9_000L, 0L, 0L, 0L);
        Answer other = post(CORRECTIONS, operator(), "lost-answer", body.replace("1000", "1001"));
        assertThat(other.problem()).isEqualTo("idempotency-conflict");
        assertThat(other.status()).isEqualTo(409);
        // The publisher's own keys are its own.
        Answer own = post(
                "/v1/publishers/demo/corrections", RunningLedger.scoped("p", "publisher:demo"), "lost-answer", body);
        assertThat(own.status()).isEqualTo(201);
        assertThat(balance("i-1")).containsExactly(8_000L, 0L, 0L, 0L);
    }

    @Test
    void aPublisherTakesBackOnlyWhatIsNotAvailableYetAndAnOperatorMore() {
        stores.earn(old, "demo", "l-1", "/old", EventType.VIEW, 10);
        stores.earn(now.minus(Duration.ofDays(2)), "demo", "l-1", "/new", EventType.VIEW, 5);
        stores.earn(now.minus(Duration.ofDays(1)), "acme", "l-1", "/new", EventType.VIEW, 7);
        assertThat(balance("l-1")).containsExactly(22_000L, 10_000L, 0L, 0L);
        String own = "/v1/publishers/demo/corrections";
        String token = RunningLedger.scoped("p", "publisher:demo");

        Answer late = post(own, token, "l-1", correction("l-1", "demo", "/old", "\"micros\":5001"));
        assertThat(late.problem()).isEqualTo("correction-too-late");
        assertThat(late.status()).isEqualTo(409);
        assertThat(post(own, token, "l-2", correction("l-1", "demo", "/new", "\"micros\":5000"))
                        .status())
                .isEqualTo(201);
        // What was not available yet is taken; what was available stays so, and so does what another publisher
        // credited.
        assertThat(balance("l-1")).containsExactly(17_000L, 10_000L, 0L, 0L);
        assertThat(post(own, token, "l-3", correction("l-1", "demo", "/old", "\"micros\":1"))
                        .problem())
                .isEqualTo("correction-too-late");
        assertThat(post(own, token, "l-4", correction("l-1", "acme", "/new", "\"micros\":1"))
                        .problem())
                .isEqualTo("correction-invalid");
        assertThat(post(own, token, "l-5", correction("l-1", "demo", "/old", "\"micros\":1,\"allowNegative\":true"))
                        .status())
                .isEqualTo(403);
        assertThat(post(
                                "/v1/publishers/acme/corrections",
                                token,
                                "l-6",
                                correction("l-1", "acme", "/new", "\"micros\":1"))
                        .status())
                .isEqualTo(403);

        assertThat(post(CORRECTIONS, correction("l-1", "demo", "/old", "\"micros\":4000"))
                        .status())
                .isEqualTo(201);
        assertThat(balance("l-1")).containsExactly(13_000L, 6_000L, 0L, 0L);
        assertThat(post(CORRECTIONS, correction("l-1", "acme", "/new", "\"micros\":2000"))
                        .status())
                .isEqualTo(201);
        assertThat(balance("l-1")).containsExactly(11_000L, 6_000L, 0L, 0L);
    }

    @Test
    void aLeakedKeyIsCorrectedInBulkByDaysByTimeAndByCreators() {
        Instant theft = day(now.minus(Duration.ofDays(3))).atTime(14, 0).toInstant(ZoneOffset.UTC);
        stores.earn(theft.minusSeconds(3_600), "leaky", "b-1", "/a", EventType.VIEW, 10);
        stores.earn(theft, "leaky", "b-1", "/a", EventType.VIEW, 100);
        stores.earn(theft.plusSeconds(60), "leaky", "b-2", "/b", EventType.COMMENT, 30);
        stores.earn(theft.plusSeconds(120), "leaky", "b-1", "/c", EventType.VIEW, 20);
        stores.earn(theft.plusSeconds(7_200), "leaky", "b-2", "/b", EventType.VIEW, 2);
        stores.earn(theft.plusSeconds(86_400), "leaky", "b-1", "/a", EventType.VIEW, 1);
        String from = theft.toString();
        String to = theft.plusSeconds(3_600).toString();

        Answer dry = ledger.post(CORRECTIONS + "?dry-run=true", operator(), bulk("leaky", from, to, ""));
        assertThat(dry.json().get("micros").asLong()).isEqualTo(121_500);
        assertThat(dry.json().get("lines").size()).isEqualTo(3);
        Answer one = post(CORRECTIONS, bulk("leaky", from, to, ",\"creators\":[\"b-2\"]"));
        assertThat(one.json().get("micros").asLong()).isEqualTo(1_500);
        Answer rest = post(CORRECTIONS, bulk("leaky", from, to, ""));
        assertThat(rest.json().get("micros").asLong()).isEqualTo(120_000);
        assertThat(post(CORRECTIONS, bulk("leaky", from, to, "")).problem()).isEqualTo("correction-exceeds-paid");
        assertThat(balance("b-1")).containsExactly(11_000L, 0L, 0L, 0L);
        assertThat(balance("b-2")).containsExactly(2_000L, 0L, 0L, 0L);

        String token = RunningLedger.scoped("p", "publisher:leaky");
        Answer days = post(
                "/v1/publishers/leaky/corrections",
                token,
                "b-1",
                bulk("leaky", day(theft).toString(), day(theft).toString(), ""));
        assertThat(days.json().get("micros").asLong()).isEqualTo(12_000);
        assertThat(balance("b-1")).containsExactly(1_000L, 0L, 0L, 0L);
        assertThat(balance("b-2")).containsExactly(0L, 0L, 0L, 0L);
        assertThat(account("publisher:leaky")).isEqualTo(-1_000);
        assertThat(ledger.get("/v1/publishers/leaky/corrections", token)
                        .json()
                        .get("corrections")
                        .size())
                .isEqualTo(3);
        assertThat(stores.owner()
                        .sql("SELECT corrected FROM publisher WHERE publisher = 'leaky'")
                        .query(Long.class)
                        .single())
                .isEqualTo(133_500);
    }

    /** What is sealed in a day's last seconds is booked in the first ones of the next. */
    @Test
    void aRangeOfTimeThatBeginsAtMidnightHasTheCreditsOfThatTime() {
        LocalDate today = day(now.minus(Duration.ofDays(2)));
        Instant midnight = today.atStartOfDay().toInstant(ZoneOffset.UTC);
        stores.earn(midnight.plusSeconds(6), today.minusDays(1), "night", "m-1", "/late", EventType.VIEW, 70);
        stores.earn(midnight.plusSeconds(8), "night", "m-1", "/early", EventType.VIEW, 20);
        Answer taken = post(
                CORRECTIONS,
                bulk("night", midnight.toString(), midnight.plusSeconds(60).toString(), ""));
        assertThat(taken.json().get("micros").asLong()).as(taken.text()).isEqualTo(90_000);
        assertThat(balance("m-1")).containsExactly(0L, 0L, 0L, 0L);
    }

    @Test
    void noBalanceFallsBelowZeroWithoutAnOperatorsWord() {
        stores.earn(old, "demo", "n-1", "/a", EventType.VIEW, 10);
        String id = payout("n-1", ",\"micros\":8000");
        assertThat(balance("n-1")).containsExactly(10_000L, 2_000L, 0L, 8_000L);
        Answer refused = post(CORRECTIONS, correction("n-1", "demo", "/a", "\"micros\":2001"));
        assertThat(refused.problem()).isEqualTo("correction-below-zero");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(post(CORRECTIONS, correction("n-1", "demo", "/a", "\"micros\":2001,\"allowNegative\":true"))
                        .status())
                .isEqualTo(201);
        assertThat(balance("n-1")).containsExactly(7_999L, 0L, 0L, 8_000L);
        paid(id, "bob", "bank-1");
        assertThat(balance("n-1")).containsExactly(-1L, 0L, 0L, 0L);
        assertThat(entries("n-1")).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"units\":1,\"micros\":1,\"type\":\"view\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"units\":1,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"units\":1,\"type\":\"like\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":0.5,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":0,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":-5,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":9223372036854775808,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":5}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":5,\"reason\":\" \"}",
                "{\"publisher\":\"demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":5,\"reason\":\"a\\nb\"}",
                "{\"publisher\":\"Demo\",\"creator\":\"c\",\"article\":\"/\",\"micros\":5,\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"2026-11-01\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"2026-11-02\",\"to\":\"2026-11-01\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"2026-11-01\",\"to\":\"2026-11-02T00:00:00Z\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"yesterday\",\"to\":\"today\",\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"2026-11-01\",\"to\":\"2026-11-02\",\"creators\":[],\"reason\":\"x\"}",
                "{\"publisher\":\"demo\",\"from\":\"2026-11-01\",\"to\":\"2026-11-02\",\"micros\":5,\"reason\":\"x\"}"
            })
    void aCorrectionThatCannotBeReadNamesWhatIsWrong(String body) {
        Answer answer = post(CORRECTIONS, body);
        assertThat(answer.problem()).as("%s: %s", body, answer.text()).isEqualTo("correction-invalid");
        assertThat(answer.status()).isEqualTo(400);
    }

    @Test
    void aCorrectionOfNobodysMoneyIsRefused() {
        assertThat(post(CORRECTIONS, correction("c", "ghost", "/", "\"micros\":5"))
                        .problem())
                .isEqualTo("publisher-unknown");
        assertThat(post(CORRECTIONS, correction("nobody-1", "demo", "/", "\"micros\":5"))
                        .problem())
                .isEqualTo("correction-exceeds-paid");
        assertThat(post(CORRECTIONS, correction("c d", "demo", "/", "\"micros\":5"))
                        .problem())
                .isEqualTo("creator-invalid");
    }

    // ------------------------------------------------------------------------------------------ payouts

    private static String payout(String creator, String more) {
        Answer answer = post(PAYOUTS, "{\"creator\":\"%s\"%s}".formatted(creator, more));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer.json().get("payouts").get(0).get("id").asString();
    }

    private static Answer end(String id, String how, String subject, String body) {
        return ledger.post(PAYOUTS + "/" + id + "/" + how, RunningLedger.scoped(subject, "ledger.money"), body);
    }

    private static void paid(String id, String subject, String reference) {
        Answer answer = end(id, "paid", subject, "{\"reference\":\"%s\"}".formatted(reference));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().get("state").asString()).isEqualTo("paid");
    }

    @Test
    void aPayoutIsRequestedThenPaidByAnotherPerson() {
        stores.earn(old, "demo", "p-1", "/a", EventType.VIEW, 10);
        stores.earn(now, "demo", "p-1", "/a", EventType.VIEW, 3);
        assertThat(balance("p-1")).containsExactly(13_000L, 10_000L, 0L, 0L);
        Answer tooMuch = post(PAYOUTS, "{\"creator\":\"p-1\",\"micros\":10001}");
        assertThat(tooMuch.problem()).isEqualTo("payout-exceeds-available");
        assertThat(tooMuch.status()).isEqualTo(409);
        assertThat(tooMuch.detail()).contains("10000 micros available");

        String id = payout("p-1", ",\"micros\":4000");
        assertThat(balance("p-1")).containsExactly(13_000L, 6_000L, 0L, 4_000L);
        assertThat(entries("p-1")).isEqualTo(13_000);
        assertThat(end(id, "paid", "ann", "{\"reference\":\"bank-7\"}").status())
                .isEqualTo(403);
        assertThat(end(id, "paid", "bob", "{}").problem()).isEqualTo("payout-invalid");
        long before = account("payout");
        paid(id, "bob", "bank-7");
        paid(id, "bob", "bank-7"); // a repetition
        assertThat(account("payout")).isEqualTo(before + 4_000);
        assertThat(balance("p-1")).containsExactly(9_000L, 6_000L, 0L, 0L);
        assertThat(entries("p-1")).isEqualTo(9_000);
        assertThat(end(id, "paid", "bob", "{\"reference\":\"bank-8\"}").problem())
                .isEqualTo("payout-state");
        assertThat(end(id, "failed", "bob", "{\"reason\":\"no\"}").problem()).isEqualTo("payout-state");
        assertThat(end("999999-00000000", "paid", "bob", "{\"reference\":\"x\"}")
                        .problem())
                .isEqualTo("payout-unknown");
        assertThat(end("abc", "paid", "bob", "{\"reference\":\"x\"}").problem()).isEqualTo("payout-unknown");

        String all = payout("p-1", "");
        assertThat(balance("p-1")).containsExactly(9_000L, 0L, 0L, 6_000L);
        assertThat(end(all, "failed", "ann", "{\"reason\":\"the account is closed\"}")
                        .status())
                .isEqualTo(200);
        assertThat(balance("p-1")).containsExactly(9_000L, 6_000L, 0L, 0L);
        JsonNode own = ledger.get("/v1/creators/p-1/payouts", RunningLedger.token("p-1"))
                .json()
                .get("payouts");
        assertThat(own.get(0).get("state").asString()).isEqualTo("failed");
        assertThat(own.get(0).get("reason").asString()).isEqualTo("the account is closed");
        assertThat(own.get(1).get("reference").asString()).isEqualTo("bank-7");
        assertThat(account("underway:p-1")).isZero();
    }

    @Test
    void aPayoutTakesAKeyAndTheSameOneForTheSameRequestAlone() {
        stores.earn(old, "demo", "k-1", "/a", EventType.VIEW, 10);
        String body = "{\"creator\":\"k-1\",\"micros\":4000}";
        assertThat(ledger.post(PAYOUTS, operator(), body).problem()).isEqualTo("idempotency-key-missing");
        for (String unfit : List.of(" ", "k".repeat(256))) {
            assertThat(post(PAYOUTS, operator(), unfit, body).problem()).isEqualTo("idempotency-key-missing");
        }
        Answer first = post(PAYOUTS, operator(), "payout-1", body);
        assertThat(post(PAYOUTS, operator(), "payout-1", body).text()).isEqualTo(first.text());
        Answer other = post(PAYOUTS, operator(), "payout-1", body.replace("4000", "4001"));
        assertThat(other.problem()).isEqualTo("idempotency-conflict");
        assertThat(other.status()).isEqualTo(409);
        assertThat(balance("k-1")).containsExactly(10_000L, 6_000L, 0L, 4_000L);
    }

    /** A repetition that is sent before the first answer waits for the same lock, and is answered by what the first one did. */
    @Test
    void aConfirmationSentTwiceAtOnceIsAnsweredTwice() throws Exception {
        stores.earn(old, "demo", "k-2", "/a", EventType.VIEW, 10);
        String id = payout("k-2", "");
        List<CompletableFuture<Answer>> twice = new ArrayList<>();
        try (Connection other = connection();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT FROM chain_head FOR UPDATE");
            for (int i = 0; i < 2; i++) {
                twice.add(CompletableFuture.supplyAsync(() -> end(id, "paid", "bob", "{\"reference\":\"bank-k\"}")));
            }
            Awaitility.await().untilAsserted(() -> assertThat(waitingForALock()).isEqualTo(2));
            other.rollback();
        }
        for (CompletableFuture<Answer> answer : twice) {
            assertThat(answer.get().status()).as(answer.get().text()).isEqualTo(200);
        }
        assertThat(twice.getFirst().get().text())
                .isEqualTo(twice.getLast().get().text());
        assertThat(balance("k-2")).containsExactly(0L, 0L, 0L, 0L);
    }

    @Test
    void moneyIsAvailableAWeekAfterItsCreditToTheMinute() {
        stores.earn(now.minus(Duration.ofDays(7)).minusSeconds(1), "demo", "w-1", "/a", EventType.VIEW, 10);
        stores.earn(now.minus(Duration.ofDays(7)).plusSeconds(900), "demo", "w-1", "/a", EventType.VIEW, 3);
        assertThat(balance("w-1")).containsExactly(13_000L, 10_000L, 0L, 0L);
        String publisher = RunningLedger.scoped("p", "publisher:demo");
        String path = "/v1/publishers/demo/corrections";
        assertThat(post(path, publisher, "w-1", correction("w-1", "demo", "/a", "\"micros\":3001"))
                        .problem())
                .isEqualTo("correction-too-late");
        assertThat(post(path, publisher, "w-2", correction("w-1", "demo", "/a", "\"micros\":3000"))
                        .status())
                .isEqualTo(201);
    }

    @Test
    void aRunPaysAllThatHaveEnoughAsOfTheMonthsEnd() {
        YearMonth month = YearMonth.from(now.atOffset(ZoneOffset.UTC)).minusMonths(1);
        Instant within = month.atDay(15).atStartOfDay().toInstant(ZoneOffset.UTC);
        stores.earn(within, "run", "r-1", "/a", EventType.VIEW, 900);
        stores.earn(within.plusSeconds(1), "run", "r-2", "/a", EventType.VIEW, 899);
        stores.earn(within.plusSeconds(2), "run", "r-3", "/a", EventType.VIEW, 1_000);
        stores.earn(within.plusSeconds(3), "run", "r-4", "/a", EventType.VIEW, 2_000);
        stores.earn(within.plusSeconds(4), "test-run", "test:r-5", "/a", EventType.VIEW, 2_000);
        stores.earn(within.plusSeconds(5), "run", "r-6", "/a", EventType.VIEW, 1_500);
        stores.earn(
                month.plusMonths(1).atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC),
                "run",
                "r-6",
                "/a",
                EventType.VIEW,
                70);
        assertThat(patch("r-4", "{\"state\":\"held\",\"reason\":\"under review\",\"until\":\"2099-01-01T00:00:00Z\"}")
                        .status())
                .isEqualTo(200);
        assertThat(post(CORRECTIONS, correction("r-6", "run", "/a", "\"type\":\"view\",\"units\":170"))
                        .status())
                .isEqualTo(201);
        String body = "{\"through\":\"%s\",\"threshold\":900000}".formatted(month);
        Answer run = post(PAYOUTS, operator(), "the-run", body);
        assertThat(run.status()).as(run.text()).isEqualTo(201);
        List<String> made = new ArrayList<>();
        run.json()
                .get("payouts")
                .forEach(one -> made.add(
                        one.get("creator").asString() + " " + one.get("micros").asLong()));
        made.removeIf(one -> !one.startsWith("r-"));
        assertThat(made).containsExactly("r-1 900000", "r-3 1000000", "r-6 1400000");
        assertThat(post(PAYOUTS, operator(), "the-run", body).text()).isEqualTo(run.text());
        assertThat(post(PAYOUTS, operator(), "another-run", body)
                        .json()
                        .get("payouts")
                        .size())
                .isZero();
        assertThat(post(PAYOUTS, "{\"through\":\"%s\",\"threshold\":1}".formatted(month.plusMonths(1)))
                        .problem())
                .isEqualTo("payout-invalid");

        Answer table = ledger.send(ledger.request(PAYOUTS + "?state=requested", operator())
                .header("Accept", "text/csv")
                .GET());
        assertThat(table.header("Content-Type")).isEqualTo("text/csv;charset=UTF-8");
        assertThat(table.text().lines().filter(line -> line.contains(",r-1,")).toList())
                .singleElement()
                .asString()
                .matches("[0-9]+-[0-9a-f]{8},r-1,900000,0.900000,USD,requested,false,20[^,]*Z,ann,,,,");

        // A payout of the sandbox goes nowhere.
        long before = account("payout");
        paid(payout("test:r-5", ""), "bob", "none");
        assertThat(account("payout")).isEqualTo(before);
        assertThat(ledger.send(ledger.request(PAYOUTS, operator())
                                .header("Accept", "text/csv")
                                .GET())
                        .text())
                .doesNotContain("test:");
        assertThat(account("test:payout")).isEqualTo(2_000_000);
        assertThat(account("test:underway")).isZero();
    }

    @Test
    void aHeldCreatorsMoneyWaitsAndIsReleasedWithoutLoss() {
        for (String publisher : List.of("demo", "acme", "third")) {
            stores.earn(old, publisher, "h-1", "/a", EventType.VIEW, 10);
        }
        String id = payout("h-1", ",\"micros\":5000");
        assertThat(patch("h-1", "{\"state\":\"held\",\"reason\":\"clicks\"}").problem())
                .isEqualTo("hold-invalid");
        assertThat(patch("h-1", "{\"state\":\"held\",\"until\":\"2099-01-01T00:00:00Z\"}")
                        .problem())
                .isEqualTo("hold-invalid");
        assertThat(patch("h-1", "{\"state\":\"held\",\"reason\":\"x\",\"until\":\"2020-01-01T00:00:00Z\"}")
                        .problem())
                .isEqualTo("hold-invalid");
        assertThat(patch("h-1", "{\"state\":\"gone\"}").problem()).isEqualTo("hold-invalid");
        Answer held = patch("h-1", "{\"state\":\"held\",\"reason\":\"clicks\",\"until\":\"2099-01-01T00:00:00Z\"}");
        assertThat(held.text())
                .isEqualTo(
                        "{\"creator\":\"h-1\",\"state\":\"held\",\"reason\":\"clicks\",\"until\":\"2099-01-01T00:00:00Z\"}");
        assertThat(balance("h-1")).containsExactly(30_000L, 0L, 25_000L, 5_000L);
        assertThat(post(PAYOUTS, "{\"creator\":\"h-1\",\"micros\":1}").problem())
                .isEqualTo("payout-exceeds-available");
        assertThat(end(id, "paid", "bob", "{\"reference\":\"bank\"}").problem()).isEqualTo("payout-state");
        assertThat(ledger.get(PAYOUTS + "?state=requested", operator())
                        .json()
                        .get("payouts")
                        .get(0)
                        .get("waits")
                        .asBoolean())
                .isTrue();
        stores.earn(now, "demo", "h-1", "/a", EventType.VIEW, 1);
        assertThat(balance("h-1")).containsExactly(31_000L, 0L, 25_000L, 5_000L);
        assertThat(patch("h-1", "{\"state\":\"active\",\"reason\":\"cleared\"}").status())
                .isEqualTo(200);
        assertThat(balance("h-1")).containsExactly(31_000L, 25_000L, 0L, 5_000L);
        paid(id, "bob", "bank");
        assertThat(balance("h-1")).containsExactly(26_000L, 25_000L, 0L, 0L);
    }

    @Test
    void aHoldEndsByItself() {
        stores.earn(old, "demo", "e-1", "/a", EventType.VIEW, 10);
        String id = payout("e-1", ",\"micros\":4000");
        assertThat(patch("e-1", "{\"state\":\"held\",\"reason\":\"clicks\",\"until\":\"2099-01-01T00:00:00Z\"}")
                        .status())
                .isEqualTo(200);
        assertThat(balance("e-1")).containsExactly(10_000L, 0L, 6_000L, 4_000L);
        stores.owner()
                .sql("UPDATE creator_state SET until = now() WHERE creator = 'e-1'")
                .update();
        assertThat(balance("e-1")).containsExactly(10_000L, 6_000L, 0L, 4_000L);
        assertThat(ledger.get("/v1/admin/creators/e-1", operator()).text())
                .isEqualTo("{\"creator\":\"e-1\",\"state\":\"active\"}");
        paid(id, "bob", "bank-e");
        payout("e-1", "");
        assertThat(balance("e-1")).containsExactly(6_000L, 0L, 0L, 6_000L);
    }

    /** Each row of the audit trail goes on where the one before ended. */
    @Test
    void twoOperatorsAtOnceLeaveATrailThatFits() throws Exception {
        List<Future<Answer>> changes = new ArrayList<>();
        try (ExecutorService operators = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 24; i++) {
                String reason = "number " + i;
                String state = i % 2 == 0
                        ? "\"state\":\"active\",\"reason\":\"%s\"".formatted(reason)
                        : "\"state\":\"held\",\"reason\":\"%s\",\"until\":\"2099-01-01T00:00:00Z\"".formatted(reason);
                changes.add(operators.submit(() -> patch("t-1", "{" + state + "}")));
            }
        }
        for (Future<Answer> change : changes) {
            assertThat(change.get().status()).isEqualTo(200);
        }
        List<String> trail = stores.owner()
                .sql(
                        "SELECT coalesce(before->>'reason', '') || '>' || (after->>'reason') FROM audit WHERE target = 't-1' ORDER BY number")
                .query(String.class)
                .list();
        assertThat(trail).hasSize(24);
        for (int i = 1; i < trail.size(); i++) {
            assertThat(trail.get(i)).startsWith(trail.get(i - 1).split(">", 2)[1] + ">");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"micros\":5}",
                "{\"creator\":\"c\",\"through\":\"2026-10\"}",
                "{\"through\":\"2026-10\"}",
                "{\"threshold\":1}",
                "{\"through\":\"October\",\"threshold\":1}",
                "{\"through\":\"2026-10\",\"threshold\":0}",
                "{\"through\":\"2026-10\",\"threshold\":1,\"micros\":5}",
                "{\"creator\":\"c\",\"micros\":0}",
                "{\"creator\":\"c\",\"micros\":1.5}"
            })
    void aPayoutThatCannotBeReadNamesWhatIsWrong(String body) {
        assertThat(post(PAYOUTS, body).problem()).as(body).isEqualTo("payout-invalid");
    }

    /** 64 clients pay out and correct the same creators at once: no payout exceeds what is available, and every sum is exact. */
    @Test
    void whateverComesAtOnceNoPayoutExceedsWhatIsAvailable() throws Exception {
        long seed = System.nanoTime();
        System.out.println("64 clients: seed " + seed);
        int creators = 4;
        for (int c = 0; c < creators; c++) {
            stores.earn(old, "crowd", "x-" + c, "/a", EventType.VIEW, 1_000);
        }
        YearMonth before = YearMonth.from(now.atOffset(ZoneOffset.UTC)).minusMonths(1);
        String run = "{\"through\":\"%s\",\"threshold\":900000}".formatted(before);
        List<Future<List<Long>>> clients = new ArrayList<>();
        List<Future<?>> settlements = new ArrayList<>();
        Answer paid;
        try (ExecutorService threads = Executors.newFixedThreadPool(66)) {
            for (int i = 0; i < 64; i++) {
                SplittableRandom random = new SplittableRandom(seed + i);
                clients.add(threads.submit(() -> client(random, creators)));
            }
            Future<Answer> runs = threads.submit(() -> post(PAYOUTS, run));
            for (int i = 0; i < 20; i++) {
                String creator = "x-" + i % creators;
                settlements.add(
                        threads.submit(() -> stores.earn(Instant.now(), "crowd", creator, "/b", EventType.VIEW, 5)));
            }
            paid = runs.get();
        }
        for (Future<?> settlement : settlements) {
            settlement.get();
        }
        long requested = paid.json()
                .get("payouts")
                .valueStream()
                .filter(one -> one.get("creator").asString().startsWith("x-"))
                .mapToLong(one -> one.get("micros").asLong())
                .sum();
        long corrected = 0;
        for (Future<List<Long>> client : clients) {
            requested += client.get().get(0);
            corrected += client.get().get(1);
        }
        long settled = 0;
        long underWay = 0;
        for (int c = 0; c < creators; c++) {
            List<Long> balance = balance("x-" + c);
            settled += balance.get(0);
            underWay += balance.get(3);
            assertThat(balance.get(0) - balance.get(3)).isNotNegative();
            assertThat(balance.get(1)).isEqualTo(Math.max(0, balance.get(0) - balance.get(3) - 25_000));
            assertThat(account("underway:x-" + c)).isEqualTo(balance.get(3));
        }
        assertThat(underWay).isPositive().isEqualTo(requested);
        assertThat(settled).isEqualTo(creators * 1_025_000L - corrected);
        assertThat(account("publisher:crowd")).isEqualTo(-settled);
        assertThat(stores.owner()
                        .sql("SELECT sum(micros) FROM balance")
                        .query(Long.class)
                        .single())
                .isZero();
        assertThat(corrected).isPositive();
    }

    /** What was requested and what was corrected. */
    private static List<Long> client(SplittableRandom random, int creators) {
        long requested = 0;
        long corrected = 0;
        for (int i = 0; i < 6; i++) {
            String creator = "x-" + random.nextInt(creators);
            long micros = random.nextLong(1, 60_000);
            if (random.nextInt(3) > 0) {
                Answer answer = post(PAYOUTS, "{\"creator\":\"%s\",\"micros\":%d}".formatted(creator, micros));
                assertThat(answer.status()).as(answer.text()).isIn(201, 409);
                requested += answer.status() == 201 ? micros : 0;
            } else {
                Answer answer = post(CORRECTIONS, correction(creator, "crowd", "/a", "\"micros\":" + micros));
                assertThat(answer.status()).as(answer.text()).isIn(201, 409);
                corrected += answer.status() == 201 ? micros : 0;
            }
        }
        return List.of(requested, corrected);
    }

    /** A publisher that looks at many corrections leaves room for the acts of operators. */
    @Test
    void dryRunsOfOneSubjectAreLimited() throws Exception {
        stores.earn(old, "looks", "look-1", "/a", EventType.VIEW, 10);
        String publisher = RunningLedger.scoped("looks", "publisher:looks");
        String path = "/v1/publishers/looks/corrections?dry-run=true";
        String body = bulk("looks", day(old).toString(), day(now).toString(), "");
        try (Connection other = connection();
                Statement statement = other.createStatement()) {
            statement.execute("LOCK TABLE engagement");
            List<CompletableFuture<Answer>> waiting = IntStream.range(0, 2)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(() -> ledger.post(path, publisher, body)))
                    .toList();
            Awaitility.await().untilAsserted(() -> assertThat(waitingForALock()).isEqualTo(2));
            Answer third = ledger.post(path, publisher, body);
            assertThat(third.status()).isEqualTo(429);
            assertThat(third.problem()).isEqualTo("too-many-requests");
            assertThat(third.text()).contains("2 dry runs and bulk corrections at a time");
            CompletableFuture<Answer> operators = CompletableFuture.supplyAsync(
                    () -> post(CORRECTIONS, correction("look-1", "looks", "/a", "\"micros\":1000")));
            Awaitility.await().untilAsserted(() -> assertThat(waitingForALock()).isEqualTo(3));
            other.rollback();
            assertThat(waiting)
                    .allSatisfy(dry -> assertThat(dry.get().problem()).isEqualTo("correction-too-late"));
            assertThat(operators.get().status()).isEqualTo(201);
        }
        assertThat(balance("look-1").getFirst()).isEqualTo(9_000);
        assertThat(ledger.post(path, publisher, body).problem()).isEqualTo("correction-too-late");
    }

    /** In a transaction. */
    private static Connection connection() throws SQLException {
        Connection connection = DriverManager.getConnection(stores.jdbcUrl(), Databases.OWNER, stores.password());
        connection.setAutoCommit(false);
        return connection;
    }

    private static long waitingForALock() {
        return JdbcClient.create(new DriverManagerDataSource(stores.jdbcUrl(), "postgres", stores.password()))
                .sql(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .query(Long.class)
                .single();
    }

    /** A payout that the restored database does not know is no other payout, whose number was given again. */
    @Test
    void aDatabaseRestoredBetweenRequestAndConfirmationPaysNobodyElse() {
        Stores before = Stores.fresh(9);
        before.openCounters();
        before.earn(old, "demo", "v-1", "/a", EventType.VIEW, 10);
        before.earn(old, "demo", "v-2", "/a", EventType.VIEW, 10);
        before.close();
        String backup = RealServers.copyOf(before.jdbcUrl());
        Stores lost = new Stores(before.jdbcUrl(), before.redisUrl(), before.password());
        String id;
        try (lost;
                RunningLedger its = RunningLedger.start(lost, Map.of())) {
            id = request(its, "v-1", "first").json().at("/payouts/0/id").asString();
        }
        Stores restored = new Stores(backup, before.redisUrl(), before.password());
        try (restored;
                RunningLedger its = RunningLedger.start(restored, Map.of())) {
            String other =
                    request(its, "v-2", "second").json().at("/payouts/0/id").asString();
            assertThat(id).startsWith("1-");
            assertThat(other).startsWith("1-").isNotEqualTo(id);
            Answer paid = its.post(PAYOUTS + "/" + id + "/paid", operator(), "{\"reference\":\"bank-1\"}");
            assertThat(paid.problem()).isEqualTo("payout-unknown");
            String again =
                    request(its, "v-1", "first").json().at("/payouts/0/id").asString();
            assertThat(its.post(PAYOUTS + "/" + again + "/paid", operator(), "{\"reference\":\"bank-1\"}")
                            .status())
                    .isEqualTo(200);
            assertThat(restored.owner()
                            .sql(
                                    "SELECT sum(micros) FROM balance JOIN account USING (account_id) WHERE name IN ('payout', 'underway:v-2')")
                            .query(Long.class)
                            .single())
                    .isEqualTo(8_000);
        }
    }

    private static Answer request(RunningLedger its, String creator, String key) {
        Answer answer = its.send(its.request(PAYOUTS, operator())
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(HttpRequest.BodyPublishers.ofString("{\"creator\":\"%s\",\"micros\":4000}".formatted(creator))));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return answer;
    }

    // ------------------------------------------------------------------------------------------ audit

    @Test
    void everyActLeavesARowWithWhoWhatBeforeAfterAndWhy() {
        stores.earn(old, "demo", "a-1", "/a", EventType.VIEW, 10);
        post(CORRECTIONS, correction("a-1", "demo", "/a", "\"micros\":1000"));
        String id = payout("a-1", ",\"micros\":2000");
        paid(id, "bob", "bank-9");
        patch("a-1", "{\"state\":\"held\",\"reason\":\"clicks\",\"until\":\"2099-01-01T00:00:00Z\"}");
        patch("a-1", "{\"state\":\"active\"}");
        assertThat(ledger.get("/v1/admin/audit", operator()).status()).isEqualTo(403);
        JsonNode entries = ledger.get("/v1/admin/audit?limit=5", RunningLedger.reader("eve"))
                .json()
                .get("entries");
        assertThat(entries.valueStream()
                        .map(entry -> entry.get("subject").asString() + " "
                                + entry.get("action").asString() + " "
                                + entry.get("target").asString() + " "
                                + (entry.get("reason").isNull()
                                        ? ""
                                        : entry.get("reason").asString()))
                        .toList())
                .containsExactly(
                        "ann creator.change a-1 ",
                        "ann creator.change a-1 clicks",
                        "bob payout.pay " + id + " bank-9",
                        "ann payout.request " + id + " ",
                        "ann correction.book demo robots");
        assertThat(entries.valueStream().map(entry -> entry.get("token").asString()))
                .containsExactly("token-of-ann", "token-of-ann", "token-of-bob", "token-of-ann", "token-of-ann");
        assertThat(entries.get(2).get("before").toString()).isEqualTo("{\"state\":\"requested\"}");
        assertThat(entries.get(2).get("after").toString())
                .isEqualTo("{\"state\":\"paid\",\"micros\":2000,\"creator\":\"a-1\"}");
        assertThat(entries.get(4).get("after").get("micros").asLong()).isEqualTo(1_000);
        assertThat(entries.get(4).get("after").get("asked").get("creator").asString())
                .isEqualTo("a-1");
        JsonNode released = entries.get(0);
        assertThat(released.get("before").get("state").asString()).isEqualTo("held");
        assertThat(released.get("after").get("state").asString()).isEqualTo("active");
        String cursor = Objects.requireNonNull(ledger.get("/v1/admin/audit?limit=1", RunningLedger.reader("eve"))
                .json()
                .get("next")
                .asString());
        assertThat(ledger.get("/v1/admin/audit?limit=1&cursor=" + cursor, RunningLedger.reader("eve"))
                        .json()
                        .get("entries")
                        .get(0)
                        .get("reason")
                        .asString())
                .isEqualTo("clicks");
    }

    /** A subject becomes a part of a log line and of a row that stays for ever. */
    @Test
    void nobodyTakesTheNameOfACommandOrForgesALogLine() {
        for (String subject : List.of("local:root", "op\n2026-11-30 INFO forged", "o".repeat(257), "nul\u0000", " ")) {
            Answer answer =
                    ledger.send(ledger.request("/v1/admin/creators/c", RunningLedger.scoped(subject, "ledger.money"))
                            .header("Content-Type", "application/json")
                            .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"state\":\"active\"}")));
            assertThat(answer.status()).as(subject).isEqualTo(403);
            assertThat(answer.problem()).isEqualTo("forbidden");
        }
        String odd = RunningLedger.sign(
                RunningLedger.claims("ann")
                        .jwtID("a\nb")
                        .claim("scope", "ledger.money")
                        .build(),
                RunningLedger.SECRET);
        assertThat(ledger.send(ledger.request("/v1/admin/creators/c", odd)
                                .header("Content-Type", "application/json")
                                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"state\":\"active\"}")))
                        .detail())
                .isEqualTo("the token's jti is not 1 to 256 characters without a control character");
    }

    @ParameterizedTest
    @CsvSource({
        "POST,/v1/admin/corrections",
        "POST,/v1/admin/payouts",
        "PATCH,/v1/admin/creators/c",
        "POST,/v1/admin/payouts/1/paid"
    })
    void noOtherScopeMovesMoney(String method, String path) {
        for (String scope :
                List.of("ledger.read", "ledger.keys", "ledger.rates", "publisher:demo", "publisher-keys:demo")) {
            Answer answer = ledger.send(ledger.request(path, RunningLedger.scoped("eve", scope))
                    .header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString("{}")));
            assertThat(answer.status()).as(scope).isEqualTo(403);
        }
    }
}
