package dev.millrace.local.up;

import org.jspecify.annotations.Nullable;

/**
 * The running thread's turn, which ends when it begins to stop things: until then a request to stop interrupts it,
 * afterwards nothing disturbs it any more. Thread-safe.
 */
final class Turn {
    private @Nullable Thread runner;
    private boolean askedToStop;

    /** The calling thread runs from here on. */
    synchronized void begin() {
        runner = Thread.currentThread();
        if (askedToStop) {
            runner.interrupt();
        }
    }

    synchronized void askToStop() {
        askedToStop = true;
        if (runner != null) {
            runner.interrupt();
        }
    }

    /** The running thread goes on undisturbed. */
    synchronized void end() {
        runner = null;
        Thread.interrupted();
    }

    synchronized boolean isAskedToStop() {
        return askedToStop;
    }
}
