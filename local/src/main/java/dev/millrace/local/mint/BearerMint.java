package dev.millrace.local.mint;

import java.time.Duration;
import java.time.Instant;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Signs bearer tokens for a ledger that is configured with a shared HS256 secret. Thread-safe. */
public final class BearerMint {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    private final JwsSigner jws;

    /** @param secret the ledger's secret; its own characters are the key */
    public BearerMint(String secret) {
        this.jws = JwsSigner.signedWith(secret);
    }

    /** A token with which the subject reads its own account. */
    public String forSubject(String subject, Instant issuedAt, Duration lifetime) {
        return jws.sign(HEADER, JSON.writeValueAsString(claims(subject, issuedAt, lifetime)));
    }

    /** A token with the scope {@code ledger.admin}: it reads every account and manages publishers. */
    public String forAdmin(String subject, Instant issuedAt, Duration lifetime) {
        ObjectNode claims = claims(subject, issuedAt, lifetime).put("scope", "ledger.admin");
        return jws.sign(HEADER, JSON.writeValueAsString(claims));
    }

    private static ObjectNode claims(String subject, Instant issuedAt, Duration lifetime) {
        long seconds = issuedAt.getEpochSecond();
        return JsonNodeFactory.instance
                .objectNode()
                .put("sub", subject)
                .put("iat", seconds)
                .put("exp", seconds + lifetime.toSeconds());
    }
}
