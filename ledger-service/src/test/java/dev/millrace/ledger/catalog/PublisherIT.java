package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.books.Publisher;
import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.Filter;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
                "{\"pageTokens\":null};                      pageTokens null is not true or false",
                "{\"pageTokens\":\"true\"};                  pageTokens \"true\" is not true or false",
                "{\"pageTokens\":1};                         pageTokens 1 is not true or false",
                "{\"sites\":\"https://example.org\"};        sites \"https://example.org\" is not a list of origins such as \"https://example.org\"",
                "{\"sites\":{}};                             sites {} is not a list of origins",
                "{\"sites\":[\"https://example.org\",5]};    sites [\"https://example.org\",5] is not a list of origins",
                "{\"sites\":[null]};                         sites [null] is not a list of origins",
                "{\"sites\":[\"https://a.org\",\"https://b.org/\"]}; sites: 'https://b.org/' is not an origin: leave out the slash at its end",
                "{\"sites\":[\"http://example.org\"]};      `sites: 'http://example.org' is not an origin: write https; http is for localhost, 127.0.0.1 and the sites of sandboxes`",
                "{\"filters\":null};                         filters null is not an object such as {\"automation\":false}",
                "{\"filters\":[\"robot\"]};                  filters [\"robot\"] is not an object",
                "{\"filters\":{\"robot\":null}};             filters.robot null is not true or false",
                "{\"filters\":{\"rate\":\"off\"}};           filters.rate \"off\" is not true or false",
                "{\"filters\":{\"rate\":false,\"bots\":false}}; `filters has no 'bots'; it takes robot, preview, prefetch, automation, datacenter, rate, self`",
                "{\"filters\":{\"ROBOT\":false}};            `filters has no 'ROBOT'; it takes robot,`",
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
        for (String body : List.of("{\"filtersOff\":[]}", "{\"page_tokens\":true}", "{\"corrected\":5}", "{\"x\":1}")) {
            Answer refused = patch("plain", body);
            assertThat(refused.problem()).isEqualTo("body-malformed");
            assertThat(refused.detail())
                    .endsWith("' is unknown; it takes state, reason, until, budget, eventsPerSecond, creators,"
                            + " newCreatorsPerDay, newArticlesPerDay, pageTokens, sites, filters");
        }
        assertThat(patch("nobody", "{}").problem()).isEqualTo("publisher-unknown");
        assertThat(patch("plain", "[]").problem()).isEqualTo("body-malformed");
    }

    private static String pages(JsonNode publisher) {
        return publisher.get("pageTokens") + " " + publisher.get("sites") + " " + publisher.get("filters");
    }

    private static String pages(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return pages(answer.json());
    }

    private static final String ALL_ON =
            "{\"robot\":true,\"preview\":true,\"prefetch\":true,\"automation\":true,\"datacenter\":true,\"rate\":true,\"self\":true}";

    @Test
    void pageTokensSitesAndFiltersAreSetKeptAndTakenBackOneByOne() {
        assertThat(pages(create("paged"))).isEqualTo("false [] " + ALL_ON);
        Limits none = Limits.NONE;
        String sites =
                "[\"HTTPS://News.Example.org:443\",\"https://b\u00fccher.example\",\"http://localhost:8080\",\"https://news.example.org\"]";
        String read = "[\"https://news.example.org\",\"https://xn--bcher-kva.example\",\"http://localhost:8080\"]";
        Set<String> origins =
                Set.of("https://news.example.org", "https://xn--bcher-kva.example", "http://localhost:8080");

        assertThat(pages(patch("paged", "{\"sites\":%s}".formatted(sites)))).isEqualTo("false " + read + " " + ALL_ON);
        assertThat(limits("paged")).isEqualTo(none.withPages(false, origins, Limits.ALL_FILTERS));

        assertThat(pages(patch("paged", "{\"pageTokens\":true}"))).isEqualTo("true " + read + " " + ALL_ON);
        assertThat(limits("paged")).isEqualTo(none.withPages(true, origins, Limits.ALL_FILTERS));

        String automationAndSelfOff = ALL_ON.replace("\"automation\":true", "\"automation\":false")
                .replace("\"self\":true", "\"self\":false");
        assertThat(pages(patch("paged", "{\"filters\":{\"self\":false,\"robot\":true,\"automation\":false}}")))
                .isEqualTo("true " + read + " " + automationAndSelfOff);
        Set<Filter> on = EnumSet.complementOf(EnumSet.of(Filter.AUTOMATION, Filter.SELF));
        assertThat(limits("paged")).isEqualTo(none.withPages(true, origins, on));

        String automationOff = ALL_ON.replace("\"automation\":true", "\"automation\":false");
        assertThat(pages(patch("paged", "{\"filters\":{\"self\":true}}")))
                .isEqualTo("true " + read + " " + automationOff);
        assertThat(pages(patch("paged", "{\"eventsPerSecond\":5,\"filters\":{}}")))
                .isEqualTo("true " + read + " " + automationOff);
        assertThat(limits("paged"))
                .isEqualTo(new Limits(null, null, null, null, 5, null, null, null, null)
                        .withPages(true, origins, EnumSet.complementOf(EnumSet.of(Filter.AUTOMATION))));
        Answer alone = ledger.get("/v1/admin/publishers/paged", RunningLedger.admin());
        assertThat(pages(alone)).isEqualTo("true " + read + " " + automationOff);
        assertThat(ledger.get("/v1/admin/publishers", RunningLedger.admin()).text())
                .contains(alone.text());

        assertThat(
                        pages(
                                patch(
                                        "paged",
                                        "{\"pageTokens\":false,\"sites\":null,\"eventsPerSecond\":null,\"filters\":{\"automation\":true}}")))
                .isEqualTo("false [] " + ALL_ON);
        assertThat(limits("paged")).isEqualTo(Limits.NONE);
        patch("paged", "{\"sites\":[\"https://example.org\"]}");
        assertThat(pages(patch("paged", "{\"sites\":[]}"))).isEqualTo("false [] " + ALL_ON);
    }

    @Test
    void theAuditHasSitesAndFiltersBeforeAndAfter() {
        create("traced");
        patch("traced", "{\"pageTokens\":true,\"sites\":[\"https://example.org\"],\"filters\":{\"rate\":false}}");
        assertThat(ledger.stores().owner().sql("""
                                SELECT concat_ws(' ', before->'pageTokens', before->'sites', before->'filters'->'rate', before->'filters'->'self',
                                    after->'pageTokens', after->'sites', after->'filters'->'rate', after->'filters'->'self')
                                FROM audit WHERE target = 'traced' ORDER BY number""").query(String.class).list())
                .containsExactly("false [] true true", "false [] true true true [\"https://example.org\"] false true");
    }

    @Test
    void theCatalogueHoldsOnlyWhatIsNotUsual() {
        create("usual");
        create("unusual");
        patch(
                "unusual",
                "{\"pageTokens\":true,\"sites\":[\"https://example.org\"],\"filters\":{\"rate\":false,\"preview\":false}}");
        assertThat(String.valueOf(ledger.stores().redis().get(CatalogStore.TEXT)))
                .contains("\"usual\":{\"live\":[],\"revoked\":[]}")
                .contains(
                        "\"unusual\":{\"live\":[],\"revoked\":[],\"limits\":{\"pageTokens\":true,\"sites\":[\"https://example.org\"],\"filtersOff\":[\"preview\",\"rate\"]}}");
    }

    private static String sites(int count) {
        return IntStream.range(0, count)
                .mapToObj("\"https://s%d.example.org\""::formatted)
                .collect(Collectors.joining(",", "{\"sites\":[", "]}"));
    }

    @Test
    void aPublisherHasAHundredSitesAtMost() {
        create("wide");
        assertThat(patch("wide", sites(Publisher.MOST_SITES)).json().get("sites"))
                .hasSize(100);
        Answer more = patch("wide", sites(101));
        assertThat(more.problem()).isEqualTo("limits-invalid");
        assertThat(more.detail()).isEqualTo("sites names 101 origins, more than 100");
        assertThat(limits("wide").sites()).hasSize(100).contains("https://s0.example.org", "https://s99.example.org");
    }

    @Test
    void aSandboxMayHaveSitesWithoutTls() {
        create("test-paged");
        assertThat(pages(patch("test-paged", "{\"pageTokens\":true,\"sites\":[\"http://staging.example.org:80\"]}")))
                .isEqualTo("true [\"http://staging.example.org\"] " + ALL_ON);
        assertThat(limits("test-paged"))
                .isEqualTo(new Limits(null, null, 10_000_000L, null, 100, null, 1_000, 5_000, null)
                        .withPages(true, Set.of("http://staging.example.org"), Limits.ALL_FILTERS));
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
                    "{\"newArticlesPerDay\":5}",
                    "{\"pageTokens\":true}",
                    "{\"sites\":[\"https://example.org\"]}",
                    "{\"filters\":{\"rate\":false}}",
                    "{\"filters\":{\"self\":false}}")) {
                answers.add(callers.submit(() -> patch("shared", body)));
            }
        }
        for (Future<Answer> answer : answers) {
            assertThat(answer.get().status()).isEqualTo(200);
        }
        assertThat(limits("shared"))
                .isEqualTo(new Limits(null, null, 1L, 2L, 3, null, 4, 5, null)
                        .withPages(
                                true,
                                Set.of("https://example.org"),
                                EnumSet.complementOf(EnumSet.of(Filter.RATE, Filter.SELF))));
    }
}
