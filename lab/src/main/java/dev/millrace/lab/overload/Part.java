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

    /** As options name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
