package dev.millrace.ingest.benchmark;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.Map;

/**
 * Event tokens as a publisher's server mints them with a library.
 *
 * @param kid signs them
 * @param secret of that key
 * @param issuedAt {@code iat}, Unix seconds
 */
public record SampleTokens(Kid kid, String secret, long issuedAt) {
    /** The same number gives the same token. */
    public String token(int number) {
        return token(number, Map.of());
    }

    /** The same with further claims. */
    public String token(int number, Map<String, String> more) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .subject("creator-" + number % 50)
                .claim("art", "/2026/11/an-article-with-a-usual-name-" + number)
                .jwtID("%032x".formatted(number * 0x9E3779B97F4A7C15L))
                .issueTime(Date.from(Instant.ofEpochSecond(issuedAt)))
                .expirationTime(Date.from(Instant.ofEpochSecond(issuedAt + 3_600)));
        more.forEach(claims::claim);
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(kid.toString()).build(), claims.build());
        try {
            jwt.sign(new MACSigner(secret.getBytes(StandardCharsets.US_ASCII)));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return jwt.serialize();
    }
}
