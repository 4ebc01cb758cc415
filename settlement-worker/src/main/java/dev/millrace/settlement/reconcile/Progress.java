package dev.millrace.settlement.reconcile;

import java.io.PrintStream;
import java.time.Duration;

/** Tells people how far it is, now and then. */
final class Progress {
    private static final long PAUSE = Duration.ofSeconds(2).toNanos();

    private final PrintStream out;
    private long last = System.nanoTime();

    Progress(PrintStream out) {
        this.out = out;
    }

    /** A step begins. */
    void step(String what) {
        out.println(what + " …");
        last = System.nanoTime();
    }

    /** Within a step that takes long. */
    void at(long done, long all, String what) {
        if (System.nanoTime() - last > PAUSE) {
            out.printf("  %,d of %,d %s (%d %%)%n", done, all, what, all == 0 ? 100 : 100 * done / all);
            last = System.nanoTime();
        }
    }
}
