package dev.millrace.lab.torture;

/**
 * Keeps the clients together at a rate that leaves the machine some air, so that what is measured under faults is faults.
 * Time that was lost in an outage is not made up for. Thread-safe.
 */
final class Pace {
    private static final long NANOS = 1_000_000_000L;

    private final long eventsPerSecond;
    private long nextAt = System.nanoTime();

    Pace(long eventsPerSecond) {
        this.eventsPerSecond = eventsPerSecond;
    }

    /** Returns when so many events may be sent. */
    void await(int events) throws InterruptedException {
        long at;
        synchronized (this) {
            at = Math.max(nextAt, System.nanoTime());
            nextAt = at + events * NANOS / eventsPerSecond;
        }
        long wait = at - System.nanoTime();
        if (wait > 0) {
            Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
        }
    }
}
