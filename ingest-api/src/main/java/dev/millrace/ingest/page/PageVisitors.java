package dev.millrace.ingest.page;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.ingest.filter.ClientNetwork;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Tells the visitors of pages apart that hold a page token, without a cookie: by address (IPv6: its /64) and user agent, hashed under a random key that
 * lives for a day. So a visitor has another name each day and with each publisher, and nobody can go back from the name once the key is deleted.
 *
 * <p>Each half hour of Redis' clock is a window. In one window a visitor counts once for an article. A day has whole windows, so a window keeps its key.
 * All hashes are HMAC-SHA256, cut to 128 bits; each input begins with a tag of its kind, and each part has its length before it. Thread-safe.
 */
public final class PageVisitors {
    static final int WINDOW_SECONDS = 1_800;
    private static final int DAY_SECONDS = 86_400;

    private static final byte VISITOR = 1;
    private static final byte OPENING = 2;
    private static final byte NETWORK = 3;
    private static final byte READER = 4;

    private static final int HASH_BYTES = 16;

    /** What one customer of a data centre has at most, as a rule, of an IPv6 address; an IPv4 address has fewer. */
    private static final int CUSTOMER_BYTES = 6;

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final Keys keys;

    /** The random key of each day. */
    @FunctionalInterface
    public interface Keys {
        /** @param day since 1970, UTC */
        HmacSha256 of(long day);
    }

    public PageVisitors(Keys keys) {
        this.keys = keys;
    }

    /**
     * A visitor of a publisher's pages in a window.
     *
     * @param vis its name: 22 characters of base64url
     */
    public record Visitor(HmacSha256 key, long window, String vis) {
        /** The idempotency key of this visitor's opening of an article: 22 characters of base64url. */
        public String jti(String article, String creator) {
            return BASE64.encodeToString(hash(key, OPENING, text(vis), text(article), text(creator), number(window)));
        }
    }

    /**
     * A reader as its network's share is counted: whatever publisher it reads.
     *
     * @param network hash of the address, IPv6: of its /48
     * @param hash of the address and the user agent
     */
    record Reader(long network, long hash) {}

    /**
     * The visitor that a request comes from.
     *
     * @param address of the client; null: a proxy hides it, and its clients differ by their user agents alone
     * @param userAgent null: it says none
     * @param second of Redis' clock, Unix time
     */
    public Visitor visitor(String publisher, @Nullable InetAddress address, @Nullable String userAgent, long second) {
        HmacSha256 key = keys.of(second / DAY_SECONDS);
        byte[] hash = hash(key, VISITOR, text(publisher), network(address), text(userAgent));
        return new Visitor(key, second / WINDOW_SECONDS, BASE64.encodeToString(hash));
    }

    /** The same as its network's share is counted. */
    Reader reader(@Nullable InetAddress address, @Nullable String userAgent, long second) {
        HmacSha256 key = keys.of(second / DAY_SECONDS);
        byte[] network = network(address);
        byte[] customer = Arrays.copyOf(network, Math.min(network.length, CUSTOMER_BYTES));
        return new Reader(first(hash(key, NETWORK, customer)), first(hash(key, READER, network, text(userAgent))));
    }

    private static long first(byte[] hash) {
        return ByteBuffer.wrap(hash).getLong();
    }

    private static byte[] network(@Nullable InetAddress address) {
        return address == null ? new byte[0] : ClientNetwork.of(address);
    }

    private static byte[] text(@Nullable String text) {
        return text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] number(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static byte[] hash(HmacSha256 key, byte tag, byte[]... parts) {
        int size = 1;
        for (byte[] part : parts) {
            size += Integer.BYTES + part.length;
        }
        ByteBuffer input = ByteBuffer.allocate(size).put(tag);
        for (byte[] part : parts) {
            input.putInt(part.length).put(part);
        }
        return Arrays.copyOf(key.of(input.array()), HASH_BYTES);
    }
}
