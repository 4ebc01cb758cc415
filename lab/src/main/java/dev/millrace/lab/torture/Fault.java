package dev.millrace.lab.torture;

import dev.millrace.lab.link.TcpLink.Direction;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/**
 * One fault of a run.
 *
 * @param at when it begins, since the beginning of the run
 * @param lasting how long until it is healed; of a kill, how long the process stays dead
 * @param strength of a delay its milliseconds, of a reset the bytes of a reply that come through
 * @param silent the directions in which a half-open link is silent
 * @param late whether what a half-open link held back arrives late, or never
 */
record Fault(
        Kind kind, Target target, Duration at, Duration lasting, int strength, Set<Direction> silent, boolean late) {
    /** {@code stop worker-1}. */
    @Override
    public String toString() {
        return kind + " " + target;
    }

    /** What can go wrong. */
    enum Kind {
        /** SIGKILL, and a new process after a while. */
        KILL,
        /** SIGSTOP, and SIGCONT after a while. */
        STOP,
        /** All connections of a link close, new ones are refused. */
        CUT,
        /** Each piece on a link is held back. */
        DELAY,
        /** A link falls silent, one way or both. */
        HALF_OPEN,
        /** Replies on a link break off with RST. */
        RESET;

        boolean isOnLink() {
            return this != KILL && this != STOP;
        }

        /** As on the command line: {@code half-open}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
