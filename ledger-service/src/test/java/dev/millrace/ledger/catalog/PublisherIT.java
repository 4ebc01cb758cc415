package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** States, limits and lists of publishers: over HTTP, in the catalogue in Redis, and in the audit. */
class PublisherIT {
    private static RunningLedger ledger;

    @BeforeAll
    static void start() {
        ledger = RunningLedger.start(Stores.fresh(3), Map.of("MILLRACE_CATALOG_INTERVAL", "1h"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private static JsonNode create(String publisher) {
        Answer created = ledger.post(
                "/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"%s\"}".formatted(publisher));
        assertThat(created.status()).as(created.text()).isEqualTo(201);
        return created.json();
    }

    private static Answer patch(String publisher, String body) {
        return ledger.send(ledger.request("/v1/admin/publishers/" + publisher, RunningLedger.admin())
                .header("Content-Type", "application/json")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body)));
    }

    private static Answer put(String publisher, String creator, String token) {
        return ledger.send(ledger.request("/v1/publishers/%s/creators/%s".formatted(publisher, creator), token)
                .PUT(HttpRequest.BodyPublishers.noBody()));
    }

    private static Limits limits(String publisher) {
        try {
            String text = String.valueOf(ledger.stores().redis().get(CatalogStore.TEXT));
            return SignedCatalog.verify(text, MasterKeys.of(MasterKey.of(RunningLedger.MASTER_KEY)))
                    .limits(publisher);
        } catch (CatalogRefusedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> audited(String publisher) {
        return ledger.stores()
                .owner()
                .sql("""
                        SELECT action || ' ' || coalesce(before->>'state', before#>>'{}', '-') || ' ' || coalesce(after->>'state', after#>>'{}', '-')
                            || ' ' || coalesce(reason, '-') || ' ' || subject
                        FROM audit WHERE target = ? ORDER BY number""")
                .param(publisher)
                .query(String.class)
                .list();
    }

    @Test
    void limitsAreSetKeptAndRemovedOneByOne() {
        create("limited");
        assertThat(limits("limited")).isEqualTo(Limits.NONE);
        Answer all = patch("limited", """
                {"budget":{"day":5000000,"total":1e9},"eventsPerSecond":50,"creators":"listed","newCreatorsPerDay":7,"newArticlesPerDay":0}
                """);
        assertThat(all.status()).as(all.text()).isEqualTo(200);
        assertThat(all.header("Millrace-Catalog-Published")).isEqualTo("true");
        JsonNode now = all.json();
        assertThat(now.get("budget").toString()).isEqualTo("{\"day\":5000000,\"total\":1000000000}");
        assertThat(now.get("eventsPerSecond").asInt()).isEqualTo(50);
        assertThat(now.get("creators").asString()).isEqualTo("listed");
        assertThat(now.get("newCreatorsPerDay").asInt()).isEqualTo(7);
        assertThat(now.get("newArticlesPerDay").asInt()).isZero();
        assertThat(now.get("state").asString()).isEqualTo("active");
        assertThat(limits("limited"))
                .isEqualTo(new Limits(null, null, 5_000_000L, 1_000_000_000L, 50, Set.of(), 7, 0, null));

        patch("limited", "{\"budget\":{\"day\":null},\"eventsPerSecond\":null}");
        assertThat(limits("limited"))
                .isEqualTo(new Limits(null, null, null, 1_000_000_000L, null, Set.of(), 7, 0, null));
        patch(
                "limited",
                "{\"budget\":null,\"creators\":\"any\",\"newCreatorsPerDay\":null,\"newArticlesPerDay\":null}");
        assertThat(limits("limited")).isEqualTo(Limits.NONE);
        Answer nothing = patch("limited", "{}");
        assertThat(nothing.status()).isEqualTo(200);
        assertThat(ledger.get("/v1/admin/publishers", RunningLedger.admin()).text())
                .contains(nothing.text());
        assertThat(audited("limited")).hasSize(5).allMatch(row -> row.startsWith("publisher."));
    }

    @Test
    void aSuspensionHasAReasonAndEndsByAPersonOrByItself() {
        create("suspect");
        assertThat(patch("suspect", "{\"state\":\"suspended\"}").detail()).startsWith("reason is missing");
        Answer suspended = patch("suspect", "{\"state\":\"suspended\",\"reason\":\"a leaked key\"}");
        assertThat(suspended.json().get("reason").asString()).isEqualTo("a leaked key");
        assertThat(suspended.json().get("until").isNull()).isTrue();
        assertThat(limits("suspect").isSuspended(Long.MAX_VALUE)).isTrue();
        patch("suspect", "{\"eventsPerSecond\":1,\"reason\":\"while we look\"}");
        assertThat(limits("suspect").isSuspended(Long.MAX_VALUE)).isTrue();
        Answer active = patch("suspect", "{\"state\":\"active\"}");
        assertThat(active.json().get("reason").isNull()).isTrue();
        assertThat(limits("suspect").isSuspended(0)).isFalse();

        Instant end = Instant.parse("2099-12-31T22:00:00Z");
        Answer until =
                patch("suspect", "{\"state\":\"suspended\",\"reason\":\"x\",\"until\":\"2099-12-31T23:00:00+01:00\"}");
        assertThat(until.json().get("until").asString()).isEqualTo(end.toString());
        assertThat(limits("suspect").isSuspended(end.getEpochSecond() - 1)).isTrue();
        assertThat(limits("suspect").isSuspended(end.getEpochSecond())).isFalse();
        ledger.stores()
                .owner()
                .sql("UPDATE publisher SET until = now() WHERE publisher = 'suspect'")
                .update();
        JsonNode over = patch("suspect", "{\"eventsPerSecond\":2}").json();
        assertThat(over.get("state").asString()).isEqualTo("active");
        assertThat(over.get("reason").isNull()).isTrue();
        assertThat(audited("suspect"))
                .containsExactly(
                        "publisher.create - active - admin",
                        "publisher.change active suspended a leaked key admin",
                        "publisher.change suspended suspended while we look admin",
                        "publisher.change suspended active - admin",
                        "publisher.change active suspended x admin",
                        "publisher.change active active - admin");
    }

    /** A field that is absent stays, also in a suspension. */
    @Test
    void aSuspensionsEndIsChangedAndRemovedByItself() {
        create("ending");
        String first = "2099-01-01T00:00:00Z";
        patch("ending", "{\"state\":\"suspended\",\"reason\":\"x\",\"until\":\"%s\"}".formatted(first));
        assertThat(suspension(patch("ending", "{\"state\":\"suspended\",\"reason\":\"again\"}")))
                .isEqualTo("suspended again " + first);
        assertThat(suspension(patch("ending", "{\"state\":\"suspended\"}"))).isEqualTo("suspended again " + first);
        assertThat(suspension(patch("ending", "{\"until\":\"2098-01-01T00:00:00Z\"}")))
                .isEqualTo("suspended again 2098-01-01T00:00:00Z");
        Instant end = Instant.parse("2098-01-01T00:00:00Z");
        assertThat(limits("ending").isSuspended(end.getEpochSecond() - 1)).isTrue();
        assertThat(limits("ending").isSuspended(end.getEpochSecond())).isFalse();
        assertThat(patch("ending", "{\"until\":\"2020-01-01T00:00:00Z\"}").problem())
                .isEqualTo("limits-invalid");
        assertThat(suspension(patch("ending", "{\"until\":null}"))).isEqualTo("suspended again ");
        assertThat(limits("ending").isSuspended(Long.MAX_VALUE)).isTrue();
        assertThat(suspension(patch("ending", "{\"eventsPerSecond\":5}"))).isEqualTo("suspended again ");

        assertThat(patch("ending", "{\"state\":\"active\",\"until\":\"2098-01-01T00:00:00Z\"}")
                        .detail())
                .isEqualTo("until is given without the state suspended");
        patch("ending", "{\"until\":\"2098-01-01T00:00:00Z\"}");
        assertThat(suspension(patch("ending", "{\"state\":\"active\"}"))).isEqualTo("active  ");
        assertThat(suspension(patch("ending", "{\"until\":null}"))).isEqualTo("active  ");
        assertThat(patch("ending", "{\"state\":\"suspended\"}").detail()).startsWith("reason is missing");
        assertThat(suspension(patch("ending", "{\"state\":\"suspended\",\"reason\":\"new\"}")))
                .isEqualTo("suspended new ");
    }

    private static String suspension(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().get("state").asString() + " "
                + answer.json().get("reason").asString("") + " "
                + answer.json().get("until").asString("");
    }

    @Test
    void aPublisherIsReadAlone() {
        JsonNode created = create("alone");
        Answer one = ledger.get("/v1/admin/publishers/alone", RunningLedger.reader("eve"));
        assertThat(one.status()).isEqualTo(200);
        assertThat(one.text()).isEqualTo(created.toString());
        Answer none = ledger.get("/v1/admin/publishers/nobody", RunningLedger.reader("eve"));
        assertThat(none.problem()).isEqualTo("publisher-unknown");
        assertThat(none.status()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"budget\":{\"day\":0.5}};                 budget.day 0.5 is not a whole number from 0 to 1000000000000000000",
                "{\"budget\":{\"day\":-1}};                  budget.day -1 is not a whole number",
                "{\"budget\":{\"total\":\"5\"}};             budget.total \"5\" is not a whole number",
                "{\"budget\":{\"total\":1000000000000000001}}; budget.total 1000000000000000001 is not",
                "{\"budget\":{\"total\":1e400}};             budget.total 1E+400 is not",
                "{\"budget\":{\"week\":5}};                  budget {\"week\":5} is not an object with 'day' and 'total'",
                "{\"budget\":5};                             budget 5 is not an object",
                "{\"eventsPerSecond\":2147483648};           eventsPerSecond 2147483648 is not a whole number from 0 to 2147483647",
                "{\"newCreatorsPerDay\":true};               newCreatorsPerDay true is not",
                "{\"newArticlesPerDay\":[]};                 newArticlesPerDay [] is not",
                "{\"state\":\"gone\"};                       state \"gone\" is not 'active' or 'suspended'",
                "{\"state\":null};                           state null is not 'active'",
                "{\"creators\":\"some\"};                    creators \"some\" is not 'any' or 'listed'",
                "{\"state\":\"suspended\",\"reason\":\" \"}; reason \" \" is not a text of 1 to 500 characters",
                "{\"state\":\"suspended\",\"reason\":\"a\\nb\"}; is not a text of 1 to 500 characters",
                "{\"state\":\"suspended\",\"reason\":\"x\",\"until\":\"2020-01-01T00:00:00Z\"}; until \"2020-01-01T00:00:00Z\" is not a time in the future",
                "{\"state\":\"suspended\",\"reason\":\"x\",\"until\":\"tomorrow\"}; until \"tomorrow\" is not a time",
                "{\"until\":\"2099-01-01T00:00:00Z\"};       until is given without the state suspended",
            })
    void whatCanNotBeUsedIsNamedAndChangesNothing(String body, String detail) {
        if (ledger.get("/v1/publishers/strict/creators", RunningLedger.admin()).status() == 404) {
            create("strict");
        }
        Answer refused = patch("strict", body);
        assertThat(refused.status()).as(refused.text()).isEqualTo(400);
        assertThat(refused.problem()).isEqualTo("limits-invalid");
        assertThat(refused.detail()).contains(detail);
        assertThat(limits("strict")).isEqualTo(Limits.NONE);
        assertThat(audited("strict")).hasSize(1);
    }

    @Test
    void fieldsThatAreNotKnownAreRefused() {
        create("plain");
        for (String body : List.of("{\"pageTokens\":true}", "{\"sites\":[]}", "{\"corrected\":5}", "{\"x\":1}")) {
            Answer refused = patch("plain", body);
            assertThat(refused.problem()).isEqualTo("body-malformed");
            assertThat(refused.detail())
                    .endsWith("' is unknown; it takes state, reason, until, budget, eventsPerSecond, creators,"
                            + " newCreatorsPerDay, newArticlesPerDay");
        }
        assertThat(patch("nobody", "{}").problem()).isEqualTo("publisher-unknown");
        assertThat(patch("plain", "[]").problem()).isEqualTo("body-malformed");
    }

    @Test
    void aSandboxBeginsWithSmallLimits() {
        JsonNode sandbox = create("test-shop");
        assertThat(sandbox.get("budget").toString()).isEqualTo("{\"day\":10000000,\"total\":null}");
        assertThat(limits("test-shop"))
                .isEqualTo(new Limits(null, null, 10_000_000L, null, 100, null, 1_000, 5_000, null));
        assertThat(create("shop-test").get("eventsPerSecond").isNull()).isTrue();
    }

    @Test
    void aPublisherListsItsCreators() {
        create("lister");
        String own = RunningLedger.scoped("robot", "publisher:lister");
        for (String creator : List.of("c-2", "c-1", "c-3", "c-2")) {
            Answer listed = put("lister", creator, own);
            assertThat(listed.status()).as(listed.text()).isEqualTo(204);
            assertThat(listed.header("Millrace-Catalog-Published")).isEqualTo("true");
        }
        assertThat(limits("lister").creators())
                .as("it takes effect with creators listed")
                .isNull();
        patch("lister", "{\"creators\":\"listed\"}");
        assertThat(limits("lister").creators()).containsExactlyInAnyOrder("c-1", "c-2", "c-3");
        for (int i = 0; i < 2; i++) {
            assertThat(ledger.delete("/v1/publishers/lister/creators/c-2", own).status())
                    .isEqualTo(204);
        }
        assertThat(limits("lister").creators()).containsExactlyInAnyOrder("c-1", "c-3");
        assertThat(audited("lister"))
                .containsExactly(
                        "publisher.create - active - admin",
                        "creator.list - c-2 - robot",
                        "creator.list - c-1 - robot",
                        "creator.list - c-3 - robot",
                        "publisher.change active active - admin",
                        "creator.unlist c-2 - - robot");
        assertThat(put("other", "c-1", own).status()).isEqualTo(403);
        assertThat(put("nobody", "c-1", RunningLedger.admin()).problem()).isEqualTo("publisher-unknown");
        assertThat(put("lister", "a|b".replace("|", "%7C"), own).problem()).isEqualTo("creator-invalid");
        assertThat(put("lister", "test:c-1", own).problem()).isEqualTo("creator-invalid");
        create("test-lister");
        put("test-lister", "c-1", RunningLedger.admin());
        put("test-lister", "test:c-1", RunningLedger.admin());
        assertThat(ledger.get("/v1/publishers/test-lister/creators", RunningLedger.admin())
                        .json()
                        .get("creators")
                        .get(0)
                        .get("creator")
                        .asString())
                .isEqualTo("test:c-1");
    }

    @Test
    void theListIsPaged() {
        create("pages");
        for (int i = 0; i < 5; i++) {
            put("pages", "c-" + i, RunningLedger.admin());
        }
        List<String> read = new ArrayList<>();
        String cursor = "";
        int pages = 0;
        do {
            JsonNode page = ledger.get(
                            "/v1/publishers/pages/creators?limit=2" + cursor, RunningLedger.reader("someone"))
                    .json();
            page.get("creators").forEach(one -> read.add(one.get("creator").asString()));
            cursor = page.get("next").isNull()
                    ? ""
                    : "&cursor=" + page.get("next").asString();
            pages++;
        } while (!cursor.isEmpty());
        assertThat(read).containsExactly("c-0", "c-1", "c-2", "c-3", "c-4");
        assertThat(pages).isEqualTo(3);
        String path = "/v1/publishers/pages/creators";
        assertThat(ledger.get(path + "?cursor=x", RunningLedger.admin()).problem())
                .isEqualTo("cursor-invalid");
        assertThat(ledger.get(path + "?limit=0", RunningLedger.admin()).problem())
                .isEqualTo("limit-invalid");
        assertThat(ledger.get("/v1/publishers/nobody/creators", RunningLedger.admin())
                        .problem())
                .isEqualTo("publisher-unknown");
    }

    @Test
    void aListHasTenThousandCreatorsAtMost() {
        create("crowd");
        ledger.stores()
                .owner()
                .sql("INSERT INTO publisher_creator SELECT 'crowd', 'c-' || n FROM generate_series(1, 9999) n")
                .update();
        assertThat(put("crowd", "c-10000", RunningLedger.admin()).status()).isEqualTo(204);
        Answer full = put("crowd", "c-10001", RunningLedger.admin());
        assertThat(full.status()).isEqualTo(409);
        assertThat(full.problem()).isEqualTo("creators-full");
        assertThat(put("crowd", "c-10000", RunningLedger.admin()).status()).isEqualTo(204);
    }

    /** Each changes one field; neither undoes the other's. */
    @Test
    void twoAdministratorsAtOnceLoseNothing() throws Exception {
        create("shared");
        List<Future<Answer>> answers = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String body : List.of(
                    "{\"budget\":{\"day\":1}}",
                    "{\"budget\":{\"total\":2}}",
                    "{\"eventsPerSecond\":3}",
                    "{\"newCreatorsPerDay\":4}",
                    "{\"newArticlesPerDay\":5}")) {
                answers.add(callers.submit(() -> patch("shared", body)));
            }
        }
        for (Future<Answer> answer : answers) {
            assertThat(answer.get().status()).isEqualTo(200);
        }
        assertThat(limits("shared")).isEqualTo(new Limits(null, null, 1L, 2L, 3, null, 4, 5, null));
    }
}
