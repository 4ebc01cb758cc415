package dev.millrace.local.mint;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenMintTest {
    private static final Kid KID = new Kid("demo", 1);
    private static final String SECRET =
            MasterKey.of("the master key of the tests of the mint").publisherSecret(KID);
    private static final String BEARER_SECRET = "the bearer secret of the tests of the mint";
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00.9Z");

    private final TokenMint mint = TokenMint.forPublisher(KID, SECRET);

    @Test
    void nimbusVerifiesATokenWithThePrintedSecretAsItsKey() throws Exception {
        SignedJWT token = verified(
                mint.mint(EventClaims.of("c-42", "/a/\"quoted\" \u00e9\u0001\ud83d\ude00", "j1", NOW)), SECRET);
        assertThat(token.getHeader().toJSONObject()).isEqualTo(Map.of("alg", "HS256", "kid", "demo.1"));
        assertThat(token.getPayload().toJSONObject())
                .isEqualTo(Map.of(
                        "sub", "c-42",
                        "art", "/a/\"quoted\" \u00e9\u0001\ud83d\ude00",
                        "jti", "j1",
                        "iat", 1795514400L,
                        "exp", 1795518000L));
    }

    @Test
    void optionalClaimsAreThereOnlyWhenGiven() throws Exception {
        EventClaims claims = EventClaims.of("c", "a", "j", NOW)
                .validFor(Duration.ofMinutes(2), NOW)
                .with("evt", List.of("comment", "view"))
                .with("qty", -7L)
                .with("ref", "https://example.org/")
                .with("vis", "v9");
        SignedJWT token = verified(mint.mint(claims), SECRET);
        assertThat(token.getPayload().toJSONObject())
                .isEqualTo(Map.of(
                        "sub", "c",
                        "art", "a",
                        "jti", "j",
                        "iat", 1795514400L,
                        "exp", 1795514520L,
                        "evt", List.of("comment", "view"),
                        "qty", -7L,
                        "ref", "https://example.org/",
                        "vis", "v9"));
    }

    @Test
    void aRawPayloadIsSignedAsItIs() throws Exception {
        String token = mint.sign("{\"sub\":1,\"sub\":2}");
        assertThat(new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), StandardCharsets.UTF_8))
                .isEqualTo("{\"sub\":1,\"sub\":2}");
    }

    @Test
    void bearerTokensCarrySubjectTimesAndScope() throws Exception {
        BearerMint bearer = new BearerMint(BEARER_SECRET);
        SignedJWT own = verified(bearer.forSubject("c-42", NOW, Duration.ofHours(1)), BEARER_SECRET);
        assertThat(own.getPayload().toJSONObject())
                .containsOnlyKeys("sub", "jti", "iat", "exp")
                .containsAllEntriesOf(Map.of("sub", "c-42", "iat", 1795514400L, "exp", 1795518000L));
        SignedJWT admin = verified(bearer.forAdmin("root", NOW, Duration.ofHours(1)), BEARER_SECRET);
        assertThat(admin.getJWTClaimsSet().getStringClaim("scope")).isEqualTo("ledger.admin");
    }

    private static SignedJWT verified(String token, String secret) throws Exception {
        SignedJWT parsed = SignedJWT.parse(token);
        assertThat(parsed.verify(new MACVerifier(secret.getBytes(StandardCharsets.US_ASCII))))
                .isTrue();
        return parsed;
    }
}
