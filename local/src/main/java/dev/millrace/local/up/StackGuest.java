package dev.millrace.local.up;

import java.io.Closeable;
import java.io.IOException;

/** What a command runs on a stack that is ready. */
@FunctionalInterface
public interface StackGuest {
    /** Starts it, and returns what ends it; that is called before the stack stops. */
    Closeable start() throws IOException;
}
