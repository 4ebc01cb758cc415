package dev.millrace.ingest.limit;

import java.util.concurrent.atomic.AtomicReference;

/**
 * What a request holds while it is worked on ({@link ConcurrencyLimit}). A thread that is about to wait, for a client or for
 * Redis, releases it first, so that others are worked on meanwhile. Who wakes the thread takes it back for it: that there
 * is one to go on with keeps others from being begun. Thread-safe.
 */
public final class Permit {
    static final ScopedValue<Permit> OF_THIS_THREAD = ScopedValue.newInstance();

    private static final Permit NONE = new Permit(
            new Source() {
                @Override
                public void take() {}

                @Override
                public void giveBack() {}
            },
            false);

    private final Source source;
    private final boolean cameTooLate;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);

    private enum State {
        HELD,
        RELEASED,
        ENDED
    }

    /** Where permits come from. */
    interface Source {
        /** Takes one more, whether there is one or not. */
        void take();

        void giveBack();
    }

    /** One that has been taken. */
    Permit(Source source, boolean cameTooLate) {
        this.source = source;
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

    /** From now on another request may be begun. Has no effect on one that is not held. */
    public void release() {
        if (state.compareAndSet(State.HELD, State.RELEASED)) {
            source.giveBack();
        }
    }

    /** Takes it back, before the thread is woken. Has no effect on one that is held, or whose request has ended. */
    public void resume() {
        if (state.compareAndSet(State.RELEASED, State.HELD)) {
            source.take();
        }
    }

    /** The request is answered. */
    void end() {
        if (state.getAndSet(State.ENDED) == State.HELD) {
            source.giveBack();
        }
    }
}
