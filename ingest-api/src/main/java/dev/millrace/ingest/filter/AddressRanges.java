package dev.millrace.ingest.filter;

import com.google.common.net.InetAddresses;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import dev.millrace.common.message.Printable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Networks, as sorted ranges of addresses that do not overlap: a look-up is one binary search. An IPv4 address stands among the IPv6 ones where
 * RFC 4291 maps it (::ffff:0:0/96). Immutable.
 */
public final class AddressRanges {
    /** Fewer bits are a mistake, or a line that is cut: no provider owns a 256th of all addresses. */
    private static final int LEAST_IPV4 = 8;

    private static final int LEAST_IPV6 = 16;
    private static final int BITS = 128;
    private static final int MAPPED = 96;

    private final long[] firstHigh;
    private final long[] firstLow;
    private final long[] lastHigh;
    private final long[] lastLow;

    /** @param ranges sorted, without overlaps */
    private AddressRanges(List<Range> ranges) {
        firstHigh = ranges.stream().mapToLong(range -> range.first().high()).toArray();
        firstLow = ranges.stream().mapToLong(range -> range.first().low()).toArray();
        lastHigh = ranges.stream().mapToLong(range -> range.last().high()).toArray();
        lastLow = ranges.stream().mapToLong(range -> range.last().low()).toArray();
    }

    /**
     * Reads a list: a network (192.0.2.0/24, 2001:db8::/32) or an address a line. What follows a # is a comment.
     *
     * @throws IllegalArgumentException at the first line that is neither, naming the line and the remedy
     */
    public static AddressRanges parse(Stream<String> lines) {
        List<Range> ranges = new ArrayList<>();
        int[] number = {0};
        lines.forEachOrdered(line -> {
            number[0]++;
            Range range = range(withoutComment(line), number[0]);
            if (range != null) {
                ranges.add(range);
            }
        });
        return new AddressRanges(merged(ranges));
    }

    private static String withoutComment(String line) {
        int comment = line.indexOf('#');
        return (comment < 0 ? line : line.substring(0, comment)).strip();
    }

    private static @Nullable Range range(String text, int number) {
        if (text.isEmpty()) {
            return null;
        }
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        if (!InetAddresses.isInetAddress(host) || host.contains("%")) {
            throw mistake(number, text, "is no network");
        }
        InetAddress address = InetAddresses.forString(host);
        boolean isShort = address instanceof Inet4Address && !host.contains(":");
        int most = isShort ? BITS - MAPPED : BITS;
        int bits = slash < 0 ? most : bits(text.substring(slash + 1));
        if (bits < 0 || bits > most) {
            throw mistake(
                    number,
                    text,
                    "has no prefix from %d to %d bits".formatted(isShort ? LEAST_IPV4 : LEAST_IPV6, most));
        }
        if (bits < (isShort ? LEAST_IPV4 : LEAST_IPV6)) {
            throw mistake(number, text, "is too wide, fewer than %d bits".formatted(isShort ? LEAST_IPV4 : LEAST_IPV6));
        }
        return Address.of(address).range(isShort ? bits + MAPPED : bits);
    }

    /** The number, or -1 where it is none. */
    private static int bits(String text) {
        return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
    }

    private static IllegalArgumentException mistake(int number, String text, String what) {
        return new IllegalArgumentException(
                "line %d: \"%s\" %s; write one such as 192.0.2.0/24 or 2001:db8::/32, or put # before it"
                        .formatted(number, Printable.abbreviate(text, 60), what));
    }

    private static List<Range> merged(List<Range> ranges) {
        ranges.sort(Comparator.comparing(Range::first));
        List<Range> merged = new ArrayList<>();
        for (Range range : ranges) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            if (last == null || last.last().compareTo(range.first()) < 0) {
                merged.add(range);
            } else if (last.last().compareTo(range.last()) < 0) {
                merged.set(merged.size() - 1, new Range(last.first(), range.last()));
            }
        }
        return merged;
    }

    /** Whether one of the ranges has this address. */
    public boolean have(InetAddress address) {
        Address sought = Address.of(address);
        int low = 0;
        int high = firstHigh.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sought.compare(firstHigh[middle], firstLow[middle]) >= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low > 0 && sought.compare(lastHigh[low - 1], lastLow[low - 1]) <= 0;
    }

    /** How many ranges are left once those that overlap are one. */
    int size() {
        return firstHigh.length;
    }

    private record Range(Address first, Address last) {}

    /** The 128 bits of an IPv6 address. */
    private record Address(long high, long low) implements Comparable<Address> {
        private static final long MAPPED_PREFIX = 0xffff_0000_0000L;

        static Address of(InetAddress address) {
            byte[] bytes = address.getAddress();
            if (bytes.length == Integer.BYTES) {
                return new Address(0, MAPPED_PREFIX | Integer.toUnsignedLong(Ints.fromByteArray(bytes)));
            }
            return new Address(
                    Longs.fromByteArray(bytes),
                    Longs.fromBytes(
                            bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]));
        }

        /** All addresses that share the first bits with this one. */
        Range range(int bits) {
            long highHost = bits >= Long.SIZE ? 0 : -1L >>> bits;
            long lowHost = bits <= Long.SIZE ? -1L : bits == BITS ? 0 : -1L >>> (bits - Long.SIZE);
            return new Range(
                    new Address(high & ~highHost, low & ~lowHost), new Address(high | highHost, low | lowHost));
        }

        @Override
        public int compareTo(Address other) {
            return compare(other.high, other.low);
        }

        int compare(long otherHigh, long otherLow) {
            int order = Long.compareUnsigned(high, otherHigh);
            return order != 0 ? order : Long.compareUnsigned(low, otherLow);
        }
    }
}
