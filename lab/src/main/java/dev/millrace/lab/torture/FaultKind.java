package dev.millrace.lab.torture;

import java.util.Locale;

/** What can go wrong. */
enum FaultKind {
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
