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

    /** Why a request has no answer: its connection broke, or its deadline came. */
    enum Silence {
        BROKEN,
        LATE
    }

    /** A complete reply, as far as a load client needs it. */
    interface Reply {
        int OK = 200;

        /** Of HTTP; 200 where the protocol has none. */
        int status();

        /** Seconds that the server asks to wait, 0 where it does not say. */
        int retryAfter();

        /** The body where it is kept, otherwise empty; until the connection's next request. */
        ByteBuffer body();

        static boolean isSuccess(int status) {
            return status >= OK && status < 300;
        }

        /** The server asks for the same again, later. */
        static boolean isRefusal(int status) {
            return status == 429 || status == 503;
        }
    }

    /** The clock starts: nothing was asked for before. */
    void begin(long now);

    /** Nothing is left to send, and nothing has to be waited for. */
    boolean isFinished();

    /** The number of the request that is to be sent now, which the client then does; or {@link #NOTHING}. */
    int next(long now);

    /** Nanoseconds until {@link #next} is to be asked again, 0 for now; {@link #NEVER} when that needs an answer first. */
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
