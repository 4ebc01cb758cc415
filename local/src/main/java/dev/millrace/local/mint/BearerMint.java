package dev.millrace.local.mint;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** Signs bearer tokens for a ledger that is configured with a shared HS256 secret. Thread-safe. */
public final class BearerMint {
    private final TokenMint mint;

    /** @param secret the ledger's secret; its own characters are the key */
    public BearerMint(String secret) {
        this.mint = new TokenMint("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", secret);
    }

    /** A token with which the subject reads its own account. */
    public String forSubject(String subject, Instant issuedAt, Duration lifetime) {
        return mint.mint(claims(subject).validFor(lifetime, issuedAt));
    }

    /** A token with the scope {@code ledger.admin}: it reads every account and manages publishers. */
    public String forAdmin(String subject, Instant issuedAt, Duration lifetime) {
        return forScope(subject, "ledger.admin", issuedAt, lifetime);
    }

    /** @param scope one or several, separated by blanks */
    public String forScope(String subject, String scope, Instant issuedAt, Duration lifetime) {
        return mint.mint(claims(subject).with("scope", scope).validFor(lifetime, issuedAt));
    }

    /** The {@code jti} names the token in the ledger's audit. */
    private static EventClaims claims(String subject) {
        return new EventClaims(Map.of("sub", subject))
                .with("jti", UUID.randomUUID().toString());
    }
}
