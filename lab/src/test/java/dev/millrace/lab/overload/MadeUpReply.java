package dev.millrace.lab.overload;

import dev.millrace.lab.load.Traffic;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** An answer of ingest-api, made up. */
record MadeUpReply(int status, int retryAfter, String text) implements Traffic.Reply {
    static MadeUpReply accepted(int accepted, int duplicate, int rejected) {
        return new MadeUpReply(
                202, 0, "{\"accepted\":%d,\"duplicate\":%d,\"rejected\":%d}".formatted(accepted, duplicate, rejected));
    }

    static MadeUpReply overloaded(int retryAfter) {
        return new MadeUpReply(503, retryAfter, "{\"type\":\"about:blank\",\"code\":\"overloaded\"}");
    }

    @Override
    public ByteBuffer body() {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
