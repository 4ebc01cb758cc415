package dev.millrace.ingest.limit;

import java.util.concurrent.Semaphore;

/**
 * Bounds how much is under way at once: events to Redis, KiB of bodies, or requests. What does not fit is turned away at once,
 * never queued. Thread-safe.
 */
public final class Lane {
    private final int capacity;
    private final Semaphore free;

    /**
     * @param capacity most places taken at once
     */
    public Lane(int capacity) {
        this.capacity = capacity;
        this.free = new Semaphore(capacity);
    }

    /** Takes so many places, or none at all. */
    public boolean enter(int places) {
        return free.tryAcquire(places);
    }

    public void leave(int places) {
        free.release(places);
    }

    /** Whether so many would be turned away now. */
    public boolean isTooFullFor(int places) {
        return free.availablePermits() < places;
    }

    /** Places taken now. */
    public int occupied() {
        return capacity - free.availablePermits();
    }
}
