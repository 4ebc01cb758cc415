package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;

/** Redis' replies to a pipeline of commands that each answer with a string: two lines, its length and itself. */
final class RespReply implements ReplyParser {
    private static final int LINES = 2;

    private final IntUnaryOperator commands;
    private int missing;
    private boolean isLineStart;

    /** @param commands how many commands an arrival holds */
    RespReply(IntUnaryOperator commands) {
        this.commands = commands;
    }

    @Override
    public void begin(int arrival) {
        missing = LINES * commands.applyAsInt(arrival);
        isLineStart = true;
    }

    /** @throws IllegalStateException when a command failed */
    @Override
    public boolean read(ByteBuffer in) throws IOException {
        while (in.hasRemaining()) {
            if (missing == 0) {
                throw new IOException("redis sent %d bytes more than its answer".formatted(in.remaining()));
            }
            byte next = in.get();
            if (isLineStart && next == '-') {
                throw new IllegalStateException("redis answered '%s'"
                        .formatted(StandardCharsets.UTF_8.decode(in).toString().strip()));
            }
            isLineStart = next == '\n';
            missing -= isLineStart ? 1 : 0;
        }
        return missing == 0;
    }
}
