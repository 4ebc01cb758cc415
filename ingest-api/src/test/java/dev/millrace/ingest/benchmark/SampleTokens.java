package dev.millrace.ingest.benchmark;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.Kid;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** Event tokens of one publisher, as its server mints them with a library. */
public final class SampleTokens {
    /** When they are minted and used. */
    static final long NOW = 1_700_000_000;

    static final Kid KID = new Kid("demo", 1);
    static final String SECRET = MasterKey.of(MasterKey.LOCAL).publisherSecret(KID);

    /** The publisher alone, and one price. */
    static final Catalog CATALOG = new Catalog(
            1,
            Map.of(KID.publisher(), new Catalog.Publisher(List.of(KID.number()), List.of())),
            List.of(new RateCard(1, 0, Map.of("view", new Rate(1_000, 1)))));

    private SampleTokens() {}

    /** The same number gives the same token. */
    public static String token(int number) {
        return token(number, Map.of());
    }

    /** The same with further claims. */
    public static String token(int number, Map<String, String> more) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                .subject("creator-" + number % 50)
                .claim("art", "/2026/11/an-article-with-a-usual-name-" + number)
                .jwtID("%032x".formatted(number * 0x9E3779B97F4A7C15L))
                .issueTime(Date.from(Instant.ofEpochSecond(NOW)))
                .expirationTime(Date.from(Instant.ofEpochSecond(NOW + 3_600)));
        more.forEach(claims::claim);
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(KID.toString()).build(), claims.build());
        try {
            jwt.sign(new MACSigner(SECRET.getBytes(StandardCharsets.US_ASCII)));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return jwt.serialize();
    }
}
