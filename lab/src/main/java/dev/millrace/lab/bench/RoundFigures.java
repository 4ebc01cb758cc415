package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * One round as it went.
 *
 * @param events how many were sent
 * @param sendNanos from the first request until all were acknowledged
 * @param settleNanos until the balances held everything, after that
 * @param latency nanoseconds of each request
 * @param cpuSeconds by process, of sending and settling
 * @param spent during the same
 * @param countedMicros what is in the balances
 * @param sentAgain requests that were refused or broke, and were sent again
 */
record RoundFigures(
        int events,
        long sendNanos,
        long settleNanos,
        Histogram latency,
        Map<String, Double> cpuSeconds,
        Costs spent,
        long countedMicros,
        long sentAgain) {
    private static final double SECOND = 1e9;

    RoundFigures {
        cpuSeconds = Map.copyOf(cpuSeconds);
    }

    double eventsPerSecond() {
        return events * SECOND / sendNanos;
    }

    /** Until the balances held everything. */
    double settledPerSecond() {
        return events * SECOND / (sendNanos + settleNanos);
    }

    /** Events that were paid too little for, or, below zero, too much; a part of an event is one. */
    long lost() {
        long micros = events * Events.MICROS - countedMicros;
        return Long.signum(micros) * Math.ceilDiv(Math.abs(micros), Events.MICROS);
    }
}
