package dev.millrace.ingest.verify;

import dev.millrace.common.key.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Some bytes of an array that nobody changes any more: a request's body, a token in it, a part of that. It holds on to the
 * whole array. Equal where the bytes are. Immutable.
 */
public final class Slice {
    private final byte[] array;
    private final int from;
    private final int to;

    private Slice(byte[] array, int from, int to) {
        this.array = array;
        this.from = from;
        this.to = to;
    }

    /** The first {@code length} bytes. */
    public static Slice of(byte[] array, int length) {
        return new Slice(array, 0, length);
    }

    /** This text in UTF-8. */
    public static Slice of(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new Slice(bytes, 0, bytes.length);
    }

    /** What a buffer that wraps an array still has. */
    static Slice of(ByteBuffer wrapping) {
        int begin = wrapping.arrayOffset() + wrapping.position();
        return new Slice(wrapping.array(), begin, begin + wrapping.remaining());
    }

    /** Number of bytes. */
    public int length() {
        return to - from;
    }

    /** The i-th byte, from 0. */
    byte at(int i) {
        return array[from + i];
    }

    /** Those from {@code begin} on, before {@code end}. */
    Slice part(int begin, int end) {
        return new Slice(array, from + begin, from + end);
    }

    /** Where this byte is first found from {@code begin} on, or -1. */
    int indexOf(char c, int begin) {
        for (int i = from + begin; i < to; i++) {
            if (array[i] == c) {
                return i - from;
            }
        }
        return -1;
    }

    /** Whether it is this text. */
    public boolean is(String ascii) {
        if (ascii.length() != length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (array[from + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The bytes as text, each taken for an ASCII character. */
    public String ascii() {
        return new String(array, from, length(), StandardCharsets.US_ASCII);
    }

    /** To be read; its array is that of the slice. */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(array, from, length());
    }

    /** The same bytes in an array of their own. */
    Slice copy() {
        return new Slice(Arrays.copyOfRange(array, from, to), 0, length());
    }

    byte[] hash(HmacSha256.Calculation hmac) {
        return hmac.of(array, from, to);
    }

    /** Whether there are no bytes. */
    boolean isEmpty() {
        return from == to;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Slice slice && Arrays.equals(array, from, to, slice.array, slice.from, slice.to);
    }

    @Override
    public int hashCode() {
        return buffer().hashCode();
    }

    /** Never the bytes: they may be a token. */
    @Override
    public String toString() {
        return "Slice[%d bytes]".formatted(length());
    }
}
