package dev.millrace.lab.load;

import java.nio.ByteBuffer;

/** Looks at every answer. */
@FunctionalInterface
public interface Answers {
    /**
     * @param request its number, from 0
     * @param status of HTTP
     * @param body all of it; to be read before this returns
     */
    void take(int request, int status, ByteBuffer body);
}
