package dev.millrace.counters;

import org.jspecify.annotations.Nullable;

/** Reads numbers in Redis, which somebody may have edited by hand. */
final class Numbers {
    private Numbers() {}

    /** The whole number in this text, 0 to 10^18 - 1; 0 where it is none. */
    static long orZero(@Nullable String text) {
        return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    /** The same of a script's bulk reply. */
    static long orZero(Object bulk) {
        return orZero(Link.text(bulk));
    }
}
