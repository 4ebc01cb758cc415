package dev.millrace.lab.overload;

import dev.millrace.lab.stack.Sums;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One level of load as it went.
 *
 * @param percent of peak
 * @param perSecond events that were offered a second
 * @param goodput events accepted a second, of those in time
 * @param score of its arrivals
 * @param recovery what came after it, or null where it was not beyond peak
 * @param connections that it took
 * @param memory of ingest-api
 * @param cpu seconds by process, the recovery's too
 * @param sums of all events that were sent
 */
record Level(
        int percent,
        double perSecond,
        double goodput,
        Score score,
        @Nullable Return recovery,
        int connections,
        Memory memory,
        Map<String, Double> cpu,
        Sums sums) {
    static final int PEAK = 100;

    /**
     * The way back from a level beyond peak.
     *
     * @param seconds until it was normal, or null where that was not seen
     * @param score of the arrivals that came after the level
     */
    record Return(@Nullable Double seconds, Score score) {}

    Level {
        cpu = Map.copyOf(cpu);
    }

    /** Whether as much is offered as the server can take, or more. */
    boolean isFull() {
        return percent >= PEAK;
    }
}
