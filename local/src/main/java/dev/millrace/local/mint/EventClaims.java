package dev.millrace.local.mint;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token. Nothing is checked here: the server judges, and tests need claims that it must refuse.
 *
 * @param members by the claim's name
 */
public record EventClaims(Map<String, Object> members) {
    /** A token's default lifetime; the server takes up to two hours. */
    private static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);

    /**
     * The claims that every event token has, with the default lifetime.
     *
     * @param jti the idempotency key
     * @param issuedAt cut to whole seconds
     */
    public static EventClaims of(String creator, String article, String jti, Instant issuedAt) {
        return new EventClaims(Map.of())
                .with("sub", creator)
                .with("art", article)
                .with("jti", jti)
                .validFor(DEFAULT_LIFETIME, issuedAt);
    }

    /** Sets {@code iat} and {@code exp}, in whole seconds. */
    public EventClaims validFor(Duration lifetime, Instant issuedAt) {
        return with("iat", issuedAt.getEpochSecond()).with("exp", issuedAt.getEpochSecond() + lifetime.toSeconds());
    }

    /** The same with another claim: {@code evt}, a list; {@code qty}, {@code ref}, {@code vis}. Null leaves it out. */
    public EventClaims with(String claim, @Nullable Object value) {
        Map<String, Object> all = new LinkedHashMap<>(members);
        if (value != null) {
            all.put(claim, value);
        }
        return new EventClaims(all);
    }
}
