package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;

/**
 * The replies to a pipeline of Redis commands, which are counted and otherwise passed over: strings, numbers and simple
 * lines. An error among them ends the run.
 */
final class RespReply implements ReplyReader {
    private static final int LONGEST_LINE = 1024;

    private final IntUnaryOperator commands;
    private final byte[] line = new byte[LONGEST_LINE];
    private int lineLength;
    private long toSkip;
    private int missing;

    /** @param commands how many commands the request of this number holds */
    RespReply(IntUnaryOperator commands) {
        this.commands = commands;
    }

    @Override
    public void begin(int request) {
        missing = commands.applyAsInt(request);
        lineLength = 0;
        toSkip = 0;
    }

    @Override
    public boolean read(ByteBuffer in) throws IOException {
        while (missing > 0 && in.hasRemaining()) {
            if (toSkip > 0) {
                skip(in);
            } else {
                takeByte(in.get());
            }
        }
        return missing == 0;
    }

    @Override
    public int status() {
        return Status.OK;
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

    private void skip(ByteBuffer in) {
        int skipped = (int) Math.min(toSkip, in.remaining());
        in.position(in.position() + skipped);
        toSkip -= skipped;
        if (toSkip == 0) {
            missing--;
        }
    }

    private void takeByte(byte next) throws IOException {
        if (next == '\n') {
            takeLine();
            lineLength = 0;
        } else if (next != '\r') {
            if (lineLength == LONGEST_LINE) {
                throw new IOException("a line of more than %d bytes from redis".formatted(LONGEST_LINE));
            }
            line[lineLength++] = next;
        }
    }

    private void takeLine() {
        switch (line[0]) {
            case '$' -> {
                int length = Integer.parseInt(text());
                toSkip = length < 0 ? 0 : length + 2L; // Its line end comes after it.
                missing -= length < 0 ? 1 : 0;
            }
            case '+', ':' -> missing--;
            default -> throw new IllegalStateException("redis answered '%c%s'".formatted(line[0], text()));
        }
    }

    private String text() {
        return new String(line, 1, lineLength - 1, StandardCharsets.UTF_8);
    }
}
