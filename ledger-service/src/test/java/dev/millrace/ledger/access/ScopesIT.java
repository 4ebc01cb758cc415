package dev.millrace.ledger.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every path with every scope: what a row names opens it, and everything else does not. */
class ScopesIT {
    private static final List<String> ALL = List.of(
            "ledger.admin",
            "ledger.keys",
            "ledger.rates",
            "ledger.money",
            "ledger.read",
            "publisher:p-1",
            "publisher:p-2",
            "publisher:p-1x",
            "publisher:",
            "publisher:*",
            "publisher:p-1/keys",
            "publisher-keys:p-1",
            "publisher-keys:p-2",
            "ledger.",
            "LEDGER.ADMIN",
            "openid");

    private static final RunningLedger LEDGER = RunningLedger.shared();

    @BeforeAll
    static void twoPublishers() {
        for (String publisher : List.of("p-1", "p-2")) {
            LEDGER.post("/v1/admin/publishers", RunningLedger.admin(), "{\"publisher\":\"%s\"}".formatted(publisher));
        }
        LEDGER.stores().count("p-1", 1);
        LEDGER.stores().count("publisher:p-1", 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET    | /v1/admin/publishers                | ledger.keys ledger.money ledger.read",
                "POST   | /v1/admin/publishers                | ledger.keys",
                "GET    | /v1/admin/publishers/p-1            | ledger.keys ledger.money ledger.read",
                "PATCH  | /v1/admin/publishers/p-1            | ledger.money",
                "GET    | /v1/admin/publishers/p-1/keys       | ledger.keys ledger.money ledger.read",
                "HEAD   | /v1/admin/publishers/p-1/keys       | ledger.keys ledger.money ledger.read",
                "POST   | /v1/admin/publishers/none/keys      | ledger.keys",
                "DELETE | /v1/admin/publishers/none/keys/1    | ledger.keys",
                "PATCH  | /v1/admin/creators/c-1              | ledger.money",
                "GET    | /v1/admin/creators/c-1              | ledger.money ledger.read",
                "GET    | /v1/admin/creators?state=held       | ledger.money ledger.read",
                "POST   | /v1/admin/creators                  | ''",
                "GET    | /v1/publishers/p-1/corrections      | publisher:p-1 ledger.money ledger.read",
                "GET    | /v1/publishers/p-1/corrections/1    | publisher:p-1 ledger.money ledger.read",
                "GET    | /v1/publishers/p-1/creators         | publisher:p-1 ledger.money ledger.read",
                "GET    | /v1/admin/rates                     | ledger.rates ledger.read",
                "POST   | /v1/admin/rates                     | ledger.rates",
                "DELETE | /v1/admin/rates/77                  | ledger.rates",
                "POST   | /v1/admin/corrections               | ledger.money",
                "GET    | /v1/admin/corrections               | ledger.money ledger.read",
                "GET    | /v1/admin/corrections/1             | ledger.money ledger.read",
                "POST   | /v1/admin/corrections/1             | ''",
                "POST   | /v1/admin/payouts                   | ledger.money",
                "POST   | /v1/admin/payouts/1/paid            | ledger.money",
                "GET    | /v1/admin/payouts                   | ledger.money ledger.read",
                "GET    | /v1/admin/audit                     | ledger.read",
                "GET    | /v1/admin/anything/new              | ledger.read",
                "POST   | /v1/admin/anything/new              | ''",
                "PUT    | /v1/admin/rates/77                  | ''",
                "GET    | /v1/changes                         | ledger.read",
                "POST   | /v1/changes                         | ''",
                "GET    | /v1/creators/c-1/balance            | ledger.read",
                "GET    | /v1/creators/publisher:p-1/balance  | ledger.read",
                "GET    | /v1/publishers/p-1/spend            | publisher:p-1 ledger.read",
                "GET    | /v1/publishers/p-1/statements/2026-10 | publisher:p-1 ledger.read",
                "GET    | /v1/publishers/p-1/keys             | publisher:p-1 publisher-keys:p-1 ledger.keys ledger.read",
                "POST   | /v1/publishers/p-1/keys             | publisher-keys:p-1 ledger.keys",
                "DELETE | /v1/publishers/p-1/keys/1           | publisher-keys:p-1 ledger.keys",
                "POST   | /v1/publishers/p-1/corrections      | publisher:p-1 ledger.money",
                "PUT    | /v1/publishers/p-1/creators/c-1     | publisher:p-1 ledger.money",
                "DELETE | /v1/publishers/p-1/creators/c-1     | publisher:p-1 ledger.money",
                "PATCH  | /v1/publishers/p-1                  | ''",
                "GET    | /v1/nothing                         | ''",
                "GET    | /actuator/env                       | ''"
            })
    void aScopeOpensItsPathsAndNoOther(String method, String path, String opens) {
        List<String> opening = List.of(opens.split(" "));
        for (String scope : ALL) {
            Answer answer = LEDGER.send(LEDGER.request(path, RunningLedger.scoped("somebody", scope))
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.noBody()));
            boolean isOpen = scope.equals("ledger.admin") || opening.contains(scope);
            assertThat(answer.status() != 403)
                    .as("%s %s with %s: %d", method, path, scope, answer.status())
                    .isEqualTo(isOpen);
            if (!isOpen && !method.equals("HEAD")) {
                assertThat(answer.problem()).isEqualTo("forbidden");
                assertThat(answer.header("WWW-Authenticate")).contains("insufficient_scope");
                assertThat(answer.detail()).contains("ledger.admin");
                opening.forEach(named -> assertThat(answer.detail()).contains(named));
            }
        }
    }

    @Test
    void aPublishersTokenOpensNoCreatorsPathWhateverItsSubjectIs() {
        for (String scope : List.of("publisher:p-1", "publisher-keys:p-1", "openid publisher:p-1")) {
            for (String subject : List.of("p-1", "publisher:p-1")) {
                Answer answer =
                        LEDGER.get("/v1/creators/" + subject + "/balance", RunningLedger.scoped(subject, scope));
                assertThat(answer.problem()).isEqualTo("forbidden");
            }
        }
        assertThat(LEDGER.get("/v1/creators/p-1/balance", RunningLedger.scoped("p-1", "openid"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void severalScopesOpenWhatEachOfThemOpens() {
        String both = RunningLedger.scoped("somebody", "publisher:p-1 publisher-keys:p-1");
        assertThat(LEDGER.get("/v1/publishers/p-1/keys", both).status()).isEqualTo(200);
        Answer made = LEDGER.post("/v1/publishers/p-1/keys", both, "");
        assertThat(made.status()).isEqualTo(201);
        String number = made.json().get("kid").asString().substring("p-1.".length());
        assertThat(LEDGER.delete("/v1/publishers/p-1/keys/" + number, both).status())
                .isEqualTo(204);
        assertThat(LEDGER.get("/v1/admin/publishers/p-1/keys", both).problem()).isEqualTo("forbidden");
    }

    /** What the path's pattern takes for the publisher is what the endpoint takes for it. */
    @ParameterizedTest
    @CsvSource({
        "/v1/publishers/p-1/../p-2/keys",
        "/v1/publishers/p-1/%2e%2e/p-2/keys",
        "/v1/publishers/p-1;x/keys",
        "/v1/publishers/p-1%2fkeys",
        "/v1/publishers//p-2/keys",
        "/v1/publishers/P-1/keys",
        "/v1/publishers/p-1/keys/",
        "/v1/publishers/p-1%20/keys",
        "/v1/publishers/%70-1/keysx"
    })
    void anotherAddressIsNeverTakenForOnesOwn(String path) {
        Answer answer = LEDGER.get(path, RunningLedger.scoped("somebody", "publisher:p-1"));
        assertThat(answer.status()).as(answer.text()).isIn(400, 403, 404);
        assertThat(answer.problem()).isNotEmpty();
    }
}
