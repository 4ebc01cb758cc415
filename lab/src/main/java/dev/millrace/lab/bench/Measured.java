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
 * @param redisMicros microseconds of Redis' CPU during the same
 * @param spent during the same
 * @param sentMicros what the events pay
 * @param countedMicros what is in the balances
 * @param repeated requests that were refused or broke, and were sent again
 */
record Measured(
        int events,
        long sendNanos,
        long settleNanos,
        Histogram latency,
        Map<String, Double> cpuSeconds,
        long redisMicros,
        Costs spent,
        long sentMicros,
        long countedMicros,
        long repeated) {
    private static final double SECOND = 1e9;
    private static final double MILLI = 1e6;

    Measured {
        cpuSeconds = Map.copyOf(cpuSeconds);
    }

    double eventsPerSecond() {
        return events * SECOND / sendNanos;
    }

    /** Until the balances held everything. */
    double settledPerSecond() {
        return events * SECOND / (sendNanos + settleNanos);
    }

    double settleMillis() {
        return settleNanos / MILLI;
    }

    /** Events that were paid too little for, or, below zero, too much; a part of an event is one. */
    long lost() {
        long micros = sentMicros - countedMicros;
        return Long.signum(micros) * Math.ceilDiv(Math.abs(micros), Events.MICROS);
    }
}
