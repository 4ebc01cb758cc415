package dev.millrace.lab.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An HTTP/1.1 response (RFC 9112), which is kept until it is complete. Bodies come with Content-Length or chunked. */
final class HttpReply implements ReplyReader {
    private static final int LONGEST_HEAD = 16 * 1024;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    private final boolean keepsBody;
    private byte[] received = new byte[512];
    private int length;
    private int head;
    private int bodyAt;
    private int bodyLength;
    private int status;
    private int retryAfter;
    private boolean chunked;
    private boolean closes;

    /** @param keepsBody whether {@link #body} is wanted */
    HttpReply(boolean keepsBody) {
        this.keepsBody = keepsBody;
    }

    @Override
    public void begin(int request) {
        length = 0;
        head = 0;
        bodyAt = -1;
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
        return ByteBuffer.wrap(received, bodyAt, keepsBody ? bodyLength : 0).asReadOnlyBuffer();
    }

    @Override
    public boolean read(ByteBuffer in) throws IOException {
        int more = in.remaining();
        if (received.length < length + more) {
            received = Arrays.copyOf(received, 2 * (length + more));
        }
        in.get(received, length, more);
        length += more;
        while (bodyAt < 0) { // An interim response comes before the real one.
            if (!readHead()) {
                return false;
            }
        }
        int end = chunked ? joinChunks() : bodyAt + bodyLength;
        if (end > 0 && length > end) {
            throw new IOException("the server sent %d bytes more than its answer".formatted(length - end));
        }
        return end > 0 && length == end;
    }

    private boolean readHead() throws IOException {
        int end = head;
        while (end + 4 <= length && !isEmptyLine(end)) {
            end++;
        }
        if (end + 4 > length) {
            if (length - head > LONGEST_HEAD) {
                throw new IOException("a head of more than %d bytes".formatted(LONGEST_HEAD));
            }
            return false;
        }
        String text = new String(received, head, end - head, StandardCharsets.ISO_8859_1);
        head = end + 4;
        status = number(text.substring(Math.min(text.length(), "HTTP/1.1 ".length())), 10);
        if (status >= OK) {
            readHeaders(text);
            bodyAt = head;
        }
        return true;
    }

    private boolean isEmptyLine(int at) {
        return received[at] == '\r' && received[at + 1] == '\n' && received[at + 2] == '\r' && received[at + 3] == '\n';
    }

    private void readHeaders(String text) throws IOException {
        bodyLength = status == NO_CONTENT || status == NOT_MODIFIED ? 0 : -1;
        retryAfter = 0;
        chunked = false;
        closes = false;
        for (int line = text.indexOf('\n'); line >= 0; line = text.indexOf('\n', line + 1)) {
            if (text.regionMatches(true, line + 1, "content-length:", 0, 15)) {
                bodyLength = number(text.substring(line + 16), 10);
            } else if (text.regionMatches(true, line + 1, "retry-after:", 0, 12)) {
                retryAfter = number(text.substring(line + 13), 10);
            } else if (text.regionMatches(true, line + 1, "connection: close", 0, 17)) {
                closes = true;
            } else if (text.regionMatches(true, line + 1, "transfer-encoding: chunked", 0, 26)) {
                chunked = true;
            }
        }
        if (bodyLength < 0 && !chunked) {
            throw new IOException("a response %d with neither Content-Length nor chunks".formatted(status));
        }
    }

    /** Moves the chunks together once all have come; where the response ended, or -1 where it has not. */
    private int joinChunks() throws IOException {
        int at = bodyAt;
        int size;
        do {
            int line = lineEnd(at);
            if (line < 0) {
                return -1;
            }
            size = number(new String(received, at, line - at, StandardCharsets.ISO_8859_1), 16);
            at = line + 2 + size + (size > 0 ? 2 : 0);
        } while (size > 0);
        for (int line = lineEnd(at); line != at; line = lineEnd(at)) { // Trailers.
            if (line < 0) {
                return -1;
            }
            at = line + 2;
        }
        int end = at + 2;
        bodyLength = 0;
        at = bodyAt;
        do {
            int line = lineEnd(at);
            size = number(new String(received, at, line - at, StandardCharsets.ISO_8859_1), 16);
            System.arraycopy(received, line + 2, received, bodyAt + bodyLength, size);
            bodyLength += size;
            at = line + 2 + size + 2;
        } while (size > 0);
        return end;
    }

    /** Where the line that begins here ends, or -1 where its end has not come. */
    private int lineEnd(int from) {
        for (int at = from; at + 1 < length; at++) {
            if (received[at] == '\r' && received[at + 1] == '\n') {
                return at;
            }
        }
        return -1;
    }

    /** The number that the text begins with, after spaces. */
    private static int number(String text, int radix) throws IOException {
        String digits = text.stripLeading();
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), radix) >= 0) {
            end++;
        }
        if (end == 0) {
            throw new IOException("no number in '%s' of a response"
                    .formatted(text.lines().findFirst().orElse("")));
        }
        return Integer.parseInt(digits.substring(0, end), radix);
    }
}
