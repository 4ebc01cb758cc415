package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the replies of one connection, piece by piece as they arrive. For one thread. */
interface ReplyReader extends Reply {
    /** Makes ready for the reply to this request. */
    void begin(int request);

    /**
     * Takes what has arrived.
     *
     * @return true when the reply is complete
     * @throws IOException when it is none that can be understood
     */
    boolean read(ByteBuffer in) throws IOException;

    /** Whether the server takes no other request on this connection. */
    boolean closes();
}
