package dev.millrace.ingest.limit;

/** A task that serves what has come over a connection. */
public interface FromConnection {
    /** The same object for every task of this connection, and none that is equal to it for another. */
    Object connection();
}
