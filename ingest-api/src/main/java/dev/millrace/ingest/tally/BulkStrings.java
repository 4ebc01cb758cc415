package dev.millrace.ingest.tally;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Arguments of a command as Redis' protocol writes them out, bulk strings one after the other (RESP2), so that thousands of
 * them are one array and one copy. For one thread.
 */
final class BulkStrings {
    private static final int MOST_DIGITS = 20;

    private final byte[] digits = new byte[MOST_DIGITS];
    private byte[] bytes;
    private int length;
    private int count;

    /**
     * @param capacity bytes to begin with
     */
    BulkStrings(int capacity) {
        this.bytes = new byte[capacity];
    }

    int count() {
        return count;
    }

    BulkStrings add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    BulkStrings add(byte[] text) {
        begin(text.length);
        append(text);
        end();
        return this;
    }

    /** Decimal, as Lua and Redis read it. */
    BulkStrings add(long number) {
        int first = toDigits(number);
        begin(MOST_DIGITS - first);
        appendDigits(first);
        end();
        return this;
    }

    /** One string of the two. */
    BulkStrings add(byte[] prefix, int number) {
        int first = toDigits(number);
        begin(prefix.length + MOST_DIGITS - first);
        append(prefix);
        appendDigits(first);
        end();
        return this;
    }

    /** All of these, in their order. */
    BulkStrings addAll(BulkStrings others) {
        reserve(others.length);
        System.arraycopy(others.bytes, 0, bytes, length, others.length);
        length += others.length;
        count += others.count;
        return this;
    }

    void writeTo(ByteBuf out) {
        out.writeBytes(bytes, 0, length);
    }

    private void begin(int size) {
        reserve(size + MOST_DIGITS);
        bytes[length++] = '$';
        if (size < 10) {
            bytes[length++] = (byte) ('0' + size);
        } else if (size < 100) {
            bytes[length++] = (byte) ('0' + size / 10);
            bytes[length++] = (byte) ('0' + size % 10);
        } else {
            append(Integer.toString(size).getBytes(StandardCharsets.US_ASCII));
        }
        endLine();
    }

    private void end() {
        endLine();
        count++;
    }

    private void endLine() {
        bytes[length++] = '\r';
        bytes[length++] = '\n';
    }

    private void append(byte[] text) {
        System.arraycopy(text, 0, bytes, length, text.length);
        length += text.length;
    }

    private void appendDigits(int first) {
        System.arraycopy(digits, first, bytes, length, MOST_DIGITS - first);
        length += MOST_DIGITS - first;
    }

    /** Writes the number to the end of {@link #digits} and says where it begins; below zero all the way, where every long has room. */
    private int toDigits(long number) {
        int first = MOST_DIGITS;
        long rest = number < 0 ? number : -number;
        do {
            digits[--first] = (byte) ('0' - rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (number < 0) {
            digits[--first] = '-';
        }
        return first;
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }
}
