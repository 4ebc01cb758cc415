package dev.millrace.common.identity;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.token.EventType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Hashes what makes an event the same event to 64 bits: SipHash-2-4 (Aumasson and Bernstein, 2012) under a secret key, so
 * that nobody outside can search for events that collide.
 *
 * <p>The input begins with a tag that says which kind of identity it is, and every part has its length before it. So no
 * two different events give the same input. With 20 million identities remembered in a partition, the next new event is
 * taken for a duplicate with a probability of some 10<sup>-12</sup>.
 *
 * <p>Thread-safe.
 */
public final class IdentityHash {
    private static final byte BY_TOKEN = 1;
    private static final byte BY_VISITOR = 2;

    private final HashFunction sipHash;

    public IdentityHash(IdentityKey key) {
        ByteBuffer halves = ByteBuffer.wrap(key.sipHashKey()).order(ByteOrder.LITTLE_ENDIAN);
        this.sipHash = Hashing.sipHash24(halves.getLong(), halves.getLong());
    }

    /**
     * The identity of an event that a token pays once.
     *
     * @param key the event's own key, empty where the type takes none
     * @param jti the token's idempotency key
     */
    public long ofToken(String publisher, String creator, EventType type, String key, String jti) {
        return hash(BY_TOKEN, publisher, creator, type.wireName(), key, jti);
    }

    /**
     * The identity of an event that a visitor can give an article only once, whatever the token.
     *
     * @param key the event's own key, empty where the type takes none
     * @param visitor the token's {@code vis}
     */
    public long ofVisitor(
            String publisher, String creator, String article, EventType type, String key, String visitor) {
        return hash(BY_VISITOR, publisher, creator, article, type.wireName(), key, visitor);
    }

    private long hash(byte tag, String... parts) {
        byte[][] encoded = new byte[parts.length][];
        int size = 1;
        for (int i = 0; i < parts.length; i++) {
            encoded[i] = parts[i].getBytes(StandardCharsets.UTF_8);
            size += Integer.BYTES + encoded[i].length;
        }
        ByteBuffer input = ByteBuffer.allocate(size).put(tag);
        for (byte[] part : encoded) {
            input.putInt(part.length).put(part);
        }
        return sipHash.hashBytes(input.array()).asLong();
    }
}
