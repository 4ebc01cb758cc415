package dev.millrace.ingest.overload;

import java.util.concurrent.Semaphore;

/** Bounds how much is under way at once. What does not fit is refused at once and never queued. Thread-safe. */
public final class Budget {
    private final int allowed;
    private final Semaphore free;

    /** @param allowed most units taken at once, at least 1 */
    public Budget(int allowed) {
        this.allowed = allowed;
        this.free = new Semaphore(allowed);
    }

    /** Takes so many units, or none at all. */
    public boolean enter(int units) {
        return free.tryAcquire(units);
    }

    /** Gives so many units back. */
    public void leave(int units) {
        free.release(units);
    }

    /** Units taken now. */
    public int taken() {
        return allowed - free.availablePermits();
    }

    int allowed() {
        return allowed;
    }
}
