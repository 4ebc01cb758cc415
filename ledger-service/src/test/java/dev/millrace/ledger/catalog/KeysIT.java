package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.SettingException;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Publishers' keys: their ends, their master keys, and the traces that they leave. */
@ExtendWith(OutputCaptureExtension.class)
class KeysIT {
    private static final String NEW = "f7b3920d6ce14a58b0d4437e19a5c862";
    private static final String BOTH = "v2:%s,v1:%s".formatted(NEW, RunningLedger.MASTER_KEY);
    private static final MasterKeys KEYS = MasterKeys.of("", BOTH);
    private static RunningLedger ledger;

    @BeforeAll
    static void start() {
        ledger = RunningLedger.start(Stores.fresh(7), Map.of("MILLRACE_CATALOG_INTERVAL", "1h"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private static void publisher(RunningLedger at, String publisher) {
        assertThat(at.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"%s\"}".formatted(publisher))
                        .status())
                .isEqualTo(201);
    }

    private static Answer make(String publisher, String idempotencyKey, String body) {
        var request = ledger.request("/v1/admin/publishers/" + publisher + "/keys", RunningLedger.admin())
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
        return ledger.send(idempotencyKey.isEmpty() ? request : request.header("Idempotency-Key", idempotencyKey));
    }

    private static Catalog published(RunningLedger at, MasterKeys keys) throws Exception {
        return SignedCatalog.verify(String.valueOf(at.stores().redis().get(CatalogStore.TEXT)), keys);
    }

    @Test
    void aKeyEndsWhenItIsToldTo() throws Exception {
        publisher(ledger, "ending");
        Answer made = make("ending", "", "{\"expires\":\"2099-01-01T00:00:00Z\"}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.json().get("expiresAt").asString()).isEqualTo("2099-01-01T00:00:00Z");
        Catalog catalog = published(ledger, MasterKeys.of(MasterKey.of(RunningLedger.MASTER_KEY)));
        assertThat(catalog.terms(new Kid("ending", 1)))
                .isEqualTo(new Catalog.Terms(
                        1, Instant.parse("2099-01-01T00:00:00Z").getEpochSecond()));
        assertThat(make("ending", "", "").json().get("expiresAt").isNull()).isTrue();
        assertThat(published(ledger, MasterKeys.of(MasterKey.of(RunningLedger.MASTER_KEY)))
                        .terms(new Kid("ending", 2)))
                .isEqualTo(Catalog.Terms.USUAL);
        assertThat(ledger.get("/v1/admin/publishers/ending/keys", RunningLedger.admin())
                        .text())
                .contains("\"expiresAt\":\"2099-01-01T00:00:00Z\",\"master\":\"v1\"");
        for (String wrong : List.of("soon", "2020-01-01T00:00:00Z", "2099-01-01", "2099-01-01T00:00:00.5Z")) {
            Answer refused = make("ending", "", "{\"expires\":\"%s\"}".formatted(wrong));
            assertThat(refused.problem()).isEqualTo("key-invalid");
            assertThat(refused.detail()).startsWith("expires '%s' is not a whole second after now".formatted(wrong));
        }
        assertThat(make("ending", "", "{\"expire\":\"2099-01-01T00:00:00Z\"}").problem())
                .isEqualTo("body-malformed");
    }

    /** The secret is stored nowhere: it is derived again. */
    @Test
    void aRepetitionAfterALostAnswerShowsTheSameKey() throws Exception {
        publisher(ledger, "repeated");
        Answer first = make("repeated", "order-1", "{\"expires\":\"2099-01-01T00:00:00Z\"}");
        List<Future<Answer>> again = new ArrayList<>();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                again.add(callers.submit(() -> make("repeated", "order-1", "{\"expires\":\"2099-01-01T00:00:00Z\"}")));
            }
        }
        for (Future<Answer> answer : again) {
            assertThat(answer.get().status()).isEqualTo(201);
            assertThat(answer.get().text()).isEqualTo(first.text());
        }
        assertThat(make("repeated", "order-1", "").problem()).isEqualTo("idempotency-conflict");
        assertThat(make("repeated", "order-2", "").json().get("kid").asString()).isEqualTo("repeated.2");
        assertThat(make("repeated", "", "").json().get("kid").asString()).isEqualTo("repeated.3");
        assertThat(ledger.stores()
                        .owner()
                        .sql("SELECT count(*) FROM idempotency WHERE answer::text LIKE ?")
                        .param("%" + first.json().get("secret").asString() + "%")
                        .query(Long.class)
                        .single())
                .isZero();
        String path = "/v1/admin/publishers/repeated/keys";
        Answer other = ledger.send(ledger.request(path, RunningLedger.scoped("eve", "ledger.keys"))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "order-1")
                .POST(BodyPublishers.ofString("{\"expires\":\"2099-01-01T00:00:00Z\"}")));
        assertThat(other.problem()).as("the secret is its maker's").isEqualTo("idempotency-conflict");
        assertThat(ledger.stores()
                        .owner()
                        .sql(
                                "SELECT action || ' ' || subject || ' ' || token FROM audit WHERE target = 'repeated' AND after->>'kid' = 'repeated.1'")
                        .query(String.class)
                        .list())
                .hasSize(9)
                .startsWith("key.create admin token-of-admin")
                .endsWith("key.show admin token-of-admin");
        assertThat(ledger.delete(path + "/1", RunningLedger.admin()).status()).isEqualTo(204);
        Answer dead = make("repeated", "order-1", "{\"expires\":\"2099-01-01T00:00:00Z\"}");
        assertThat(dead.problem()).isEqualTo("idempotency-conflict");
        assertThat(dead.detail())
                .isEqualTo(
                        "the key that was made under this Idempotency-Key, repeated.1, is revoked; send another Idempotency-Key for another key");
        publisher(ledger, "another");
        assertThat(make("another", "order-1", "").json().get("kid").asString()).isEqualTo("another.1");
    }

    @Test
    void everyKeyLeavesATraceAndALogLine(CapturedOutput log) {
        publisher(ledger, "traced");
        make("traced", "", "{\"reason\":\"the first one\"}");
        String path = "/v1/admin/publishers/traced/keys/1";
        for (int i = 0; i < 2; i++) {
            assertThat(ledger.delete(path + "?reason=it%20leaked", RunningLedger.admin())
                            .status())
                    .isEqualTo(204);
        }
        assertThat(ledger.stores().owner().sql("""
                                SELECT action || ' ' || coalesce(before#>>'{}', '-') || ' ' || coalesce(after->>'kid', after->>'publisher', '-')
                                    || ' ' || coalesce(reason, '-') || ' ' || subject
                                FROM audit WHERE target = 'traced' ORDER BY number""").query(String.class).list())
                .containsExactly(
                        "publisher.create - traced - admin",
                        "key.create - traced.1 the first one admin",
                        "key.revoke traced.1 - it leaked admin");
        assertThat(log.getOut())
                .contains("publisher.create traced by 'admin'")
                .contains("key.create traced by 'admin'")
                .containsOnlyOnce("key.revoke traced by 'admin'");
        assertThat(make("traced", "", "{\"reason\":\"a\\nb\"}").problem()).isEqualTo("key-invalid");
    }

    private static Map<String, String> masters(String several) {
        return Map.of("MILLRACE_MASTER_KEY", "", "MILLRACE_MASTER_KEYS", several, "MILLRACE_CATALOG_INTERVAL", "1h");
    }

    /** Nobody has to change anything on the day of a new master key. */
    @Test
    void aNewMasterKeyIsInForceWhileTheOldOnesKeysLiveOn() throws Exception {
        Stores stores = Stores.fresh(8);
        try (RunningLedger before = RunningLedger.start(stores, Map.of())) {
            publisher(before, "rotated");
            Answer old = before.post("/v1/admin/publishers/rotated/keys", RunningLedger.admin(), "");
            assertThat(old.json().get("master").asString()).isEqualTo("v1");
            Stores again = stores.again();
            try (RunningLedger after = RunningLedger.start(again, masters(BOTH))) {
                assertThat(published(after, KEYS).terms(new Kid("rotated", 1))).isEqualTo(Catalog.Terms.USUAL);
                Answer made = after.post("/v1/admin/publishers/rotated/keys", RunningLedger.admin(), "");
                assertThat(made.json().get("master").asString()).isEqualTo("v2");
                assertThat(made.json().get("secret").asString())
                        .isEqualTo(MasterKey.of(NEW).publisherSecret(new Kid("rotated", 2)));
                Catalog catalog = published(after, MasterKeys.of(MasterKey.of(NEW)));
                assertThat(catalog.terms(new Kid("rotated", 1)).master()).isEqualTo(1);
                assertThat(catalog.terms(new Kid("rotated", 2)).master()).isEqualTo(2);
                assertThat(after.management("/actuator/prometheus").text())
                        .contains("millrace_publisher_keys{master=\"v1\"} 1.0")
                        .contains("millrace_publisher_keys{master=\"v2\"} 0.0");
            }
            assertThatThrownBy(() -> RunningLedger.start(stores, masters("v2:" + NEW)))
                    .hasRootCauseInstanceOf(SettingException.class)
                    .rootCause()
                    .hasMessageContaining("master keys that are not set: v1 (1 keys)");
            assertThat(before.delete("/v1/admin/publishers/rotated/keys/1", RunningLedger.admin())
                            .status())
                    .isEqualTo(204);
        }
    }

    @Test
    void onceItsLastKeyHasEndedAnOldMasterKeyCanGo() {
        Stores stores = Stores.fresh(9);
        try (RunningLedger before = RunningLedger.start(stores, Map.of())) {
            publisher(before, "ended");
            before.post("/v1/admin/publishers/ended/keys", RunningLedger.admin(), "");
            before.post("/v1/admin/publishers/ended/keys", RunningLedger.admin(), "");
            before.delete("/v1/admin/publishers/ended/keys/1", RunningLedger.admin());
            assertThat(stores.owner()
                            .sql("UPDATE publisher_key SET expires_at = '2020-01-01Z' WHERE number = 2")
                            .update())
                    .isEqualTo(1);
            RunningLedger.start(stores.again(), masters("v2:" + NEW)).close();
        }
    }
}
