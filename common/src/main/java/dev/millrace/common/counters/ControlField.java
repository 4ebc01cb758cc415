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

    /** In a hash that was set aside: the opening it was counted in. */
    public static final String ORIGIN = "#origin";

    /** In a hash that was set aside: the last epoch of that opening, or of one before it, that was settled. */
    public static final String SETTLED = "#settled";

    /** In a hash that was set aside: Redis' second at which it was. */
    public static final String ASIDE = "#aside";

    /** In a partition's total: the opening it belongs to. */
    public static final String OPENING = "#opening";

    /** In a partition's total: the first epoch of that opening. */
    public static final String FIRST = "#first";

    /** All that an earn hash can have. */
    public static final Set<String> ALL = Set.of(MICROS, EVENTS, SEALED, ORIGIN, SETTLED, ASIDE);

    private ControlField() {}
}
