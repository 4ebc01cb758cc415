package dev.millrace.local.mint;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an event token says. Nothing is checked here: the server judges, and tests need claims that it must refuse.
 *
 * @param creator claim {@code sub}
 * @param article claim {@code art}
 * @param jti the idempotency key
 * @param issuedAt claim {@code iat}, cut to whole seconds
 * @param lifetime {@code exp - iat}, cut to whole seconds
 * @param types claim {@code evt}; empty leaves it out
 * @param quantity claim {@code qty}
 * @param referrer claim {@code ref}
 * @param visitor claim {@code vis}
 */
public record EventClaims(
        String creator,
        String article,
        String jti,
        Instant issuedAt,
        Duration lifetime,
        List<String> types,
        @Nullable Long quantity,
        @Nullable String referrer,
        @Nullable String visitor) {
    /** What a publisher gives a token by default; the server takes up to two hours. */
    public static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);

    public EventClaims {
        types = List.copyOf(types);
    }

    /** The claims that every token has, with the default lifetime and types. */
    public static EventClaims of(String creator, String article, String jti, Instant issuedAt) {
        return new EventClaims(creator, article, jti, issuedAt, DEFAULT_LIFETIME, List.of(), null, null, null);
    }

    public EventClaims withLifetime(Duration lifetime) {
        return new EventClaims(creator, article, jti, issuedAt, lifetime, types, quantity, referrer, visitor);
    }

    public EventClaims withTypes(String... types) {
        return new EventClaims(creator, article, jti, issuedAt, lifetime, List.of(types), quantity, referrer, visitor);
    }

    public EventClaims withQuantity(long quantity) {
        return new EventClaims(creator, article, jti, issuedAt, lifetime, types, quantity, referrer, visitor);
    }
}
