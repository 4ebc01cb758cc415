package dev.millrace.lab.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * An HTTP/1.1 response (RFC 9112), which is kept until it is complete. Its body comes with Content-Length, or chunked without
 * trailers.
 */
final class HttpReply implements ReplyParser {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final String LAST_CHUNK = "0\r\n\r\n";
    private static final int STATUS = "HTTP/1.1 ".length();

    private byte[] received = new byte[512];
    private int length;

    /** In lower case; empty until all of it has come. */
    private String head = "";

    private int status;
    private int bodyAt;
    private int end;
    private boolean chunked;

    @Override
    public void begin(int arrival) {
        length = 0;
        head = "";
    }

    @Override
    public boolean read(ByteBuffer in) throws IOException {
        int more = in.remaining();
        if (received.length < length + more) {
            received = Arrays.copyOf(received, 2 * (length + more));
        }
        in.get(received, length, more);
        length += more;
        if (head.isEmpty() && !readHead()) {
            return false;
        }
        if (chunked) {
            return length - bodyAt >= LAST_CHUNK.length()
                    && text(length - LAST_CHUNK.length()).equals(LAST_CHUNK);
        }
        if (length > end) {
            throw new IOException("the server sent %d bytes more than its answer".formatted(length - end));
        }
        return length == end;
    }

    private boolean readHead() throws IOException {
        int at = text(0).indexOf(END_OF_HEAD);
        if (at < 0) {
            return false;
        }
        head = text(0).substring(0, at + 2).toLowerCase(Locale.ROOT);
        bodyAt = at + END_OF_HEAD.length();
        status = number(head.substring(Math.min(STATUS, at), Math.min(STATUS + 3, at)));
        chunked = header("transfer-encoding").equals("chunked");
        end = bodyAt + (chunked || status == 204 || status == 304 ? 0 : number(header("content-length")));
        return true;
    }

    private String text(int from) {
        return new String(received, from, length - from, ISO_8859_1);
    }

    /** The value of a header; empty where there is none. */
    private String header(String name) {
        int at = head.indexOf("\n" + name + ":");
        return at < 0
                ? ""
                : head.substring(at + name.length() + 2, head.indexOf('\r', at)).strip();
    }

    private static int number(String text) throws IOException {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IOException("no number in '%s' of a response".formatted(text), e);
        }
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public int retryAfter() {
        String seconds = header("retry-after");
        return seconds.isEmpty() ? 0 : Integer.parseInt(seconds);
    }

    @Override
    public boolean closes() {
        return header("connection").equals("close");
    }

    @Override
    public String body() {
        String body = text(bodyAt);
        return chunked ? joined(body) : body;
    }

    private static String joined(String chunks) {
        StringBuilder body = new StringBuilder();
        int at = 0;
        int size;
        do {
            int line = chunks.indexOf("\r\n", at);
            size = Integer.parseInt(chunks.substring(at, line), 16);
            body.append(chunks, line + 2, line + 2 + size);
            at = line + 2 + size + 2;
        } while (size > 0);
        return body.toString();
    }
}
