package dev.millrace.lab.overload;

import java.nio.ByteBuffer;

/** The requests that arrivals are sent as: which goes out next; it is told what became of each. For one thread. */
interface Supply {
    /** Whether there is nothing to take at the moment. */
    boolean isEmpty();

    /** The number of the request that goes out now; only where there is one. */
    int take();

    /** As it goes over the wire. */
    ByteBuffer bytes(int request);

    /** Each of its events counts. */
    void acknowledged(int request);

    /** The server asked for the same again. */
    void refused(int request);

    /** Nobody knows whether its events count. */
    void unanswered(int request);
}
