package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

class BalanceShortcutIT {
    /** A query, which nobody looks at, makes a request take the long way. */
    private static final String LONG_WAY = "?long-way";

    private final RunningLedger ledger = RunningLedger.shared();
    private final String creator = "short-" + UUID.randomUUID();
    private final String path = "/v1/creators/" + creator + "/balance";

    @Test
    void itStandsInTheWayOfCreatorsDataOnly() {
        FilterRegistration filter = ledger.bean(ServletContext.class).getFilterRegistration("balanceShortcut");
        assertThat(filter.getUrlPatternMappings()).containsExactly("/v1/creators/*");
    }

    @Test
    void bothWaysAnswerWithTheSameBytes() {
        ledger.stores().count(creator, 1_200_000);
        assertThat(answersOfBothWays(ledger, path, RunningLedger.token(creator)))
                .isEqualTo(200);
        assertThat(answersOfBothWays(ledger, path, RunningLedger.admin())).isEqualTo(200);
        assertThat(answersOfBothWays(ledger, "/v1/creators/nobody/balance", RunningLedger.admin()))
                .isEqualTo(404);
        assertThat(answersOfBothWays(ledger, "/v1/creators/nobody/balance", RunningLedger.token("nobody")))
                .isEqualTo(200);
    }

    @Test
    void theyRefuseInTheSameWords() {
        try (RunningLedger closed = RunningLedger.start(Stores.fresh(4), Map.of())) {
            assertThat(answersOfBothWays(closed, path, RunningLedger.token(creator)))
                    .isEqualTo(503);
        }
    }

    @Test
    void itIsForThoseWhoseTokenWasFoundGood() throws Exception {
        String token = RunningLedger.token(creator);
        assertThat(goesOn(request(token))).as("never seen").isTrue();
        ledger.get(path + LONG_WAY, token);
        assertThat(goesOn(request(token))).as("seen").isFalse();
        MockHttpServletRequest forged = request(token.substring(0, token.length() - 1));
        assertThat(goesOn(forged)).as("another signature").isTrue();
        assertThat(goesOn(with(token, request -> request.addHeader("Authorization", "Bearer x"))))
                .as("two of them")
                .isTrue();
        assertThat(goesOn(at("/v1/creators/somebody-else/balance", token)))
                .as("another creator")
                .isTrue();
        String admin = RunningLedger.admin();
        ledger.get(path + LONG_WAY, admin);
        assertThat(goesOn(at("/v1/creators/somebody-else/balance", admin)))
                .as("an administrator")
                .isFalse();
    }

    /** Whoever sends it as a bearer's may have stolen it. */
    @Test
    void aTokenThatIsBoundToItsHolderIsLeftToTheFilters() throws Exception {
        String bound = RunningLedger.sign(
                RunningLedger.claims(creator)
                        .claim("cnf", Map.of("jkt", "a-thumbprint"))
                        .build(),
                RunningLedger.SECRET);
        assertThat(ledger.get(path + LONG_WAY, bound).status()).isEqualTo(401);
        assertThat(ledger.get(path, bound).status()).isEqualTo(401);
        assertThat(goesOn(request(bound))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/creators/balance",
                "/v1/creators//balance",
                "/v1/creators/a/b/balance",
                "/v1/creators/a;b/balance",
                "/v1/creators/%61/balance",
                "/v1/creators/a/balance/",
                "/v1/creators/a/entries"
            })
    void anAddressThatIsNotWrittenPlainlyGoesTheLongWay(String address) throws Exception {
        String admin = RunningLedger.admin();
        ledger.get(path + LONG_WAY, admin);
        assertThat(goesOn(at(address, admin))).isTrue();
    }

    @Test
    void whateverIsUnusualGoesTheLongWay() throws Exception {
        String token = RunningLedger.token(creator);
        ledger.get(path + LONG_WAY, token);
        assertThat(goesOn(with(token, request -> request.setMethod("HEAD")))).isTrue();
        assertThat(goesOn(with(token, request -> request.setQueryString("x=1"))))
                .isTrue();
        assertThat(goesOn(with(token, request -> request.addHeader("Origin", "https://elsewhere.example"))))
                .isTrue();
        assertThat(goesOn(with(token, request -> request.addHeader("Accept", "application/xml"))))
                .isTrue();
        assertThat(goesOn(with(token, request -> request.setServletPath("/v1/balance"))))
                .as("normalised")
                .isTrue();
        assertThat(goesOn(with(token, request -> request.addHeader("Accept", "application/json"))))
                .isFalse();
        assertThat(goesOn(with(token, request -> {
                    request.addHeader("Accept", "application/json");
                    request.addHeader("Accept", "x");
                })))
                .isTrue();
    }

    /** @return the status of both; their headers but the date, and their bodies but the moment, are the same */
    private static int answersOfBothWays(RunningLedger ledger, String path, String token) {
        Answer slow = ledger.get(path + LONG_WAY, token);
        Answer quick = ledger.get(path, token);
        assertThat(quick.status()).isEqualTo(slow.status());
        assertThat(headers(quick)).isEqualTo(headers(slow));
        assertThat(withoutMoment(quick)).isEqualTo(withoutMoment(slow).replace(LONG_WAY, ""));
        return quick.status();
    }

    private static Map<String, List<String>> headers(Answer answer) {
        Map<String, List<String>> headers =
                new TreeMap<>(answer.response().headers().map());
        headers.remove("date");
        return headers;
    }

    private static String withoutMoment(Answer answer) {
        return answer.text().replaceAll("\"asOf\":\"[^\"]*\"", "");
    }

    private MockHttpServletRequest request(String token) {
        return at(path, token);
    }

    private MockHttpServletRequest with(String token, Consumer<MockHttpServletRequest> change) {
        MockHttpServletRequest request = request(token);
        change.accept(request);
        return request;
    }

    private static MockHttpServletRequest at(String path, String token) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", path);
        request.setServletPath(path);
        request.addHeader("Authorization", "Bearer " + token);
        return request;
    }

    /** Whether the shortcut leaves a request to the rest of the service. */
    private boolean goesOn(MockHttpServletRequest request) throws Exception {
        MockFilterChain rest = new MockFilterChain();
        MockHttpServletResponse response = new MockHttpServletResponse();
        ledger.bean(BalanceShortcut.class).doFilter(request, response, rest);
        return rest.getRequest() != null;
    }
}
