package dev.millrace.lab.overload;

import org.HdrHistogram.Histogram;

/** Percentiles in milliseconds; all 0 where there is nothing to take them of. */
record Latency(double p50, double p99, double p999, double most) {
    private static final double MILLI = 1e6;

    /** @param nanos in nanoseconds */
    static Latency of(Histogram nanos) {
        return new Latency(
                nanos.getValueAtPercentile(50) / MILLI,
                nanos.getValueAtPercentile(99) / MILLI,
                nanos.getValueAtPercentile(99.9) / MILLI,
                nanos.getMaxValue() / MILLI);
    }
}
