package dev.millrace.lab.bench;

import java.time.Duration;

/** Waits for something that is under way elsewhere. */
public final class Wait {
    private static final long PAUSE_MILLIS = 10;

    private Wait() {}

    /** Whether it has come about. */
    public interface Condition {
        boolean holds() throws Exception;
    }

    /**
     * Returns when the condition holds.
     *
     * @param what ends the sentence "waited so long for …"
     * @throws IllegalStateException when it does not come about in time
     */
    public static void until(String what, Duration patience, Condition condition) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("waited " + patience.toSeconds() + " s for " + what);
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }
}
