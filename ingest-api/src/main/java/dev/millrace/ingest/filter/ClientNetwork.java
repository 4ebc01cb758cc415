package dev.millrace.ingest.filter;

import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * One connection's part of an address: an IPv4 address whole, the /64 of an IPv6 one. A provider gives out a /64 at least, and devices change the rest as
 * they like.
 */
public final class ClientNetwork {
    private ClientNetwork() {}

    /** Its four or eight bytes. */
    public static byte[] of(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == Integer.BYTES ? bytes : Arrays.copyOf(bytes, Long.BYTES);
    }

    /** The same as a number. */
    public static long number(InetAddress address) {
        byte[] bytes = of(address);
        return bytes.length == Integer.BYTES
                ? Integer.toUnsignedLong(Ints.fromByteArray(bytes))
                : Longs.fromByteArray(bytes);
    }
}
