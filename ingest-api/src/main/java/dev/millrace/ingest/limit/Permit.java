package dev.millrace.ingest.limit;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a request holds while it is worked on ({@link ConcurrencyLimit}). A thread that is about to wait, for a client or for
 * Redis, releases it first, so that others are worked on meanwhile. When there is something to go on with it is taken back, by
 * the thread itself or by who wakes it, whether one is free or not: that keeps others from being begun. Thread-safe.
 */
public final class Permit {
    static final ScopedValue<Permit> OF_THIS_THREAD = ScopedValue.newInstance();

    private static final Permit NONE = new Permit(
            new Source() {
                @Override
                public void taken(Permit permit) {}

                @Override
                public void givenBack(Permit permit) {}

                @Override
                public void noted(Object connection, Standing standing) {}
            },
            null,
            Standing.NEW,
            0,
            false);

    private final Source source;
    private final @Nullable Object connection;
    private final Standing standing;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
    private volatile long waited;
    private volatile boolean late;

    private enum State {
        HELD,
        RELEASED,
        ENDED
    }

    /** Where permits come from. */
    interface Source {
        /** One more is held, whether one was free or not. */
        void taken(Permit permit);

        void givenBack(Permit permit);

        void noted(Object connection, Standing standing);
    }

    /**
     * One that is held.
     *
     * @param connection of its request, where that is known
     * @param standing of that connection
     * @param waited nanoseconds until its request was begun
     * @param late whether that was too long
     */
    Permit(Source source, @Nullable Object connection, Standing standing, long waited, boolean late) {
        this.source = source;
        this.connection = connection;
        this.standing = standing;
        this.waited = waited;
        this.late = late;
    }

    /** That of the request which this thread works on; one of no consequence where nothing limits it. */
    public static Permit current() {
        return OF_THIS_THREAD.orElse(NONE);
    }

    /**
     * Whether the request had to wait for so long, and so many wait behind it, that it had better be refused. Of no other that its
     * client has sent behind it on the same connection: the permit has been released by then.
     */
    public boolean cameTooLate() {
        return late;
    }

    /** Nanoseconds that the request has waited until it was begun; 0 for those behind it on the same connection. */
    public long waited() {
        return waited;
    }

    /** What was known of the request's connection when it came. */
    public Standing standing() {
        return standing;
    }

    /** Tells what the request has shown of its connection, and with that where the next over it will have to wait. */
    public void note(Standing standing) {
        if (connection != null) {
            source.noted(connection, standing);
        }
    }

    /** From now on another request may be begun. Has no effect on one that is not held. */
    public void release() {
        if (state.compareAndSet(State.HELD, State.RELEASED)) {
            late = false;
            waited = 0;
            source.givenBack(this);
        }
    }

    /** Takes it back. Has no effect on one that is held, or whose request has ended. */
    public void resume() {
        if (state.compareAndSet(State.RELEASED, State.HELD)) {
            source.taken(this);
        }
    }

    /** The request is answered. */
    void end() {
        if (state.getAndSet(State.ENDED) == State.HELD) {
            source.givenBack(this);
        }
    }
}
