package dev.millrace.common.token;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a reader can do that earns the creator money. The names are part of the protocol. */
public enum EventType {
    VIEW("view", true, Retention.SHORT),
    READ("read", true, Retention.SHORT),
    SCROLL("scroll", true, Retention.SHORT),
    REACTION("reaction", true, Retention.LONG),
    COMMENT("comment", false, Retention.LONG),
    SEARCH_VISIT("search_visit", false, Retention.LONG);

    private static final Map<String, EventType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(EventType::wireName, Function.identity()));

    private final String wireName;
    private final boolean grantedByDefault;
    private final Retention retention;

    EventType(String wireName, boolean grantedByDefault, Retention retention) {
        this.wireName = wireName;
        this.grantedByDefault = grantedByDefault;
        this.retention = retention;
    }

    /** The type of this name, or empty when there is none. */
    public static Optional<EventType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The name in events, tokens, rate cards and counters. */
    public String wireName() {
        return wireName;
    }

    /** Whether a token without an {@code evt} claim may be used for this type. */
    public boolean grantedByDefault() {
        return grantedByDefault;
    }

    /** For how long the identity of such an event is remembered. */
    public Retention retention() {
        return retention;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
