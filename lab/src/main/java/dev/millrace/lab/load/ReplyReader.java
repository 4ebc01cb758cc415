package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the replies of one connection, piece by piece as they arrive. For one thread. */
interface ReplyReader extends Traffic.Reply {
    /** Makes ready for the reply to this request. */
    void begin(int request);

    /**
     * Takes what has arrived; true when the reply is complete.
     *
     * @throws IOException when it can't be understood, or when more has come than the reply
     */
    boolean read(ByteBuffer in) throws IOException;

    /** Whether the server takes no other request on this connection. */
    boolean closes();
}
