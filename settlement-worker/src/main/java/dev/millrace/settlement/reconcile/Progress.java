package dev.millrace.settlement.reconcile;

import com.google.common.util.concurrent.RateLimiter;
import java.io.PrintStream;

/** Tells people how far it is, now and then. */
final class Progress {
    private final PrintStream out;

    /** A line every two seconds. */
    private final RateLimiter lines = RateLimiter.create(0.5);

    Progress(PrintStream out) {
        this.out = out;
    }

    /** A step begins. */
    void step(String what) {
        out.println(what + " …");
        var _ = lines.tryAcquire(); // so that a short step has no line of its own
    }

    /** Within a step that takes long. */
    void at(long done, long all, String what) {
        if (lines.tryAcquire()) {
            out.printf("  %,d of %,d %s (%d %%)%n", done, all, what, all == 0 ? 100 : 100 * done / all);
        }
    }
}
