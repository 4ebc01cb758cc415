package dev.millrace.common.token;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** From where a reader came to a page. The names are part of the protocol. */
public enum Source {
    /** A search engine's results, not its advertisements. */
    SEARCH,
    /** A social network. */
    SOCIAL,
    /** A mail program or a newsletter's redirect. */
    MAIL,
    /** Any other site. */
    REFERRAL,
    /** No page led there. */
    DIRECT,
    /** Another page of the same site. */
    INTERNAL;

    private static final Map<String, Source> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Source::wireName, Function.identity()));

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** The source of this name, or empty when there is none. */
    public static Optional<Source> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The name in answers and counters. */
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
