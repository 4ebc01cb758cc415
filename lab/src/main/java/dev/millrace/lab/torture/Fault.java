package dev.millrace.lab.torture;

import dev.millrace.lab.link.Direction;
import java.time.Duration;
import java.util.Set;

/**
 * One fault of a schedule.
 *
 * @param at when it begins, since the beginning of the run
 * @param lasting how long until it is healed; of a kill, how long the process stays dead
 * @param strength of a delay its milliseconds, of a reset the bytes of a reply that come through
 * @param silent the directions in which a half-open link is silent
 * @param late whether what a half-open link held back arrives late, or never
 */
record Fault(
        FaultKind kind,
        Target target,
        Duration at,
        Duration lasting,
        int strength,
        Set<Direction> silent,
        boolean late) {
    Fault {
        silent = Set.copyOf(silent);
    }

    /** {@code stop worker-1}. */
    @Override
    public String toString() {
        return kind + " " + target;
    }
}
