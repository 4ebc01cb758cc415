package dev.millrace.local.mint;

import dev.millrace.common.token.Kid;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Signs event tokens with one key of one publisher. Thread-safe; a token takes a few microseconds. */
public final class TokenMint {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final String header;
    private final JwsSigner jws;

    private TokenMint(Kid kid, String secret) {
        this.header = JSON.writeValueAsString(
                JsonNodeFactory.instance.objectNode().put("alg", "HS256").put("kid", kid.toString()));
        this.jws = JwsSigner.signedWith(secret);
    }

    /**
     * @param kid the key's name, which goes into the header
     * @param secret the key's secret as it is printed
     */
    public static TokenMint forPublisher(Kid kid, String secret) {
        return new TokenMint(kid, secret);
    }

    /** The compact JWS of these claims. */
    public String mint(EventClaims claims) {
        long issuedAt = claims.issuedAt().getEpochSecond();
        ObjectNode payload = JsonNodeFactory.instance
                .objectNode()
                .put("sub", claims.creator())
                .put("art", claims.article())
                .put("jti", claims.jti())
                .put("iat", issuedAt)
                .put("exp", issuedAt + claims.lifetime().toSeconds());
        if (!claims.types().isEmpty()) {
            claims.types().forEach(payload.putArray("evt")::add);
        }
        putOptional(payload, claims);
        return sign(JSON.writeValueAsString(payload));
    }

    /** The compact JWS of a payload as it is, for what {@link EventClaims} can't express. */
    public String sign(String payloadJson) {
        return jws.sign(header, payloadJson);
    }

    private static void putOptional(ObjectNode payload, EventClaims claims) {
        if (claims.quantity() != null) {
            payload.put("qty", claims.quantity());
        }
        if (claims.referrer() != null) {
            payload.put("ref", claims.referrer());
        }
        if (claims.visitor() != null) {
            payload.put("vis", claims.visitor());
        }
    }
}
