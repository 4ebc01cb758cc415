package dev.millrace.counters;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many events met each verdict.
 *
 * @param filtered by reason
 * @param rejected by code
 */
public record VerdictCounts(
        long accepted, long duplicate, SortedMap<String, Long> filtered, SortedMap<String, Long> rejected) {
    /** @param counts by verdict, as {@link LastVerdict#verdict} writes it */
    public static VerdictCounts of(Map<String, Long> counts) {
        return new VerdictCounts(
                counts.getOrDefault("accepted", 0L),
                counts.getOrDefault("duplicate", 0L),
                causes(counts, LastVerdict.FILTERED),
                causes(counts, LastVerdict.REJECTED));
    }

    private static SortedMap<String, Long> causes(Map<String, Long> counts, String status) {
        SortedMap<String, Long> causes = new TreeMap<>();
        counts.forEach((verdict, events) -> {
            if (verdict.startsWith(status)) {
                causes.put(verdict.substring(status.length()), events);
            }
        });
        return causes;
    }
}
