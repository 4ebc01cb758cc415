package dev.millrace.common.counters;

/** Fields of an earn hash that are no creator's: their names start with a character that no publisher id has. */
public final class ControlField {
    /** Σ micros of all other fields. */
    public static final String MICROS = "#micros";

    /** Number of events counted. */
    public static final String EVENTS = "#events";

    /** Redis' TIME in milliseconds at which the epoch was sealed; absent while it is open. */
    public static final String SEALED = "#sealed";

    private ControlField() {}
}
