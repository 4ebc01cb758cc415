package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.SignedCatalog;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.counters.CatalogStore;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Rate cards that are withdrawn, and prices that change by much. */
@ExtendWith(OutputCaptureExtension.class)
class RatesIT {
    private static final MasterKeys KEYS = MasterKeys.of(MasterKey.of(RunningLedger.MASTER_KEY));
    private static RunningLedger ledger;

    @BeforeAll
    static void start() {
        ledger = RunningLedger.start(Stores.fresh(10), Map.of("MILLRACE_CATALOG_INTERVAL", "1h"));
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private static Answer add(String body) {
        return ledger.post("/v1/admin/rates", RunningLedger.admin(), body);
    }

    private static Answer withdraw(String version) {
        return ledger.delete("/v1/admin/rates/" + version, RunningLedger.admin());
    }

    private static Instant inHours(int hours) {
        return Instant.now().plusSeconds(3_600L * hours).truncatedTo(ChronoUnit.SECONDS);
    }

    private static String card(Instant at, String rates) {
        return "{\"effectiveAt\":\"%s\",\"rates\":%s}".formatted(at, rates);
    }

    private static Catalog published() throws Exception {
        return SignedCatalog.verify(String.valueOf(ledger.stores().redis().get(CatalogStore.TEXT)), KEYS);
    }

    @Test
    void aCardIsWithdrawnBeforeItIsInForceAndItsSecondIsFree(CapturedOutput log) throws Exception {
        Instant at = inHours(5);
        Answer slip = add(card(at, "{\"view\":{\"micros\":1100,\"cap\":1}}"));
        int version = slip.json().get("version").asInt();
        assertThat(published().card(version)).isPresent();
        for (int i = 0; i < 2; i++) {
            Answer withdrawn = withdraw(version + "?reason=a%20slip");
            assertThat(withdrawn.status()).as(withdrawn.text()).isEqualTo(204);
            assertThat(withdrawn.header("Millrace-Catalog-Published")).isEqualTo("true");
        }
        assertThat(published().card(version)).isEmpty();
        assertThat(ledger.get("/v1/admin/rates", RunningLedger.admin()).text())
                .as("kept for the record")
                .containsPattern("\"version\":%d,[^}]*\"withdrawnAt\":\"20".formatted(version));
        Answer right = add(card(at, "{\"view\":{\"micros\":1200,\"cap\":1}}"));
        assertThat(right.status()).as(right.text()).isEqualTo(201);
        assertThat(right.json().get("version").asInt()).isEqualTo(version + 1);
        assertThat(published().cardAt("demo", at.getEpochSecond()).version()).isEqualTo(version + 1);
        assertThat(audit(version)).containsExactly("rate.add - 1100 -", "rate.withdraw 1100 - a slip");
        assertThat(log.getOut()).containsOnlyOnce("rate.withdraw %d by 'admin'".formatted(version));
    }

    private static List<String> audit(int version) {
        return ledger.stores()
                .owner()
                .sql("""
                        SELECT action || ' ' || coalesce(before#>>'{rates,view,micros}', '-') || ' ' || coalesce(after#>>'{rates,view,micros}', '-')
                            || ' ' || coalesce(reason, '-')
                        FROM audit WHERE target = ? ORDER BY number""")
                .param(Integer.toString(version))
                .query(String.class)
                .list();
    }

    /** A card whose time is nearer than a node's oldest catalogue could be in force there. */
    @Test
    void whatIsInForceOrNearlySoStays() {
        for (String version : List.of("0", "999", "01", "x")) {
            assertThat(withdraw(version).problem()).isEqualTo("rate-unknown");
        }
        assertThat(withdraw("1").status()).isEqualTo(409);
        assertThat(withdraw("1").problem()).isEqualTo("rate-in-force");
        Answer soon = add("{\"rates\":{\"scroll\":{\"micros\":100,\"cap\":1}}}");
        int version = soon.json().get("version").asInt();
        assertThat(ledger.stores()
                        .owner()
                        .sql("ALTER TABLE rate_card DISABLE TRIGGER USER")
                        .update())
                .isZero();
        ledger.stores()
                .owner()
                .sql(
                        "UPDATE rate_card SET effective_at = date_trunc('second', now()) + interval '2 s' WHERE version = ?")
                .param(version)
                .update();
        ledger.stores().owner().sql("ALTER TABLE rate_card ENABLE TRIGGER USER").update();
        assertThat(withdraw(Integer.toString(version)).detail()).contains("not at least 3000 ms after now");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "view    | 10000  | 1    | ok",
                "view    | 10001  | 1    | 1000 micros (cap 1) would become 10001 micros (cap 1)",
                "view    | 100    | 1    | ok",
                "view    | 99     | 1    | 1000 micros (cap 1) would become 99 micros (cap 1)",
                "view    | 0      | 1    | 1000 micros (cap 1) would become 0 micros (cap 1)",
                "comment | 50     | 1000 | ok",
                "comment | 50     | 1001 | 50 micros (cap 100) would become 50 micros (cap 1001)",
                "comment | 500    | 100  | ok",
                "comment | 500    | 101  | 50 micros (cap 100) would become 500 micros (cap 101)"
            })
    void aPriceThatChangesByMoreThanTheFactorIsMeant(String type, long micros, long cap, String answer) {
        String rates = "{\"%s\":{\"micros\":%d,\"cap\":%d}}".formatted(type, micros, cap);
        String body = card(inHours(2).plusSeconds(micros * 7 + cap), rates);
        Answer asked = add(body);
        if (answer.equals("ok")) {
            assertThat(asked.status()).as(asked.text()).isEqualTo(201);
        } else {
            assertThat(asked.status()).isEqualTo(409);
            assertThat(asked.problem()).isEqualTo("rate-change-too-large");
            assertThat(asked.detail())
                    .isEqualTo(
                            "rates.%s: %s, a change by more than the factor 10; add \"force\": true where that is meant"
                                    .formatted(type, answer));
            asked = add(body.replace("{\"effectiveAt\"", "{\"force\":true,\"effectiveAt\""));
            assertThat(asked.status()).as(asked.text()).isEqualTo(201);
        }
        assertThat(withdraw(asked.json().get("version").asString()).status()).isEqualTo(204);
    }

    /** Cards that wait can be withdrawn, and then what was compared with them stays. */
    @Test
    void smallStepsThatWaitDoNotMakeALargeOne() {
        assertThat(add(card(inHours(50), "{\"comment\":{\"micros\":500,\"cap\":1}}"))
                        .status())
                .isEqualTo(201);
        Answer large = add(card(inHours(51), "{\"comment\":{\"micros\":5000,\"cap\":1}}"));
        assertThat(large.problem()).as(large.text()).isEqualTo("rate-change-too-large");
        assertThat(large.detail()).startsWith("rates.comment: 50 micros (cap 100) would become 5000 micros (cap 1)");
    }

    @Test
    void aRepetitionAfterALostAnswerAddsNoSecondCard() {
        String body = "{\"rates\":{\"read\":{\"micros\":301,\"cap\":1}},\"reason\":\"once\"}";
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            answers.add(ledger.send(ledger.request("/v1/admin/rates", RunningLedger.admin())
                    .header("Content-Type", "application/json")
                    .header("Idempotency-Key", "card-1")
                    .POST(BodyPublishers.ofString(body))));
        }
        assertThat(answers.getFirst().status()).as(answers.getFirst().text()).isEqualTo(201);
        assertThat(answers.getLast().text()).isEqualTo(answers.getFirst().text());
        assertThat(ledger.stores()
                        .owner()
                        .sql("SELECT count(*) FROM audit WHERE action = 'rate.add' AND reason = 'once'")
                        .query(Long.class)
                        .single())
                .isOne();
    }
}
