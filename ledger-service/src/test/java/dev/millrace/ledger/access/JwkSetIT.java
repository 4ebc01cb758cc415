package dev.millrace.ledger.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bearer tokens whose keys come from a JWK set. */
class JwkSetIT {
    private static final String BALANCE = "/v1/creators/owner/balance";
    private static final String ISSUER = "https://id.example";

    private static RSAKey key;

    private final AtomicInteger fetches = new AtomicInteger();
    private int port;
    private Loopback provider;
    private RunningLedger ledger;

    @BeforeAll
    static void makeKey() throws JOSEException {
        key = new RSAKeyGenerator(2048).keyID("k-1").generate();
    }

    @BeforeEach
    void start() throws IOException {
        serve(new JWKSet(key.toPublicJWK()).toString());
        port = provider.port();
        Stores stores = Stores.fresh(2);
        stores.openCounters();
        stores.count("owner", 1);
        ledger = RunningLedger.start(
                stores,
                Map.of(
                        "MILLRACE_LEDGER_JWT_SECRET",
                        "",
                        "MILLRACE_LEDGER_JWK_SET_URI",
                        provider.origin() + "/jwks",
                        "MILLRACE_LEDGER_JWT_ISSUER",
                        ISSUER,
                        "MILLRACE_LEDGER_JWT_AUDIENCE",
                        "millrace-ledger"),
                "--spring.profiles.active=local");
    }

    @AfterEach
    void stop() {
        ledger.close();
        provider.close();
    }

    private void serve(String set) throws IOException {
        provider = new Loopback(port, exchange -> {
            fetches.incrementAndGet();
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            Loopback.answer(exchange, 200, set);
        });
    }

    private static JWTClaimsSet.Builder claims() {
        return RunningLedger.claims("owner").issuer(ISSUER).audience("millrace-ledger");
    }

    private static String sign(JWTClaimsSet claims, RSAKey with, String kid) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(kid).build(), claims);
        token.sign(new RSASSASigner(with));
        return token.serialize();
    }

    private Answer get(JWTClaimsSet claims) throws JOSEException {
        return ledger.get(BALANCE, sign(claims, key, "k-1"));
    }

    private static void assertUnavailable(Answer answer) {
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.problem()).isEqualTo("identity-unavailable");
        assertThat(answer.header("Retry-After")).isNotEmpty();
    }

    @Test
    void itsKeysSignAndAreNoSharedSecrets() throws Exception {
        assertThat(get(claims().build()).status()).isEqualTo(200);
        assertThat(get(claims().subject("other").build()).status()).isEqualTo(403);
        assertThat(get(claims().audience("wiki").build()).status()).isEqualTo(401);
        assertThat(get(claims().issuer("https://id.example/").build()).status()).isEqualTo(401);
        RSAKey other = new RSAKeyGenerator(2048).generate();
        assertThat(ledger.get(BALANCE, sign(claims().build(), other, "k-1")).status())
                .isEqualTo(401);
        SignedJWT confused = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k-1").build(), claims().build());
        confused.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
        assertThat(ledger.get(BALANCE, confused.serialize()).status()).isEqualTo(401);
        assertThat(ledger.get(BALANCE, RunningLedger.token("owner")).status()).isEqualTo(401);
    }

    /** Anybody can send such tokens. */
    @Test
    void inventedKeyIdsCauseTwoFetchesMoreAtMost() throws Exception {
        assertThat(get(claims().build()).status()).isEqualTo(200);
        assertThat(fetches).hasValue(1);
        for (int i = 0; i < 50; i++) {
            assertThat(ledger.get(BALANCE, sign(claims().build(), key, "invented-" + i))
                            .status())
                    .isEqualTo(401);
        }
        assertThat(fetches.get()).isLessThanOrEqualTo(3);
        assertThat(get(claims().subject("other").build()).status())
                .as("the keys known serve meanwhile")
                .isEqualTo(403);
    }

    @Test
    void withoutTheSetNothingCanBeCheckedAndWithItAgainEverything() throws Exception {
        provider.close();
        assertUnavailable(get(claims().build()));
        serve(new JWKSet(key.toPublicJWK()).toString());
        assertThat(get(claims().build()).status()).isEqualTo(200);
    }

    /** The third request is refused by the limit, and nobody knows whether its key is one of the set's. */
    @Test
    void anOutageStaysOneHoweverOftenCallersAsk() throws Exception {
        provider.close();
        for (int i = 0; i < 5; i++) {
            assertUnavailable(get(claims().subject("owner-" + i).build()));
        }
    }

    @Test
    void aSetThatIsTooLargeIsNotRead() throws Exception {
        provider.close();
        serve(new JWKSet(key.toPublicJWK()) + " ".repeat(JwkSet.MOST_BYTES));
        assertUnavailable(get(claims().build()));
        assertThat(fetches).hasValue(1);
    }
}
