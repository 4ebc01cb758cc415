package dev.millrace.ingest.limit;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a request holds while it is worked on ({@link ConcurrencyLimit}). A thread that is about to wait, for a client or for
 * Redis, releases its permit first, so that others are worked on meanwhile; it needs none to finish. Thread-safe.
 */
public final class Permit {
    static final ScopedValue<Permit> OF_THIS_THREAD = ScopedValue.newInstance();

    private static final Permit NONE = new Permit(() -> {}, false);

    private final Runnable release;
    private final boolean cameTooLate;
    private final AtomicBoolean released = new AtomicBoolean();

    Permit(Runnable release, boolean cameTooLate) {
        this.release = release;
        this.cameTooLate = cameTooLate;
    }

    /** That of the request which this thread works on; one of no consequence where nothing limits it. */
    public static Permit current() {
        return OF_THIS_THREAD.orElse(NONE);
    }

    /** Whether the request had to wait for so long, and so many wait behind it, that it had better be refused. */
    public boolean cameTooLate() {
        return cameTooLate;
    }

    /** From now on another request may be begun. Doing so again has no effect. */
    public void release() {
        if (released.compareAndSet(false, true)) {
            release.run();
        }
    }
}
