package dev.millrace.lab.load;

import java.nio.ByteBuffer;

/** An answer of ingest-api, made up. */
record MadeUpReply(int status, int retryAfter, String body) implements ReplyParser {
    static final MadeUpReply ACCEPTED = accepted(1, 0, 0);

    static MadeUpReply accepted(int accepted, int duplicate, int rejected) {
        return new MadeUpReply(
                202,
                0,
                "{\"accepted\":%d,\"duplicate\":%d,\"filtered\":0,\"rejected\":%d}"
                        .formatted(accepted, duplicate, rejected));
    }

    static MadeUpReply overloaded(int retryAfter) {
        return new MadeUpReply(503, retryAfter, "{\"type\":\"about:blank\",\"code\":\"overloaded\"}");
    }

    @Override
    public void begin(int arrival) {}

    @Override
    public boolean read(ByteBuffer in) {
        return true;
    }
}
