package dev.millrace.common.token;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A reader's action that earns the creator money. Everything that services know of a type stands here; the names are part of the protocol. A
 * new type takes a line here, a migration with its price and its column of article_score, and the order of release that
 * docs/developing/how-to.md gives.
 */
public enum EventType {
    VIEW("view", true, Retention.SHORT, Key.NONE, false),
    READ("read", true, Retention.SHORT, Key.SECONDS, false),
    SCROLL("scroll", true, Retention.SHORT, Key.PERCENT, false),
    REACTION("reaction", true, Retention.LONG, Key.REACTION, true),
    COMMENT("comment", false, Retention.LONG, Key.NONE, false),
    SEARCH_VISIT("search_visit", false, Retention.LONG, Key.NONE, true);

    /** The form of an event's {@code key}. A type has few keys, so that one token can't pay without end. */
    public enum Key {
        /** It has none. */
        NONE,
        /** Seconds of reading: 15, 30, 45 … up to the most that is paid. */
        SECONDS,
        /** Percent of the article scrolled to: 25, 50, 75 or 100. */
        PERCENT,
        /** One of the configured reactions. */
        REACTION
    }

    /** Seconds of reading between two marks: what a unit of {@link #READ} stands for. */
    public static final int READ_STEP = 15;

    private static final Map<String, EventType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(EventType::wireName, Function.identity()));

    private final String wireName;
    private final boolean grantedByDefault;
    private final Retention retention;
    private final Key key;
    private final boolean oncePerVisitor;

    EventType(String wireName, boolean grantedByDefault, Retention retention, Key key, boolean oncePerVisitor) {
        this.wireName = wireName;
        this.grantedByDefault = grantedByDefault;
        this.retention = retention;
        this.key = key;
        this.oncePerVisitor = oncePerVisitor;
    }

    /** The type of this name, or empty when there is none. */
    public static Optional<EventType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The names of all types, in their order. */
    public static String names(String separator) {
        return Arrays.stream(values()).map(EventType::wireName).collect(Collectors.joining(separator));
    }

    /** The name in events, tokens, rate cards and counters. */
    public String wireName() {
        return wireName;
    }

    /** Whether a token without an {@code evt} claim may be used for this type. */
    public boolean grantedByDefault() {
        return grantedByDefault;
    }

    /** Whether the reader of a page with a page token may send it, whatever the token's {@code evt} says. */
    public boolean grantedByPage() {
        return this == VIEW || this == READ || this == SCROLL;
    }

    /** For how long the identity of such an event is remembered. */
    public Retention retention() {
        return retention;
    }

    /** The form of its {@code key}. */
    public Key key() {
        return key;
    }

    /** Whether a visitor can give it an article only once with one key, by any token; where the token names a visitor. */
    public boolean oncePerVisitor() {
        return oncePerVisitor;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
