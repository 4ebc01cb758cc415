package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.IntUnaryOperator;

/**
 * The replies to a pipeline of Redis commands, which are counted and otherwise passed over: strings, numbers and simple
 * lines. An error among them ends the run.
 *
 * <p>All bytes of a reply but a string's own are lines.
 */
final class RespReply implements ReplyReader {
    private final IntUnaryOperator commands;
    private final StringBuilder line = new StringBuilder();
    private long toSkip;
    private int missing;

    /** @param commands how many commands the request of this number holds */
    RespReply(IntUnaryOperator commands) {
        this.commands = commands;
    }

    @Override
    public void begin(int request) {
        missing = commands.applyAsInt(request);
        line.setLength(0);
        toSkip = 0;
    }

    @Override
    public int status() {
        return OK;
    }

    @Override
    public int retryAfter() {
        return 0;
    }

    @Override
    public boolean closes() {
        return false;
    }

    @Override
    public ByteBuffer body() {
        return ByteBuffer.allocate(0);
    }

    @Override
    public boolean read(ByteBuffer in) throws IOException {
        while (missing > 0 && in.hasRemaining()) {
            if (toSkip > 0) {
                int skipped = (int) Math.min(toSkip, in.remaining());
                in.position(in.position() + skipped);
                toSkip -= skipped;
                missing -= toSkip == 0 ? 1 : 0;
            } else {
                take((char) in.get());
            }
        }
        if (in.hasRemaining()) {
            throw new IOException("redis sent %d bytes more than its answer".formatted(in.remaining()));
        }
        return missing == 0;
    }

    private void take(char next) {
        if (next != '\n') {
            line.append(next);
            return;
        }
        String text = line.toString().stripTrailing();
        line.setLength(0);
        switch (text.charAt(0)) {
            case '$' -> {
                int length = Integer.parseInt(text, 1, text.length(), 10);
                toSkip = length < 0 ? 0 : length + 2L; // Its line end comes after it.
                missing -= length < 0 ? 1 : 0;
            }
            case '+', ':' -> missing--;
            default -> throw new IllegalStateException("redis answered '%s'".formatted(text));
        }
    }
}
