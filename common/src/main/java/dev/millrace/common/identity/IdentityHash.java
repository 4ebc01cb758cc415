package dev.millrace.common.identity;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.token.EventType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Hashes (publisher, jti, type, key) to an {@link Identity}: the first 128 bits of HMAC-SHA256 (RFC 2104) under a key
 * derived from the master key, so that nobody outside can search for colliding events.
 *
 * <p>Every part is preceded by its length, so that no two different events give the same input. Thread-safe.
 */
public final class IdentityHash {
    private final HmacSha256 hmac;

    public IdentityHash(MasterKey masterKey) {
        this.hmac = new HmacSha256(masterKey.identityKey());
    }

    /** For one thread that hashes many events. */
    public Calculation calculation() {
        return new Calculation(hmac.calculation());
    }

    /** Hashes one event after the other. Not thread-safe. */
    public static final class Calculation {
        private final HmacSha256.Calculation hmac;

        private Calculation(HmacSha256.Calculation hmac) {
            this.hmac = hmac;
        }

        /**
         * @param key the event's own key, empty where the type takes none
         */
        public Identity of(String publisher, String jti, EventType type, String key) {
            byte[] input = input(publisher, jti, type.wireName(), key);
            ByteBuffer hash = ByteBuffer.wrap(hmac.of(input, 0, input.length));
            return new Identity(hash.getLong(), hash.getLong());
        }
    }

    private static byte[] input(String... parts) {
        byte[][] encoded = new byte[parts.length][];
        int size = 0;
        for (int i = 0; i < parts.length; i++) {
            encoded[i] = parts[i].getBytes(StandardCharsets.UTF_8);
            size += Integer.BYTES + encoded[i].length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(size);
        for (byte[] part : encoded) {
            buffer.putInt(part.length).put(part);
        }
        return buffer.array();
    }
}
