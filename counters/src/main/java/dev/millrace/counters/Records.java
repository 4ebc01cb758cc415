package dev.millrace.counters;

import dev.millrace.common.token.EngagementName;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of an entry of an engage stream say what its micros are for. Field {@code r} has the caller's sums. Field
 * {@code t} (where there is any) the units that the script took back, 6 bytes each, little-endian: u16 index of the record, u32 units.
 *
 * <p>A record is publisher, creator, article and type with its note, each as a byte length and UTF-8 bytes, then rate version and units. Numbers and
 * lengths are base-128, the low seven bits first (LEB128). Every record is complete in itself.
 */
public final class Records {
    private static final int MOST_BYTES_OF_A_CHARACTER = 3;

    /** Four lengths, a type and two numbers. */
    private static final int MOST_BYTES_OF_THE_REST = 64;

    private static final int TAKEN_BACK = Short.BYTES + Integer.BYTES;

    private Records() {}

    /**
     * Units of one name.
     *
     * @param units may be negative: taken back
     */
    public record Units(EngagementName name, long units) {}

    /** Most bytes that a record of this name takes. */
    public static int mostBytes(EngagementName name) {
        int characters = name.publisher().length()
                + name.creator().length()
                + name.article().length();
        return MOST_BYTES_OF_A_CHARACTER * characters + MOST_BYTES_OF_THE_REST;
    }

    /** Appends a record to a buffer that has room for it. */
    public static void write(EngagementName name, long units, ByteBuffer out) {
        write(name.publisher(), out);
        write(name.creator(), out);
        write(name.article(), out);
        write(name.typeAndNote(), out);
        write(name.rateVersion(), out);
        write(units, out);
    }

    private static void write(String text, ByteBuffer out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        write(bytes.length, out);
        out.put(bytes);
    }

    private static void write(long number, ByteBuffer out) {
        long rest = number;
        while (rest >= 0x80) {
            out.put((byte) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
    }

    /**
     * Reads an entry: its records, and behind them the units taken back, as negative units.
     *
     * @param records field {@code r}
     * @param takenBack field {@code t}, or null
     * @throws IllegalArgumentException when it is none of ours
     */
    public static List<Units> read(byte[] records, byte @Nullable [] takenBack) {
        try {
            List<Units> read = new ArrayList<>();
            ByteBuffer in = ByteBuffer.wrap(records);
            while (in.hasRemaining()) {
                EngagementName name = EngagementName.checked(text(in), text(in), text(in), text(in), number(in));
                read.add(new Units(name, number(in)));
            }
            if (takenBack != null) {
                if (takenBack.length % TAKEN_BACK != 0) {
                    throw new IllegalArgumentException("what was taken back has %d bytes".formatted(takenBack.length));
                }
                ByteBuffer back = ByteBuffer.wrap(takenBack).order(ByteOrder.LITTLE_ENDIAN);
                while (back.hasRemaining()) {
                    EngagementName name =
                            read.get(Short.toUnsignedInt(back.getShort())).name();
                    read.add(new Units(name, -Integer.toUnsignedLong(back.getInt())));
                }
            }
            return read;
        } catch (BufferUnderflowException | IndexOutOfBoundsException | CharacterCodingException e) {
            throw new IllegalArgumentException("a record breaks off, or is no text", e);
        }
    }

    private static String text(ByteBuffer in) throws CharacterCodingException {
        long length = number(in);
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer text = in.slice(in.position(), (int) length);
        in.position(in.position() + (int) length);
        return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
    }

    private static long number(ByteBuffer in) {
        long number = 0;
        for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
            byte next = in.get();
            number |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return number;
            }
        }
        throw new IllegalArgumentException("a number of a record has too many digits");
    }
}
