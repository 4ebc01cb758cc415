package dev.millrace.common.counters;

import java.util.Set;

/** Fields of an earn hash that are no creator's: their names start with a character that no publisher id has. */
public final class ControlField {
    /** Σ micros of all other fields. */
    public static final String MICROS = "#micros";

    /** Number of events counted. */
    public static final String EVENTS = "#events";

    /** Redis' TIME in milliseconds at which the epoch was sealed; absent while it is open. */
    public static final String SEALED = "#sealed";

    /** In a hash that was set aside: the last epoch of its partition that was settled then. */
    public static final String SETTLED = "#settled";

    /** In a hash that was set aside: Redis' second at which it was. */
    public static final String ASIDE = "#aside";

    /** All of them. */
    public static final Set<String> ALL = Set.of(MICROS, EVENTS, SEALED, SETTLED, ASIDE);

    private ControlField() {}
}
