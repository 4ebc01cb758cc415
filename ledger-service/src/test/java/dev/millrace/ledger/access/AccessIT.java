package dev.millrace.ledger.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessIT {
    private static final String BALANCE = "/v1/creators/owner/balance";

    private final RunningLedger ledger = RunningLedger.shared();

    @BeforeEach
    void somethingToSee() {
        ledger.stores().count("owner", 1);
    }

    private static void assertUnauthenticated(Answer answer) {
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.problem()).isEqualTo("unauthenticated");
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
    }

    @Test
    void aCreatorSeesItsOwnDataAndNobodyElses() {
        assertThat(ledger.get(BALANCE, RunningLedger.token("owner")).status()).isEqualTo(200);
        for (String what : List.of("balance", "entries", "engagement", "anything")) {
            Answer answer = ledger.get("/v1/creators/owner/" + what, RunningLedger.token("somebody-else"));
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.problem()).isEqualTo("forbidden");
            assertThat(answer.header("WWW-Authenticate")).contains("insufficient_scope");
        }
    }

    @Test
    void anAdministratorSeesEveryCreator() {
        assertThat(ledger.get(BALANCE, RunningLedger.admin()).status()).isEqualTo(200);
        JWTClaimsSet array = RunningLedger.claims("admin")
                .claim("scp", List.of("ledger.admin"))
                .build();
        assertThat(ledger.get(BALANCE, RunningLedger.sign(array, RunningLedger.SECRET))
                        .status())
                .isEqualTo(200);
    }

    /** Whoever sends it as a bearer's may have stolen it. */
    @Test
    void aTokenThatIsBoundToItsHolderIsRefused() {
        String bound = RunningLedger.sign(
                RunningLedger.claims("owner")
                        .claim("cnf", Map.of("jkt", "a-thumbprint"))
                        .build(),
                RunningLedger.SECRET);
        assertUnauthenticated(ledger.get(BALANCE, bound));
        assertUnauthenticated(ledger.get(BALANCE, bound));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "balance",
                "/balance",
                "a/b/balance",
                "%61/balance",
                "owner/balance/",
                "owner/balance/x",
                "OWNER/balance"
            })
    void anotherAddressIsNeverTakenForOnesOwn(String path) {
        Answer answer = ledger.get("/v1/creators/" + path, RunningLedger.token("owner"));
        assertThat(answer.status()).as(answer.text()).isIn(400, 403, 404);
        assertThat(answer.problem()).isNotEmpty();
    }

    @Test
    void everyAnswerHasTheSecurityHeaders() {
        for (String token : List.of(RunningLedger.token("owner"), RunningLedger.token("another"), "")) {
            Answer answer = ledger.get(BALANCE, token);
            assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
            assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
            assertThat(answer.header("Cache-Control")).isEqualTo("no-cache, no-store, max-age=0, must-revalidate");
            assertThat(answer.header("Set-Cookie")).isEmpty();
        }
    }

    /** A caller's {@code Host} would be in them. */
    @Test
    void nothingTellsAnAddressOfTheServiceThatACallerChose() {
        assertThat(ledger.get(BALANCE, "").header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(ledger.get(BALANCE, "x").header("WWW-Authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
        assertUnauthenticated(ledger.get("/.well-known/oauth-protected-resource", ""));
    }

    @Test
    void theCatalogueAndEverythingUnnamedIsTheAdministratorsAlone() {
        for (String path : List.of(
                "/v1/admin/publishers",
                "/v1/admin/rates",
                "/v1/admin/publishers/demo/keys",
                "/actuator/env",
                "/error")) {
            assertThat(ledger.get(path, RunningLedger.token("owner")).status())
                    .as(path)
                    .isEqualTo(403);
            assertUnauthenticated(ledger.get(path, ""));
        }
        assertThat(ledger.post("/v1/admin/publishers", RunningLedger.token("owner"), "{\"publisher\":\"x\"}")
                        .detail())
                .isEqualTo("this takes the scope ledger.keys or ledger.admin");
    }

    @Test
    void withoutATokenNothingIsAnswered() {
        assertUnauthenticated(ledger.get(BALANCE, ""));
        assertUnauthenticated(ledger.get(BALANCE, "no-token"));
        assertUnauthenticated(ledger.get(BALANCE, "a.b.c"));
    }

    @Test
    void anotherSecretAnotherAlgorithmOrNoneIsRefused() throws Exception {
        JWTClaimsSet claims = RunningLedger.claims("owner").build();
        assertUnauthenticated(
                ledger.get(BALANCE, RunningLedger.sign(claims, "another-secret-of-more-than-thirty-two-bytes")));
        assertUnauthenticated(ledger.get(BALANCE, new PlainJWT(claims).serialize()));
        String longSecret = RunningLedger.SECRET + RunningLedger.SECRET;
        assertUnauthenticated(ledger.get(BALANCE, RunningLedger.sign(claims, longSecret, JWSAlgorithm.HS512)));
        RSAKey key = new RSAKeyGenerator(2048).keyID("k").generate();
        assertUnauthenticated(ledger.get(BALANCE, rsa(claims, key)));
        String signed = RunningLedger.sign(claims, RunningLedger.SECRET);
        assertUnauthenticated(ledger.get(BALANCE, signed.substring(0, signed.lastIndexOf('.') + 1)));
    }

    @Test
    void anExpiredTokenOneWithoutAnExpiryAndOneForLaterAreRefused() {
        Instant now = Instant.now();
        JWTClaimsSet expired = new JWTClaimsSet.Builder()
                .subject("owner")
                .issueTime(Date.from(now.minusSeconds(600)))
                .expirationTime(Date.from(now.minusSeconds(70)))
                .build();
        JWTClaimsSet endless = new JWTClaimsSet.Builder()
                .subject("owner")
                .issueTime(Date.from(now))
                .build();
        JWTClaimsSet later = RunningLedger.claims("owner")
                .notBeforeTime(Date.from(now.plusSeconds(300)))
                .build();
        for (JWTClaimsSet claims : List.of(expired, endless, later)) {
            assertUnauthenticated(ledger.get(BALANCE, RunningLedger.sign(claims, RunningLedger.SECRET)));
        }
        JWTClaimsSet withinTheSkew = new JWTClaimsSet.Builder()
                .subject("owner")
                .issueTime(Date.from(now.minusSeconds(600)))
                .expirationTime(Date.from(now.minusSeconds(30)))
                .build();
        assertThat(ledger.get(BALANCE, RunningLedger.sign(withinTheSkew, RunningLedger.SECRET))
                        .status())
                .isEqualTo(200);
    }

    /** Nobody can take a bearer token back. */
    @Test
    void aTokenSaysWhenItWasIssuedAndIsValidForADayAtMost() {
        Instant now = Instant.now();
        refusedUnlessIssued(now.minusSeconds(10), now.plusSeconds(86_390), true);
        refusedUnlessIssued(now.minusSeconds(10), now.plusSeconds(86_391), false);
        refusedUnlessIssued(now.plusSeconds(50), now.plusSeconds(600), true);
        refusedUnlessIssued(now.plusSeconds(70), now.plusSeconds(600), false);
        refusedUnlessIssued(null, now.plusSeconds(600), false);
    }

    private void refusedUnlessIssued(@Nullable Instant iat, Instant exp, boolean isTaken) {
        JWTClaimsSet claims = new JWTClaimsSet.Builder()
                .subject("owner")
                .issueTime(iat == null ? null : Date.from(iat))
                .expirationTime(Date.from(exp))
                .build();
        Answer answer = ledger.get(BALANCE, RunningLedger.sign(claims, RunningLedger.SECRET));
        if (isTaken) {
            assertThat(answer.status()).as("iat %s, exp %s", iat, exp).isEqualTo(200);
        } else {
            assertUnauthenticated(answer);
        }
    }

    @Test
    void aShorterLifetimeCanBeAskedFor() {
        Stores stores = Stores.fresh(2);
        stores.openCounters();
        stores.count("owner", 1);
        try (RunningLedger strict = RunningLedger.start(stores, Map.of("MILLRACE_LEDGER_TOKEN_LIFETIME", "10m"))) {
            assertThat(strict.get(BALANCE, RunningLedger.token("owner")).status())
                    .isEqualTo(200);
            JWTClaimsSet longer = RunningLedger.claims("owner")
                    .expirationTime(Date.from(Instant.now().plusSeconds(660)))
                    .build();
            assertUnauthenticated(strict.get(BALANCE, RunningLedger.sign(longer, RunningLedger.SECRET)));
        }
    }

    @Test
    void aTokenOfAnotherIssuerOrAudienceIsRefusedWhereTheyAreSet() {
        Stores stores = Stores.fresh(2);
        stores.openCounters();
        stores.count("owner", 1);
        try (RunningLedger strict = RunningLedger.start(
                stores,
                Map.of(
                        "MILLRACE_LEDGER_JWT_ISSUER", "https://id.example",
                        "MILLRACE_LEDGER_JWT_AUDIENCE", "millrace-ledger"))) {
            JWTClaimsSet ours = RunningLedger.claims("owner")
                    .issuer("https://id.example")
                    .audience(List.of("wiki", "millrace-ledger"))
                    .build();
            assertThat(strict.get(BALANCE, RunningLedger.sign(ours, RunningLedger.SECRET))
                            .status())
                    .isEqualTo(200);
            List<JWTClaimsSet> others = List.of(
                    RunningLedger.claims("owner").build(),
                    new JWTClaimsSet.Builder(ours).issuer(null).build(),
                    new JWTClaimsSet.Builder(ours).issuer("https://id.example/").build(),
                    new JWTClaimsSet.Builder(ours).audience((String) null).build(),
                    new JWTClaimsSet.Builder(ours).audience("wiki").build());
            for (JWTClaimsSet claims : others) {
                assertUnauthenticated(strict.get(BALANCE, RunningLedger.sign(claims, RunningLedger.SECRET)));
            }
        }
    }

    private static String rsa(JWTClaimsSet claims, RSAKey key) throws Exception {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
        token.sign(new RSASSASigner(key));
        return token.serialize();
    }
}
