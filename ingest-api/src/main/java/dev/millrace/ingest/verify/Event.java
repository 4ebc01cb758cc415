package dev.millrace.ingest.verify;

import org.jspecify.annotations.Nullable;

/**
 * An event as it was received. Anything may be missing or nonsense.
 *
 * @param token compact JWS
 * @param type name of the event type
 * @param key tells apart events of one token and type
 */
public record Event(
        @Nullable String token,
        @Nullable String type,
        @Nullable String key) {

    /** Without the token. */
    @Override
    public String toString() {
        return "Event[token=%s, type=%s, key=%s]".formatted(token == null ? "missing" : "hidden", type, key);
    }
}
