package dev.millrace.lab.overload;

import java.util.Locale;

/** What a run consists of, besides finding the peak. */
enum Part {
    /** Loads below and beyond the peak. */
    LEVELS,
    /** Replays beside honest load. */
    FLOOD,
    /** Creators who look at their balances meanwhile. */
    BALANCES;

    /** The one that options name so. */
    static Part named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** As options name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
