package dev.millrace.lab.load;

import java.nio.ByteBuffer;

/** A complete reply, as far as a load client needs it. */
public interface Reply {
    /** Of HTTP; 200 where the protocol has none. */
    int status();

    /** Seconds that the server asks to wait, 0 where it does not say. */
    int retryAfter();

    /** The body where it is kept, otherwise empty; until the connection's next request. */
    ByteBuffer body();
}
