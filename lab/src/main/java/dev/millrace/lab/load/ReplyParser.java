package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the replies of one connection, piece by piece as they arrive. For one thread. */
interface ReplyParser {
    /** Makes ready for the reply to this arrival. */
    void begin(int arrival);

    /**
     * Takes what has arrived; true when the reply is complete.
     *
     * @throws IOException when it can't be understood, or when more has come than the reply
     */
    boolean read(ByteBuffer in) throws IOException;

    /** Of HTTP; 200 where the protocol has none. */
    default int status() {
        return 200;
    }

    /** Seconds that the server asks to wait, 0 where it does not say. */
    default int retryAfter() {
        return 0;
    }

    /** Whether the server takes no other request on this connection. */
    default boolean closes() {
        return false;
    }

    default String body() {
        return "";
    }
}
