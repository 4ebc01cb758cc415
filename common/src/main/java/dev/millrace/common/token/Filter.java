package dev.millrace.common.token;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Why an event is no reader's, so that it pays nothing. The names are part of the protocol. */
public enum Filter {
    /** The user agent says that it is a robot. */
    ROBOT,
    /** A link's preview, as a chat or a social network makes it. */
    PREVIEW,
    /** The browser loads the page before its reader asks for it. */
    PREFETCH,
    /** A browser that a program drives. */
    AUTOMATION,
    /** The address is a data centre's. */
    DATACENTER,
    /** One visitor, far beyond a person's pace. */
    RATE,
    /** The creator reads itself. */
    SELF;

    private static final Map<String, Filter> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Filter::wireName, Function.identity()));

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** The filter of this name, or empty when there is none. */
    public static Optional<Filter> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /** The name in answers, settings and counters. */
    public String wireName() {
        return wireName;
    }

    @Override
    public String toString() {
        return wireName;
    }
}
