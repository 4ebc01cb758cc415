package dev.millrace.local.testing;

import java.time.Duration;

/** When a test begins, where that matters. */
public final class Moments {
    private static final Duration MARGIN = Duration.ofSeconds(45);

    private Moments() {}

    /**
     * Waits, where a period of Unix time (a day, a generation of seen events) ends within the next 45 s, until it has ended:
     * a test that names the current period by itself must not begin in one and end in the next.
     */
    public static void awayFromTheEndOf(Duration period) {
        long number = System.currentTimeMillis() / period.toMillis();
        long left = (number + 1) * period.toMillis() - System.currentTimeMillis();
        if (left > MARGIN.toMillis()) {
            return;
        }
        while (System.currentTimeMillis() / period.toMillis() == number) {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
