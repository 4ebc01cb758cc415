package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the replies of one connection, piece by piece as they arrive. For one thread. */
interface ReplyReader {
    /** Makes ready for the reply to this request. */
    void begin(int request);

    /**
     * Takes what has arrived.
     *
     * @return true when the reply is complete
     * @throws IOException when it is none that can be understood
     */
    boolean read(ByteBuffer in) throws IOException;

    /** Of the complete reply; {@link Status#OK} where the protocol has none. */
    int status();

    /** Seconds that the server asks to wait, 0 where it does not say. */
    int retryAfter();

    /** Whether the server takes no other request on this connection. */
    boolean closes();

    /** The body where it is kept, otherwise empty; until the next {@link #begin}. */
    ByteBuffer body();
}
