package dev.millrace.common.token;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a reader can do that earns the creator money. The names are part of the protocol. */
public enum EventType {
    VIEW("view", true, false),
    READ("read", true, false),
    SCROLL("scroll", true, false),
    REACTION("reaction", true, true),
    COMMENT("comment", false, true),
    SEARCH_VISIT("search_visit", false, true);

    private static final Map<String, EventType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(EventType::wireName, Function.identity()));

    private final String wireName;
    private final boolean grantedByDefault;
    private final boolean rememberedLong;

    EventType(String wireName, boolean grantedByDefault, boolean rememberedLong) {
        this.wireName = wireName;
        this.grantedByDefault = grantedByDefault;
        this.rememberedLong = rememberedLong;
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

    /** Whether the identity is remembered for the long span (32 days) instead of the short one (2 h 10 min). */
    public boolean rememberedLong() {
        return rememberedLong;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
