package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The parts of an HTTP/1.1 response that a load client needs: status, length, whether the connection stays open, and the
 * body where it is wanted (RFC 9112). Bodies come with Content-Length or chunked.
 */
final class HttpReply implements ReplyReader {
    private static final int LONGEST_LINE = 8 * 1024;
    private static final int STATUS_AT = "http/1.1 ".length();
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;
    private static final byte[] LENGTH = name("content-length:");
    private static final byte[] ENCODING = name("transfer-encoding:");
    private static final byte[] RETRY_AFTER = name("retry-after:");
    private static final byte[] CONNECTION = name("connection:");

    private enum Part {
        STATUS_LINE,
        HEADERS,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        COMPLETE
    }

    private final boolean keepsBody;
    private final byte[] line = new byte[LONGEST_LINE];
    private int lineLength;
    private byte[] body = new byte[256];
    private int bodyLength;
    private Part part = Part.STATUS_LINE;
    private int status;
    private long left;
    private boolean chunked;
    private int retryAfter;
    private boolean closes;

    /** @param keepsBody whether {@link #body} is wanted */
    HttpReply(boolean keepsBody) {
        this.keepsBody = keepsBody;
    }

    @Override
    public void begin(int request) {
        part = Part.STATUS_LINE;
        lineLength = 0;
        bodyLength = 0;
        status = 0;
        left = -1;
        chunked = false;
        retryAfter = 0;
        closes = false;
    }

    @Override
    public boolean read(ByteBuffer in) throws IOException {
        while (part != Part.COMPLETE && in.hasRemaining()) {
            if (part == Part.BODY || part == Part.CHUNK) {
                takeBody(in);
            } else if (completesLine(in)) {
                takeLine();
                lineLength = 0;
            }
        }
        return part == Part.COMPLETE;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public int retryAfter() {
        return retryAfter;
    }

    @Override
    public boolean closes() {
        return closes;
    }

    @Override
    public ByteBuffer body() {
        return ByteBuffer.wrap(body, 0, bodyLength).asReadOnlyBuffer();
    }

    /** Lines are kept in lower case and without their end. */
    private boolean completesLine(ByteBuffer in) throws IOException {
        while (in.hasRemaining()) {
            byte next = in.get();
            if (next == '\n') {
                return true;
            }
            if (lineLength == LONGEST_LINE) {
                throw new IOException("a header line of more than %d bytes".formatted(LONGEST_LINE));
            }
            if (next != '\r') {
                line[lineLength++] = next >= 'A' && next <= 'Z' ? (byte) (next + ('a' - 'A')) : next;
            }
        }
        return false;
    }

    private void takeLine() throws IOException {
        switch (part) {
            case STATUS_LINE -> {
                status = (int) number(STATUS_AT, 10);
                part = Part.HEADERS;
            }
            case HEADERS -> {
                if (lineLength == 0) {
                    endHeaders();
                } else {
                    takeHeader();
                }
            }
            case CHUNK_SIZE -> {
                left = number(0, 16);
                part = left == 0 ? Part.TRAILERS : Part.CHUNK;
            }
            case CHUNK_END -> part = Part.CHUNK_SIZE;
            case TRAILERS -> part = lineLength == 0 ? Part.COMPLETE : Part.TRAILERS;
            case BODY, CHUNK, COMPLETE -> throw new IllegalStateException("a line in " + part);
        }
    }

    private void takeHeader() throws IOException {
        if (isNamed(LENGTH)) {
            left = number(LENGTH.length, 10);
        } else if (isNamed(ENCODING)) {
            chunked = text(ENCODING.length).endsWith("chunked");
        } else if (isNamed(RETRY_AFTER)) {
            retryAfter = (int) number(RETRY_AFTER.length, 10);
        } else if (isNamed(CONNECTION)) {
            closes = text(CONNECTION.length).contains("close");
        }
    }

    private void endHeaders() throws IOException {
        if (status < Status.OK) {
            part = Part.STATUS_LINE; // An interim response: the real one follows.
        } else if (chunked) {
            part = Part.CHUNK_SIZE;
        } else if (left == 0 || status == NO_CONTENT || status == NOT_MODIFIED) {
            part = Part.COMPLETE;
        } else if (left < 0) {
            throw new IOException("a response %d with neither Content-Length nor chunks".formatted(status));
        } else {
            part = Part.BODY;
        }
    }

    private void takeBody(ByteBuffer in) {
        int taken = (int) Math.min(left, in.remaining());
        if (keepsBody) {
            if (body.length < bodyLength + taken) {
                body = Arrays.copyOf(body, 2 * (bodyLength + taken));
            }
            in.get(body, bodyLength, taken);
            bodyLength += taken;
        } else {
            in.position(in.position() + taken);
        }
        left -= taken;
        if (left == 0) {
            part = part == Part.CHUNK ? Part.CHUNK_END : Part.COMPLETE;
        }
    }

    private boolean isNamed(byte[] name) {
        return lineLength >= name.length && Arrays.equals(line, 0, name.length, name, 0, name.length);
    }

    private String text(int from) {
        return new String(line, from, lineLength - from, StandardCharsets.ISO_8859_1).strip();
    }

    /** The number that begins here, after spaces. */
    private long number(int from, int radix) throws IOException {
        int at = from;
        while (at < lineLength && line[at] == ' ') {
            at++;
        }
        long number = 0;
        int begin = at;
        for (; at < lineLength && Character.digit(line[at], radix) >= 0; at++) {
            number = number * radix + Character.digit(line[at], radix);
        }
        if (at == begin) {
            throw new IOException("no number in the line '%s' of a response".formatted(text(0)));
        }
        return number;
    }

    private static byte[] name(String header) {
        return header.getBytes(StandardCharsets.US_ASCII);
    }
}
