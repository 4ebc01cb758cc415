package dev.millrace.settlement.reconcile;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that is not as it must be.
 *
 * @param kind what it is about: counters, pointer, pending, journal, chain, cursor, epoch, decision, creator, account, publisher
 * @param subject which one
 * @param what what is wrong with it, in words
 * @param values the figures, in the order in which they are read
 */
record Difference(String kind, String subject, String what, Map<String, Object> values) {
    Difference {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    static Difference of(String kind, String subject, String what) {
        return new Difference(kind, subject, what, Map.of());
    }

    /** The same with one more figure. */
    Difference with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new Difference(kind, subject, what, more);
    }

    /** For people, on one line. */
    String text() {
        StringBuilder text =
                new StringBuilder(kind).append(' ').append(subject).append(": ").append(what);
        values.forEach(
                (name, value) -> text.append("  ").append(name).append('=').append(value));
        return text.toString();
    }
}
