package dev.millrace.local.replay;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a log, one at a time, with bounded memory whatever the file holds. Not thread-safe.
 *
 * <p>Lines end with {@code \n} or {@code \r\n}; the last one may lack its end. The text is UTF-8, with U+FFFD in place of
 * what is not.
 */
final class LogLines implements AutoCloseable {
    /** A longer line is cut, which makes it unreadable: web servers write none. */
    static final int MAX_LINE_BYTES = 64 * 1024;

    private static final int BUFFER_BYTES = 1 << 16;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
    private long bytes;

    LogLines(InputStream in) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
    }

    /** The next line without its end, or null after the last one. */
    @Nullable
    String next() throws IOException {
        line.reset();
        int next = in.read();
        if (next < 0) {
            return null;
        }
        for (; next >= 0 && next != '\n'; next = in.read()) {
            bytes++;
            if (line.size() < MAX_LINE_BYTES) {
                line.write(next);
            }
        }
        bytes += next == '\n' ? 1 : 0;
        String text = line.toString(StandardCharsets.UTF_8);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    /** How many bytes have been read as lines so far. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
