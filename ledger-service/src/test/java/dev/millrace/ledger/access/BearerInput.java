package dev.millrace.ledger.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import dev.millrace.common.key.BearerSecret;
import dev.millrace.ledger.settings.BearerSettings;
import dev.millrace.ledger.settings.LedgerSettings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationConverter;

/** Fuzzed: a bearer token, and any payload under the right signature. */
public final class BearerInput {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final JwtDecoder DECODER = CachingJwtDecoder.decoder(
            new LedgerSettings(
                    "",
                    "",
                    new BearerSettings("", "", "", "", Duration.ofHours(24)),
                    "USD",
                    10,
                    Duration.ofDays(7),
                    false,
                    "redis://localhost",
                    Duration.ofSeconds(1),
                    2_000,
                    true),
            Clock.fixed(NOW, ZoneOffset.UTC));

    private BearerInput() {}

    public static void check(String token) {
        try {
            Jwt jwt = DECODER.decode(token);
            Instant expires = jwt.getExpiresAt();
            if (expires == null || expires.isBefore(NOW.minusSeconds(60))) {
                throw new AssertionError("accepted after it expired: " + jwt.getClaims());
            }
            Instant issued = jwt.getIssuedAt();
            if (issued == null || issued.isAfter(NOW.plusSeconds(60)) || expires.isAfter(issued.plusSeconds(86_400))) {
                throw new AssertionError("accepted with an iat that is no good: " + jwt.getClaims());
            }
            var _ = new JwtAuthenticationConverter().convert(jwt);
        } catch (JwtException e) {
            // refused with 401
        }
    }

    public static String signed(String payload) {
        try {
            JWSObject jws = new JWSObject(new JWSHeader(JWSAlgorithm.HS256), new Payload(payload));
            jws.sign(new MACSigner(BearerSecret.LOCAL));
            return jws.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }
}
