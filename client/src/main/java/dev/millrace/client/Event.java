package dev.millrace.client;

import org.jspecify.annotations.Nullable;

/**
 * An event as it is sent.
 *
 * @param token an event token, 1 to 8,192 characters; {@link TokenMint} signs them
 * @param type {@code view}, {@code read}, {@code scroll}, {@code reaction}, {@code comment}, {@code search_visit}; 1 to 32
 *     characters. The edge judges it
 * @param key what the type takes: seconds, per cent, a kind of reaction; at most 64 characters, or null
 */
public record Event(String token, String type, @Nullable String key) {
    private static final int MOST_TOKEN = 8_192;
    private static final int MOST_TYPE = 32;
    private static final int MOST_KEY = 64;

    /** @throws IllegalArgumentException where a text is empty or too long */
    public Event {
        check("token", token, MOST_TOKEN);
        check("type", type, MOST_TYPE);
        if (key != null) {
            check("key", key, MOST_KEY);
        }
    }

    /** A page was viewed. */
    public static Event view(String token) {
        return new Event(token, "view", null);
    }

    /** @param seconds read so far: a multiple of 15, from 15 to 300 on the default card */
    public static Event read(String token, int seconds) {
        return new Event(token, "read", Integer.toString(seconds));
    }

    /** @param percent of the article seen so far: 25, 50, 75 or 100 */
    public static Event scroll(String token, int percent) {
        return new Event(token, "scroll", Integer.toString(percent));
    }

    /** @param kind {@code like}, {@code love} or {@code clap}, where the installation has no other list */
    public static Event reaction(String token, String kind) {
        return new Event(token, "reaction", kind);
    }

    /** A comment was written. Its token grants {@code comment}, and has the number of words as {@code qty}. */
    public static Event comment(String token) {
        return new Event(token, "comment", null);
    }

    /** The reader came from a search engine. Its token grants {@code search_visit}, and has the referrer as {@code ref}. */
    public static Event searchVisit(String token) {
        return new Event(token, "search_visit", null);
    }

    String json() {
        String json = "{\"token\":" + Json.quoted(token) + ",\"type\":" + Json.quoted(type);
        return key == null ? json + "}" : json + ",\"key\":" + Json.quoted(key) + "}";
    }

    private static void check(String name, String text, int most) {
        if (text.isEmpty() || text.length() > most) {
            throw new IllegalArgumentException(
                    "%s has %,d characters; it takes 1 to %,d".formatted(name, text.length(), most));
        }
    }
}
