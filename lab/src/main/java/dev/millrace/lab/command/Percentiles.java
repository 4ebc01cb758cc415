package dev.millrace.lab.command;

import org.HdrHistogram.Histogram;

/** Of requests, in milliseconds; all 0 where there were none. */
public record Percentiles(long requests, double p50Ms, double p99Ms, double p999Ms, double maxMs) {
    private static final double MILLI = 1e6;

    /** @param nanos times in nanoseconds */
    public static Percentiles of(Histogram nanos) {
        return new Percentiles(
                nanos.getTotalCount(),
                nanos.getValueAtPercentile(50) / MILLI,
                nanos.getValueAtPercentile(99) / MILLI,
                nanos.getValueAtPercentile(99.9) / MILLI,
                nanos.getMaxValue() / MILLI);
    }
}
