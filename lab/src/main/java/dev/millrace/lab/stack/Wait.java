package dev.millrace.lab.stack;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for something that is under way elsewhere. */
public final class Wait {
    private static final long PAUSE_MILLIS = 10;

    private Wait() {}

    /**
     * Returns when the condition holds.
     *
     * @param what ends the sentence "waited so long for …"
     * @throws IllegalStateException when it does not come about in time
     */
    public static void until(String what, Duration patience, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited " + patience.toSeconds() + " s for " + what);
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }
}
