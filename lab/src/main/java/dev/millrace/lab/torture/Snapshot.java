package dev.millrace.lab.torture;

import java.time.Duration;
import java.util.List;

/**
 * A run at one moment.
 *
 * @param elapsed since the first fault could happen
 * @param length of the run
 * @param eventsPerSecond acknowledged lately
 * @param acknowledged events in all
 * @param faults begun
 * @param allFaults of the schedule
 * @param current what is wrong now
 * @param late how late settlements are
 * @param differences found
 */
record Snapshot(
        Duration elapsed,
        Duration length,
        long eventsPerSecond,
        long acknowledged,
        long faults,
        int allFaults,
        List<String> current,
        Duration late,
        long differences) {
    /** One line. */
    @Override
    public String toString() {
        return "%s/%s  %,d events/s  %,d acknowledged  fault %d/%d  late %.1f s%s%s"
                .formatted(
                        clock(elapsed),
                        clock(length),
                        eventsPerSecond,
                        acknowledged,
                        faults,
                        allFaults,
                        late.toMillis() / 1_000.0,
                        differences == 0 ? "" : "  DIFFERENCES " + differences,
                        current.isEmpty() ? "" : "  now: " + String.join(", ", current));
    }

    private static String clock(Duration time) {
        return "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
    }
}
