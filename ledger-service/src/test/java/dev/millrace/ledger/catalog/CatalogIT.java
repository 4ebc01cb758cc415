package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.books.CatalogSnapshots;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Catalog.KeyState;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.catalog.CatalogRefusedException;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import dev.millrace.service.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/** The catalogue over HTTP, in the database and in Redis; the timer is off, so that each publication has its cause. */
@ExtendWith(OutputCaptureExtension.class)
class CatalogIT {
    private static final MasterKey KEY = MasterKey.of(RunningLedger.MASTER_KEY);
    private static RunningLedger ledger;

    @BeforeAll
    static void start() {
        ledger = RunningLedger.start(Stores.fresh(3), Map.of("MILLRACE_CATALOG_INTERVAL", "1h"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private static Answer post(String path, String body) {
        return ledger.post("/v1/admin/" + path, RunningLedger.admin(), body);
    }

    private static Answer get(String path) {
        return ledger.get("/v1/admin/" + path, RunningLedger.admin());
    }

    private static void publisher(String publisher) {
        assertThat(post("publishers", "{\"publisher\":\"%s\"}".formatted(publisher))
                        .status())
                .isEqualTo(201);
    }

    private static Catalog inRedis() {
        try {
            Catalog catalog = SignedCatalog.verify(textInRedis(), MasterKeys.of(KEY));
            assertThat(ledger.stores().redis().get(CatalogStore.REVISION))
                    .as("nodes learn of it by its revision")
                    .isEqualTo(Long.toString(catalog.revision()));
            return catalog;
        } catch (CatalogRefusedException e) {
            throw new AssertionError(e);
        }
    }

    private static String textInRedis() {
        return Optional.ofNullable(ledger.stores().redis().get(CatalogStore.TEXT))
                .orElseThrow();
    }

    private static void setInRedis(Catalog catalog) {
        ledger.stores().redis().set(CatalogStore.TEXT, SignedCatalog.sign(catalog, KEY));
        ledger.stores().redis().set(CatalogStore.REVISION, Long.toString(catalog.revision()));
    }

    private static Catalog inDatabase() {
        return new CatalogSnapshots(ledger.bean(JdbcClient.class), ledger.bean(PlatformTransactionManager.class))
                .read()
                .catalog();
    }

    private static CatalogPublisher publisher() {
        return ledger.bean(CatalogPublisher.class);
    }

    @Test
    void aPublisherIsMadeOnceListedAndInRedisBeforeTheAnswer() {
        Answer made = post("publishers", "{\"publisher\":\"press\"}");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.text())
                .matches("\\{\"publisher\":\"press\",\"createdAt\":\"[^\"]+Z\",\"state\":\"active\",.*}");
        assertThat(made.header("Millrace-Catalog-Published")).isEqualTo("true");
        assertThat(inRedis().publishers()).containsKey("press");
        assertThat(inRedis()).isEqualTo(inDatabase());
        Answer again = post("publishers", "{\"publisher\":\"press\"}");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.problem()).isEqualTo("publisher-exists");
        assertThat(get("publishers").text()).contains(made.text());
    }

    @Test
    void aPublisherIdOfAnotherFormIsNamed() {
        for (String id : List.of("Press", "", "a_b", "a.b", "x".repeat(33))) {
            Answer answer = post("publishers", "{\"publisher\":\"%s\"}".formatted(id));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.problem()).isEqualTo("publisher-invalid");
            assertThat(answer.detail()).isEqualTo("publisher id '%s' is not of the form [a-z0-9-]{1,32}".formatted(id));
        }
        assertThat(post("publishers", "{}").problem()).isEqualTo("publisher-invalid");
        assertThat(post("publishers", "{\"publisher\":\"a\",\"name\":\"b\"}").problem())
                .isEqualTo("body-malformed");
    }

    @Test
    void aKeysSecretIsShownOnceAndTheKeySignsUntilItIsRevoked() {
        publisher("keyed");
        Answer made = post("publishers/keyed/keys", "");
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.json().get("kid").asString()).isEqualTo("keyed.1");
        assertThat(made.json().get("secret").asString()).isEqualTo(KEY.publisherSecret(new Kid("keyed", 1)));
        assertThat(inRedis().state(new Kid("keyed", 1))).isEqualTo(KeyState.LIVE);
        assertThat(get("publishers/keyed/keys").text())
                .startsWith("{\"keys\":[{\"kid\":\"keyed.1\",\"createdAt\":\"")
                .endsWith("Z\",\"revokedAt\":null,\"expiresAt\":null,\"master\":\"v1\"}]}");

        for (int i = 0; i < 2; i++) {
            Answer revoked = ledger.delete("/v1/admin/publishers/keyed/keys/1", RunningLedger.admin());
            assertThat(revoked.status()).isEqualTo(204);
            assertThat(revoked.text()).isEmpty();
            assertThat(inRedis().state(new Kid("keyed", 1))).isEqualTo(KeyState.REVOKED);
        }
        assertThat(post("publishers/keyed/keys", "").json().get("kid").asString())
                .isEqualTo("keyed.2");
        assertThat(inRedis()).isEqualTo(inDatabase());
    }

    @Test
    void unknownPublishersAndKeysAre404() {
        publisher("keyless");
        assertThat(get("publishers/nobody/keys").problem()).isEqualTo("publisher-unknown");
        assertThat(post("publishers/nobody/keys", "").problem()).isEqualTo("publisher-unknown");
        for (String number : List.of("1", "01", "x", "-1", "99999999999")) {
            Answer answer = ledger.delete("/v1/admin/publishers/keyless/keys/" + number, RunningLedger.admin());
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.problem()).isEqualTo("key-unknown");
        }
    }

    @Test
    void keysMadeAtTheSameTimeGetNumbersOfTheirOwn() throws Exception {
        publisher("busy");
        List<Future<String>> made = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                made.add(callers.submit(
                        () -> post("publishers/busy/keys", "").json().get("kid").asString()));
            }
        }
        List<String> kids = new ArrayList<>();
        for (Future<String> kid : made) {
            kids.add(kid.get());
        }
        assertThat(kids)
                .containsExactlyInAnyOrder(
                        "busy.1", "busy.2", "busy.3", "busy.4", "busy.5", "busy.6", "busy.7", "busy.8");
        assertThat(inRedis()).isEqualTo(inDatabase());
    }

    @Test
    void aCardMayBelongToOnePublisher() {
        publisher("owner");
        Instant at = Instant.now().plusSeconds(7_200).truncatedTo(ChronoUnit.SECONDS);
        String body =
                "{%s\"force\":true,\"effectiveAt\":\"" + at + "\",\"rates\":{\"view\":{\"micros\":%d,\"cap\":1}}}";
        Answer made = post("rates", body.formatted("\"publisher\":\"owner\",", 7));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.json().get("publisher").asString()).isEqualTo("owner");
        assertThat(post("rates", body.formatted("\"publisher\":\"owner\",", 8)).problem())
                .isEqualTo("rate-exists");
        Answer everybodys = post("rates", body.formatted("", 9));
        assertThat(everybodys.status()).as(everybodys.text()).isEqualTo(201);
        assertThat(everybodys.json().get("publisher").isNull()).isTrue();
        assertThat(post("rates", body.formatted("\"publisher\":\"nobody\",", 7)).problem())
                .isEqualTo("publisher-unknown");
        assertThat(inRedis()).isEqualTo(inDatabase());
        assertThat(inRedis().cardAt("owner", at.getEpochSecond()).rate(EventType.VIEW))
                .contains(new Rate(7, 1));
        assertThat(inRedis().cardAt("owners", at.getEpochSecond()).rate(EventType.VIEW))
                .contains(new Rate(9, 1));

        Instant later = at.plusSeconds(1);
        Answer next = post(
                "rates",
                "{\"publisher\":\"owner\",\"effectiveAt\":\"%s\",\"rates\":{\"read\":{\"micros\":30,\"cap\":1}}}"
                        .formatted(later));
        assertThat(next.json().get("rates").get("view").get("micros").asLong()).isEqualTo(7);
    }

    @Test
    void aNewCardKeepsTheRatesItDoesNotName() {
        Instant at = Instant.now().plusSeconds(3_600).truncatedTo(ChronoUnit.SECONDS);
        Answer made = post(
                "rates",
                "{\"effectiveAt\":\"%s\",\"rates\":{\"view\":{\"micros\":1200,\"cap\":1},\"comment\":{\"micros\":60,\"cap\":200}}}"
                        .formatted(at));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.json().get("effectiveAt").asString()).isEqualTo(at.toString());
        assertThat(made.json().get("rates").toString())
                .isEqualTo("{\"comment\":{\"micros\":60,\"cap\":200},\"reaction\":{\"micros\":500,\"cap\":1},"
                        + "\"read\":{\"micros\":200,\"cap\":1},\"scroll\":{\"micros\":100,\"cap\":1},"
                        + "\"search_visit\":{\"micros\":1500,\"cap\":1},\"view\":{\"micros\":1200,\"cap\":1}}");
        assertThat(get("rates").text()).contains(made.text());
        assertThat(inRedis()).isEqualTo(inDatabase());
        assertThat(inRedis().cardAt("demo", at.getEpochSecond()).rate(EventType.VIEW))
                .contains(new Rate(1_200, 1));
        assertThat(inRedis().cardAt("demo", at.getEpochSecond() - 1).rate(EventType.VIEW))
                .isNotEqualTo(Optional.of(new Rate(1_200, 1)));

        Instant before = at.minusSeconds(60);
        Answer between = post("rates", card(before, "{\"read\":{\"micros\":300,\"cap\":1}}"));
        assertThat(between.json().get("rates").get("comment").get("micros").asLong())
                .as("taken over from the card in force at its time, not from the one added last")
                .isEqualTo(50);
        Answer taken = post("rates", card(at, "{\"read\":{\"micros\":300,\"cap\":1}}"));
        assertThat(taken.status()).isEqualTo(409);
        assertThat(taken.problem()).isEqualTo("rate-exists");
    }

    private static String card(Instant at, String rates) {
        return "{\"effectiveAt\":\"%s\",\"rates\":%s}".formatted(at, rates);
    }

    @Test
    void withoutATimeACardTakesEffectAtTheNextFreeSecond() {
        Instant now = Instant.now();
        Answer first = post("rates", "{\"rates\":{\"scroll\":{\"micros\":100,\"cap\":1}}}");
        Answer second = post("rates", "{\"rates\":{\"scroll\":{\"micros\":100,\"cap\":1}}}");
        Instant one = Instant.parse(first.json().get("effectiveAt").asString());
        Instant two = Instant.parse(second.json().get("effectiveAt").asString());
        assertThat(one)
                .isBetween(now.plusSeconds(4), Instant.now().plusSeconds(15))
                .isEqualTo(one.truncatedTo(ChronoUnit.SECONDS));
        assertThat(two).isAfter(one);
    }

    @Test
    void aRateInThePastIsRefused() {
        for (Instant at : List.of(
                Instant.EPOCH,
                Instant.now().minusSeconds(3_600).truncatedTo(ChronoUnit.SECONDS),
                Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS))) {
            Answer answer = post("rates", card(at, "{\"view\":{\"micros\":9,\"cap\":1}}"));
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.problem()).isEqualTo("rate-in-the-past");
            assertThat(answer.detail()).contains("'" + at + "'");
        }
    }

    /** A node may go by an older catalogue for twice its patience and a poll. */
    @Test
    void aCardIsMadeAsEarlyAsNodesOfThatPatienceTake() {
        RateBook book = new RateBook(ledger.bean(JdbcClient.class), Duration.ofSeconds(5), 10);
        Map<String, Rate> changes = Map.of("view", new Rate(1_000, 1));
        Instant tooSoon = Instant.now().plusSeconds(10).truncatedTo(ChronoUnit.SECONDS);
        assertThatThrownBy(() -> book.add(null, tooSoon, changes, false))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("rate-in-the-past")
                .hasMessageContaining("is not at least 11000 ms after now");
        Instant now = Instant.now();
        assertThat(book.add(null, null, changes, false).effectiveAt())
                .isBetween(now.plusSeconds(11), Instant.now().plusSeconds(20));
    }

    @Test
    void aRateThatCantBeUsedIsNamed() {
        invalid("{\"rates\":{\"vieww\":{\"micros\":1,\"cap\":1}}}", "type 'vieww' is none of view read");
        invalid("{\"rates\":{\"view\":{\"micros\":-1,\"cap\":1}}}", "rates.view.micros -1 is not a whole number");
        invalid("{\"rates\":{\"view\":{\"micros\":1.5,\"cap\":1}}}", "rates.view.micros 1.5 is not a whole number");
        invalid("{\"rates\":{\"view\":{\"micros\":1000000001,\"cap\":1}}}", "from 0 to 1000000000");
        invalid("{\"rates\":{\"view\":{\"micros\":1e400,\"cap\":1}}}", "rates.view.micros 1E+400");
        invalid("{\"rates\":{\"view\":{\"micros\":1,\"cap\":0}}}", "rates.view.cap 0");
        invalid("{\"rates\":{\"view\":{\"micros\":1000000000,\"cap\":1001}}}", "rates.view: cap 1001");
        invalid("{\"rates\":{\"view\":{\"micros\":1}}}", "rates.view.cap is missing");
        invalid("{\"rates\":{\"view\":null}}", "rates.view is null");
        invalid("{\"rates\":{}}", "names no type");
        invalid("{}", "names no type");
        invalid("{\"effectiveAt\":\"soon\",\"rates\":{\"view\":{\"micros\":1,\"cap\":1}}}", "'soon'");
        invalid(
                "{\"effectiveAt\":\"2999-01-01T00:00:00.5Z\",\"rates\":{\"view\":{\"micros\":1,\"cap\":1}}}",
                "whole second");
        for (String body : List.of(
                "{\"effectiveat\":\"2999-01-01T00:00:00Z\",\"rates\":{\"view\":{\"micros\":1,\"cap\":1}}}",
                "{\"rates\":{\"view\":{\"micros\":\"1\",\"cap\":1}}}",
                "{\"rates\":{\"view\":{\"micros\":1,\"micros\":2,\"cap\":1}}}",
                "[]",
                "null")) {
            assertThat(post("rates", body).problem()).as(body).isEqualTo("body-malformed");
        }
    }

    private static void invalid(String body, String why) {
        Answer answer = post("rates", body);
        assertThat(answer.status()).as(body).isEqualTo(400);
        assertThat(answer.problem()).as(body).isEqualTo("rate-invalid");
        assertThat(answer.detail()).contains(why);
    }

    @Test
    void aRedisThatLostTheCatalogueGetsItBack() {
        double forged = metric("millrace_catalog_forged_total");
        ledger.stores().redis().del(CatalogStore.TEXT);
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
        ledger.stores().redis().del(CatalogStore.REVISION);
        publisher().tick();
        assertThat(inRedis()).isEqualTo(inDatabase());
        ledger.stores().redis().del(CatalogStore.REVISION);
        ledger.stores().redis().lpush(CatalogStore.REVISION, "no string");
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
        assertThat(metric("millrace_catalog_forged_total")).isEqualTo(forged);
    }

    /** Redis is not trusted: whatever ledger-service has not signed is replaced, told, and never followed. */
    @Test
    void aCatalogueOfSomebodyElseIsReplacedAtTheNextTickAndTold(CapturedOutput log) {
        Catalog now = inDatabase();
        Catalog ghost = new Catalog(
                SignedCatalog.REVISIONS - 1,
                Map.of("ghost", new Catalog.Publisher(List.of(1), List.of())),
                List.of(new RateCard(777, 0, Map.of("view", new Rate(1_000_000_000, 1)))));
        String signed = SignedCatalog.sign(now, KEY);
        List<String> forgeries = List.of(
                "",
                "null",
                "7",
                "no json",
                "{\"publishers\":{}}",
                CatalogJson.write(ghost),
                SignedCatalog.sign(ghost, MasterKey.of("another-master-key-0123456789-0123456789")),
                signed.replace("\"micros\":1000,", "\"micros\":1000000000,"),
                signed.replaceFirst("v1 \\d+", "v1 9007199254740991"));
        assertThat(publisher().publish()).isTrue();
        double told = metric("millrace_catalog_forged_total");
        for (String forgery : forgeries) {
            ledger.stores().redis().set(CatalogStore.TEXT, forgery);
            ledger.stores().redis().set(CatalogStore.REVISION, "9007199254740991");
            publisher().tick();
            assertThat(inRedis()).as(forgery).isEqualTo(now);
        }
        ledger.stores().redis().del(CatalogStore.TEXT);
        ledger.stores().redis().lpush(CatalogStore.TEXT, "no string");
        publisher().tick();
        assertThat(inRedis()).isEqualTo(now);
        assertThat(metric("millrace_catalog_forged_total")).isEqualTo(told + forgeries.size() + 1);
        assertThat(log.getOut().split("Somebody else has written the catalogue in Redis", -1))
                .hasSize(forgeries.size() + 2);
    }

    @Test
    void whileACatalogueOfSomebodyElseIsThereAKeyCanBeRevoked() {
        publisher("forged-upon");
        post("publishers/forged-upon/keys", "");
        for (String forgery : List.of("null", CatalogJson.write(withRevision(inDatabase(), 9_007_199_254_740_991L)))) {
            ledger.stores().redis().set(CatalogStore.TEXT, forgery);
            Answer revoked = ledger.delete("/v1/admin/publishers/forged-upon/keys/1", RunningLedger.admin());
            assertThat(revoked.status()).isEqualTo(204);
            assertThat(revoked.header("Millrace-Catalog-Published")).isEqualTo("true");
            assertThat(inRedis().state(new Kid("forged-upon", 1))).isEqualTo(KeyState.REVOKED);
            assertThat(inRedis()).isEqualTo(inDatabase());
        }
    }

    /** The timer is on here. */
    @Test
    void aCatalogueSetByHandIsReplacedByTheTimerAndARevocationIsMadeMeanwhile() {
        Stores stores = Stores.fresh(5);
        try (RunningLedger timed = RunningLedger.start(stores, Map.of())) {
            timed.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"timed\"}");
            timed.post("/v1/admin/publishers/timed/keys", RunningLedger.admin(), "");
            stores.redis().set(CatalogStore.TEXT, "by hand");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() ->
                            assertThat(stores.redis().get(CatalogStore.TEXT)).contains("\"live\":[1]"));
            stores.redis().set(CatalogStore.TEXT, "by hand");
            Answer revoked = timed.delete("/v1/admin/publishers/timed/keys/1", RunningLedger.admin());
            assertThat(revoked.status()).isEqualTo(204);
            assertThat(revoked.header("Millrace-Catalog-Published")).isEqualTo("true");
            assertThat(stores.redis().get(CatalogStore.TEXT)).contains("\"revoked\":[1]");
        }
    }

    private static Catalog withRevision(Catalog catalog, long revision) {
        return new Catalog(revision, catalog.publishers(), catalog.cards());
    }

    /** Whoever made it died before it could publish it. */
    @Test
    void aChangeThatNobodyPublishedIsFoundNowAndThen() {
        assertThat(publisher().publish()).isTrue();
        Catalog before = inRedis();
        owner("INSERT INTO publisher (publisher) VALUES (?)", "unpublished");
        for (int tick = 1; tick < CatalogPublisher.TICKS_A_LOOK; tick++) {
            publisher().tick();
        }
        assertThat(inRedis()).isEqualTo(before);
        ledger.stores().redis().del("catalog");
        publisher().tick();
        assertThat(inRedis()).isEqualTo(inDatabase());
        assertThat(inRedis().publishers()).containsKey("unpublished");
    }

    @Test
    void betweenTwoLooksRedisGetsBackWhatIsKnown() {
        assertThat(publisher().publish()).isTrue();
        Catalog before = inRedis();
        ledger.stores().redis().del("catalog");
        publisher().tick();
        assertThat(inRedis()).isEqualTo(before);
    }

    @Test
    void afterAPublicationThatFailedTheNextTickAsksTheDatabase() {
        assertThat(publisher().publish()).isTrue();
        owner("UPDATE catalog_revision SET revision = revision - 1");
        assertThat(publisher().publish()).as("behind what Redis holds").isFalse();
        owner("UPDATE catalog_revision SET revision = revision + 1");
        owner("INSERT INTO publisher (publisher) VALUES (?)", "published-late");
        publisher().tick();
        assertThat(inRedis().publishers()).containsKey("published-late");
    }

    /** The change of whom the answer to its commit is lost is in the database, and nobody has published it. */
    @Test
    void afterAChangeThatFailedTheNextTickAsksTheDatabase() {
        assertThat(publisher().publish()).isTrue();
        assertThat(post("publishers", "{\"publisher\":\"\"}").status()).isEqualTo(400);
        publisher("taken");
        assertThat(post("publishers", "{\"publisher\":\"taken\"}").status()).isEqualTo(409);
        owner("INSERT INTO publisher (publisher) VALUES (?)", "committed-unheard");
        publisher().tick();
        assertThat(inRedis().publishers()).containsKey("committed-unheard");
    }

    private static long revision() {
        return inDatabase().revision();
    }

    private static void owner(String sql, Object... parameters) {
        assertThat(ledger.stores().owner().sql(sql).params(List.of(parameters)).update())
                .isEqualTo(1);
    }

    /** What a backup brings back: key 1 as it was before it was revoked, and the revision of then. */
    private static void restoreTheKeyOf(String publisher, long revision) {
        JdbcClient owner = ledger.stores().owner();
        owner.sql("ALTER TABLE publisher_key DISABLE TRIGGER USER").update(); // a backup asks none of them
        owner("UPDATE publisher_key SET revoked_at = NULL WHERE publisher = ? AND number = 1", publisher);
        owner.sql("ALTER TABLE publisher_key ENABLE TRIGGER USER").update();
        owner("UPDATE catalog_revision SET revision = ?", revision);
    }

    private static void behind(Answer answer, String... what) {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.problem()).isEqualTo("catalog-behind");
        assertThat(answer.detail()).contains(what);
        assertThat(answer.header("Retry-After")).as("a person must act first").isEmpty();
    }

    private static void everyChangeButARevocationIsRefused(String publisher, String... what) {
        Catalog database = inDatabase();
        behind(post("publishers", "{\"publisher\":\"%s-new\"}".formatted(publisher)), what);
        behind(post("publishers/" + publisher + "/keys", ""), what);
        behind(post("rates", "{\"rates\":{\"view\":{\"micros\":1,\"cap\":1}}}"), what);
        assertThat(inDatabase()).isEqualTo(database);
    }

    private static long failures() {
        return (long) metric("millrace_catalog_publish_failures_total");
    }

    private static double metric(String name) {
        Matcher line = Pattern.compile("(?m)^%s (\\S+)$".formatted(name))
                .matcher(ledger.management("/actuator/prometheus").text());
        assertThat(line.find()).as(name).isTrue();
        return Double.parseDouble(line.group(1));
    }

    @Test
    void afterARestoreWhatWasPublishedStaysInForceUntilAPersonHasAppliedTheLostChangesAgain(CapturedOutput log) {
        publisher("restored");
        post("publishers/restored/keys", "");
        long backup = revision();
        ledger.delete("/v1/admin/publishers/restored/keys/1", RunningLedger.admin());
        String published = textInRedis();
        long failures = failures();
        restoreTheKeyOf("restored", backup);

        assertThat(publisher().publish()).isFalse();
        everyChangeButARevocationIsRefused(
                "restored",
                "Redis holds revision %d of the catalogue, but the database is at %d".formatted(backup + 1, backup),
                "or Redis holds a catalogue that this database never had",
                "UPDATE catalog_revision SET revision = greatest(revision, %d)".formatted(backup + 2));
        assertThat(textInRedis()).isEqualTo(published);
        assertThat(failures()).isEqualTo(failures + 4);
        assertThat(log.getOut().split("restored to an older state", -1))
                .as("said once")
                .hasSize(2);

        owner("UPDATE publisher_key SET revoked_at = now() WHERE publisher = 'restored' AND number = 1");
        owner("UPDATE catalog_revision SET revision = greatest(revision, ?)", backup + 2);
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
        assertThat(inRedis().state(new Kid("restored", 1))).isEqualTo(KeyState.REVOKED);
        assertThat(post("publishers/restored/keys", "").header("Millrace-Catalog-Published"))
                .isEqualTo("true");
        assertThat(log.getOut()).contains("The catalogue is not the one in force: over");
    }

    @Test
    void anotherCatalogueOfTheSameRevisionIsNotTakenForAPublishedOne() {
        publisher("twin");
        post("publishers/twin/keys", "");
        ledger.delete("/v1/admin/publishers/twin/keys/1", RunningLedger.admin());
        long revision = revision();
        String published = textInRedis();
        restoreTheKeyOf("twin", revision);

        assertThat(publisher().publish()).isFalse();
        everyChangeButARevocationIsRefused("twin", "different catalogues of revision " + revision);
        assertThat(textInRedis()).isEqualTo(published);

        owner("UPDATE publisher_key SET revoked_at = now() WHERE publisher = 'twin' AND number = 1");
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
    }

    /** What a person does after a restore while the lost changes are not applied again yet. */
    @Test
    void whileTheDatabaseIsBehindAKeyIsRevokedInForceAndTheDatabaseNeverOvertakes() {
        publisher("urgent");
        post("publishers/urgent/keys", "");
        post("publishers/urgent/keys", "");
        Catalog published = withRevision(inDatabase(), revision() + 1); // a change that the backup lost
        setInRedis(published);
        String path = "/v1/admin/publishers/urgent/keys/";

        for (int number : new int[] {1, 2}) {
            long before = inRedis().revision();
            Answer revoked = ledger.delete(path + number, RunningLedger.admin());
            assertThat(revoked.status()).isEqualTo(204);
            assertThat(revoked.header("Millrace-Catalog-Published")).isEqualTo("true");
            assertThat(inRedis().state(new Kid("urgent", number))).isEqualTo(KeyState.REVOKED);
            assertThat(inDatabase().state(new Kid("urgent", number))).isEqualTo(KeyState.REVOKED);
            assertThat(inRedis().revision()).isGreaterThan(before).isGreaterThan(revision());
            everyChangeButARevocationIsRefused(
                    "urgent", "Redis holds revision " + inRedis().revision());
        }
        long before = inRedis().revision();
        publisher().tick();
        assertThat(inRedis().revision()).as("nothing new to unite").isEqualTo(before);
        assertThat(inRedis().cards()).isEqualTo(published.cards());

        owner("UPDATE catalog_revision SET revision = greatest(revision, ?)", before + 1);
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
    }

    @Test
    void aKeyThatOnlyTheCatalogueInForceKnowsCanBeRevoked() {
        Catalog ours = inDatabase();
        Map<String, Catalog.Publisher> publishers = new HashMap<>(ours.publishers());
        publishers.put("forgotten", new Catalog.Publisher(List.of(1, 2), List.of()));
        setInRedis(new Catalog(ours.revision() + 5, publishers, ours.cards()));

        Answer revoked = ledger.delete("/v1/admin/publishers/forgotten/keys/2", RunningLedger.admin());
        assertThat(revoked.status()).isEqualTo(204);
        assertThat(revoked.header("Millrace-Catalog-Published")).isEqualTo("true");
        assertThat(inRedis().publishers().get("forgotten")).isEqualTo(new Catalog.Publisher(List.of(1), List.of(2)));
        assertThat(inDatabase()).isEqualTo(ours);
        assertThat(ledger.delete("/v1/admin/publishers/forgotten/keys/3", RunningLedger.admin())
                        .problem())
                .isEqualTo("publisher-unknown");

        // Raising the revision without the lost changes puts the database's catalogue in force; what is revoked stays
        // so.
        owner("UPDATE catalog_revision SET revision = ?", inRedis().revision() + 1);
        assertThat(publisher().publish()).isFalse();
        assertThat(inRedis().publishers().get("forgotten")).isEqualTo(new Catalog.Publisher(List.of(), List.of(2)));
        behind(post("rates", "{\"rates\":{\"view\":{\"micros\":1,\"cap\":1}}}"), "different catalogues of revision");
        ledger.stores().redis().del(CatalogStore.TEXT);
        publisher().tick();
        assertThat(inRedis()).as("what a person has deleted is not given back").isEqualTo(inDatabase());
    }

    /** Lua and many JSON readers hold whole numbers exactly below it. */
    @Test
    void aRevisionOf2To53IsNeverPublished() {
        assertThat(publisher().publish()).isTrue();
        publisher("huge");
        post("publishers/huge/keys", "");
        Catalog published = inRedis();
        long before = revision();
        owner("UPDATE catalog_revision SET revision = ?", SignedCatalog.REVISIONS);
        try {
            assertThat(publisher().publish()).isFalse();
            assertThat(inRedis()).isEqualTo(published);
            behind(post("publishers/huge/keys", ""), "revision 9007199254740992, which is not below 2^53");
            assertThat(ledger.delete("/v1/admin/publishers/huge/keys/1", RunningLedger.admin())
                            .status())
                    .isEqualTo(204);
            assertThat(inRedis().state(new Kid("huge", 1))).isEqualTo(KeyState.REVOKED);
            assertThat(inRedis().revision()).isEqualTo(published.revision() + 1);
        } finally {
            owner("UPDATE catalog_revision SET revision = ?", before + 10);
        }
        assertThat(publisher().publish()).isTrue();
        assertThat(inRedis()).isEqualTo(inDatabase());
    }

    @Test
    void theSameCatalogueInAnotherInstancesWordsIsPublished() {
        publisher("worded");
        Catalog now = inDatabase();
        String words = "{\"cards\":%s,\"publishers\":%s,\"revision\":%d}"
                .formatted(
                        new JsonMapper().writeValueAsString(now.cards()),
                        new JsonMapper().writeValueAsString(new TreeMap<>(now.publishers())),
                        now.revision());
        String head = "v1 %d %s".formatted(now.revision(), KEY.fingerprint());
        byte[] mac = new HmacSha256(KEY.catalogKey()).of((head + "\n" + words).getBytes(StandardCharsets.UTF_8));
        String text = head + " " + HexFormat.of().formatHex(mac) + "\n" + words;
        ledger.stores().redis().set(CatalogStore.TEXT, text);
        assertThat(publisher().publish()).isTrue();
        assertThat(textInRedis()).isEqualTo(text);
    }

    @Test
    void anOlderSnapshotNeverReplacesANewerOne() {
        Catalog newer = withRevision(inDatabase(), revision() + 100);
        setInRedis(newer);
        String text = textInRedis();
        assertThat(publisher().publish()).isFalse();
        assertThat(textInRedis()).isEqualTo(text);
        ledger.stores().redis().del(CatalogStore.TEXT);
        assertThat(publisher().publish()).isTrue();
    }

    /** A number is compared as one: as text 9 would be above 10, as a binary fraction 2^53 equal to 2^53 + 1. */
    @Test
    void revisionsAreComparedAsWholeNumbers() {
        long before = revision();
        owner("UPDATE catalog_revision SET revision = ?", 9_007_199_254_740_990L);
        try {
            setInRedis(withRevision(inDatabase(), 9_007_199_254_740_989L));
            assertThat(publisher().publish()).isTrue();
            assertThat(inRedis().revision()).isEqualTo(9_007_199_254_740_990L);
        } finally {
            owner("UPDATE catalog_revision SET revision = ?", before + 10);
            ledger.stores().redis().del(CatalogStore.TEXT);
        }
        assertThat(publisher().publish()).isTrue();
    }
}
