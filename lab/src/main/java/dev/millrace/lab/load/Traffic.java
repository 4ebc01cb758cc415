package dev.millrace.lab.load;

import java.nio.ByteBuffer;

/**
 * What a {@link LoadClient} sends, and when; it is told what becomes of each request. Times are nanoseconds of {@link
 * System#nanoTime}. All calls come from one thread.
 */
public interface Traffic {
    /** What {@link #next} says when nothing is due. */
    int NOTHING = -1;

    /** A {@link #deadline} that never comes. */
    long NEVER = Long.MAX_VALUE;

    /** Why a request has no answer. */
    enum Silence {
        /** Its connection broke. */
        BROKEN,
        /** Its deadline came. */
        LATE
    }

    /** The clock starts: nothing was asked for before. */
    void begin(long now);

    /** Nothing is left to send, and nothing has to be waited for. */
    boolean isFinished();

    /** The number of the request that is to be sent now, which the client then does; or {@link #NOTHING}. */
    int next(long now);

    /** Nanoseconds until {@link #next} is to be asked again, 0 for now; {@link Long#MAX_VALUE} when that needs an answer first. */
    long untilNext(long now);

    /** The request as it goes over the wire; it is left alone. Direct buffers save a copy. */
    ByteBuffer bytes(int request);

    /** When nobody waits for its answer any more: its connection is closed then. */
    default long deadline(int request) {
        return NEVER;
    }

    /** Whether {@link Reply#body} is wanted. */
    boolean readsBodies();

    /** Every request that was sent ends with this or with {@link #unanswered}. */
    void answered(int request, Reply reply, long now);

    /** Nobody knows what the server made of it. */
    void unanswered(int request, Silence why, long now);
}
