package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BalanceIT {
    private final RunningLedger ledger = RunningLedger.shared();

    @Test
    void theAnswerIsTheContractsToTheLetter() {
        ledger.stores()
                .inTransaction(() ->
                        ledger.stores().book(Instant.now(), Map.of(new Stores.Credit("demo", "c-42"), 1_200_000L)));
        ledger.stores().count("c-42", 3_500);
        Instant asked = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Answer answer = ledger.get("/v1/creators/c-42/balance", RunningLedger.token("c-42"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.text())
                .startsWith(
                        "{\"creator\":\"c-42\",\"currency\":\"USD\","
                                + "\"settled\":{\"micros\":1200000,\"amount\":\"1.200000\"},"
                                + "\"pending\":{\"micros\":3500,\"amount\":\"0.003500\"},"
                                + "\"total\":{\"micros\":1203500,\"amount\":\"1.203500\"},\"available\":{\"micros\":0,\"amount\":\"0.000000\"},\"held\":{\"micros\":0,\"amount\":\"0.000000\"},\"underWay\":{\"micros\":0,\"amount\":\"0.000000\"},\"asOf\":\"");
        assertThat(Instant.parse(answer.json().get("asOf").asString())).isBetween(asked, Instant.now());
        assertThat(Instant.parse(answer.json().get("settledThrough").asString()))
                .isBefore(Instant.now());
        assertThat(answer.text()).endsWith("Z\"}");
    }

    @Test
    void aCreatorNobodyHasHeardOfIs404() {
        Answer answer = ledger.get("/v1/creators/nobody/balance", RunningLedger.admin());
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.problem()).isEqualTo("creator-unknown");
        assertThat(answer.detail()).contains("'nobody'");
    }

    @Test
    void aCreatorWhoHasEarnedNothingYetSeesZerosAndNobodyElseDoes() {
        String zero = "{\"micros\":0,\"amount\":\"0.000000\"}";
        Answer own = ledger.get("/v1/creators/beginner/balance", RunningLedger.token("beginner"));
        assertThat(own.status()).isEqualTo(200);
        assertThat(own.text())
                .startsWith(
                        "{\"creator\":\"beginner\",\"currency\":\"USD\",\"settled\":%s,\"pending\":%s,\"total\":%s,\"available\":{\"micros\":0,\"amount\":\"0.000000\"},\"held\":{\"micros\":0,\"amount\":\"0.000000\"},\"underWay\":{\"micros\":0,\"amount\":\"0.000000\"},\"asOf\":\""
                                .formatted(zero, zero, zero));
        assertThat(ledger.get("/v1/creators/beginner/balance", RunningLedger.admin())
                        .problem())
                .isEqualTo("creator-unknown");
    }

    @Test
    void anIdOfAnotherFormIs400AndNamed() {
        for (String id : new String[] {"a%20b", "%C3%A9", "a%7Cb", "x".repeat(65)}) {
            Answer answer = ledger.get("/v1/creators/" + id + "/balance", RunningLedger.admin());
            assertThat(answer.status()).as(id).isEqualTo(400);
            assertThat(answer.problem()).isEqualTo("creator-invalid");
            assertThat(answer.detail()).contains("[A-Za-z0-9._:-]{1,64}");
        }
        assertThat(ledger.get("/v1/creators/a:b.c_d-E9/balance", RunningLedger.admin())
                        .status())
                .isEqualTo(404);
    }

    @Test
    void everyReadingIsCountedByItsOutcomeAndNeverByCreator() {
        ledger.stores().count("metered-creator", 1);
        ledger.get("/v1/creators/metered-creator/balance", RunningLedger.admin());
        ledger.get("/v1/creators/unmetered-creator/balance", RunningLedger.admin());
        ledger.get("/v1/creators/metered-creator/balance", "");
        String metrics = ledger.management("/actuator/prometheus").text();
        assertThat(metrics)
                .containsPattern("millrace_balance_reads_total\\{outcome=\"ok\"} [1-9]")
                .containsPattern("millrace_balance_reads_total\\{outcome=\"unknown\"} [1-9]")
                .containsPattern("millrace_balance_reads_total\\{outcome=\"unavailable\"} \\d")
                .containsPattern("millrace_catalog_revision [1-9]")
                .contains("millrace_catalog_publish_failures_total ")
                .contains("uri=\"/v1/creators/{creator}/balance\"")
                .doesNotContain("metered-creator");
    }

    @Test
    void healthAndMetricsAreOpenAndLivenessDependsOnNothing() {
        for (String path : new String[] {
            "/actuator/health", "/actuator/health/liveness", "/actuator/health/readiness", "/actuator/prometheus"
        }) {
            assertThat(ledger.management(path).status()).as(path).isEqualTo(200);
            assertThat(ledger.get(path, RunningLedger.admin()).status())
                    .as("%s at the API", path)
                    .isEqualTo(404);
        }
        assertThat(ledger.management("/actuator/health/liveness").text()).isEqualTo("{\"status\":\"UP\"}");
        assertThat(ledger.get("/actuator/env", RunningLedger.admin()).status()).isEqualTo(404);
        assertThat(ledger.get("/actuator/env", "").status()).isEqualTo(401);
    }

    @Test
    void whateverGoesWrongIsAProblemDetail() {
        String admin = RunningLedger.admin();
        assertThat(ledger.get("/v1/nothing", admin).problem()).isEqualTo("not-found");
        assertThat(ledger.post("/v1/creators/c-1/balance", admin, "{}").problem())
                .isEqualTo("method-not-allowed");
        assertThat(ledger.send(ledger.request("/v1/creators/c-1/balance", admin)
                                .header("Accept", "text/html")
                                .GET())
                        .problem())
                .isEqualTo("not-acceptable");
        assertThat(ledger.send(ledger.request("/v1/admin/publishers", admin)
                                .header("Content-Type", "text/plain")
                                .POST(HttpRequest.BodyPublishers.ofString("demo")))
                        .problem())
                .isEqualTo("unsupported-media-type");
        assertThat(ledger.post("/v1/admin/publishers", admin, "{\"publisher\":").problem())
                .isEqualTo("body-malformed");
        assertThat(ledger.post("/v1/admin/publishers", admin, "{\"publisher\":{}}")
                        .detail())
                .contains("'publisher'");
        assertThat(ledger.post("/v1/admin/publishers", admin, "").problem()).isEqualTo("body-malformed");
        Answer firewall = ledger.get("/v1/creators/a;b/balance", admin);
        assertThat(firewall.problem()).isEqualTo("request-malformed");
        assertThat(firewall.json().get("instance").asString()).isEqualTo("/v1/creators/a;b/balance");
        assertThat(ledger.send(ledger.request("/v1/creators/a/balance", "")
                                .header("Accept", "text/html")
                                .GET())
                        .problem())
                .isEqualTo("unauthenticated");
    }
}
