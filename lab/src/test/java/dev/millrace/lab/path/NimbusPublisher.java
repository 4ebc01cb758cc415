package dev.millrace.lab.path;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.TokenMint;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;

/**
 * A publisher whose server mints with a JWT library that knows nothing of Millrace.
 *
 * @param kid of its key
 * @param secret of its key, as it was printed
 */
record NimbusPublisher(String kid, String secret) {
    /** The event of one view. */
    String view(String creator, String article, String jti) {
        return view(creator, article, jti, Duration.ZERO);
    }

    /** The same under a token that is issued so long from now. */
    String view(String creator, String article, String jti, Duration ahead) {
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token(creator, article, jti, ahead));
    }

    /** Signs any claims, without that library. */
    TokenMint mint() {
        return TokenMint.forPublisher(Kid.parse(kid).orElseThrow(), secret);
    }

    private String token(String creator, String article, String jti, Duration ahead) {
        Instant now = Instant.now().plus(ahead);
        SignedJWT jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.HS256).keyID(kid).build(),
                new JWTClaimsSet.Builder()
                        .subject(creator)
                        .claim("art", article)
                        .jwtID(jti)
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plusSeconds(3_600)))
                        .build());
        try {
            jwt.sign(new MACSigner(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
        return jwt.serialize();
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "NimbusPublisher[" + kid + "]";
    }
}
