package dev.millrace.ingest.verify;

import org.jspecify.annotations.Nullable;

/**
 * An event as it was received. Anything may be missing or nonsense.
 *
 * @param token compact JWS
 * @param type name of the event type
 * @param key tells apart events of one token and type
 * @param referrer what the page's script saw as the page's referrer, empty for none; null: it does not say. It classifies and never pays
 * @param automated whether the page's script saw that a program drives the browser
 */
public record Event(
        @Nullable String token,
        @Nullable String type,
        @Nullable String key,
        @Nullable String referrer,
        boolean automated) {
    /** As a server sends it. */
    public Event(@Nullable String token, @Nullable String type, @Nullable String key) {
        this(token, type, key, null, false);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "Event[token=%s, type=%s, key=%s]".formatted(token == null ? "missing" : "hidden", type, key);
    }
}
