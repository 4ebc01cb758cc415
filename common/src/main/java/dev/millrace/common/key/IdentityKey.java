package dev.millrace.common.key;

import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.millrace.common.token.EventType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The secret under which events are hashed to identities, and the hash: SipHash-2-4 (Aumasson and Bernstein, 2012) to 64 bits. So nobody outside
 * can search for events that collide. It never changes: under another key every event is a new one, so events that were counted would count again.
 *
 * <p>The hash's input begins with a tag that says which kind of identity it is, and every part has its length before it. So no two different
 * events give the same input. With 20 million identities remembered in a partition, the next new event is taken for a duplicate with a
 * probability of some 10<sup>-12</sup>. Thread-safe.
 */
public final class IdentityKey {
    /** The variable that sets it. */
    public static final String VARIABLE = "MILLRACE_IDENTITY_KEY";

    /** The well-known key of the local profile. Refused everywhere else. */
    public static final String LOCAL = "millrace-local-identity-key-not-for-production";

    private static final int SIP_HASH_KEY_BYTES = 16;
    private static final byte BY_TOKEN = 1;
    private static final byte BY_VISITOR = 2;
    private static final byte FILTERED = 3;
    private static final byte VISITOR = 4;
    private static final byte VISIT = 5;

    private final Secret secret;
    private final HashFunction sipHash;

    private IdentityKey(Secret secret) {
        this.secret = secret;
        ByteBuffer halves = ByteBuffer.wrap(sipHashKey()).order(ByteOrder.LITTLE_ENDIAN);
        this.sipHash = Hashing.sipHash24(halves.getLong(), halves.getLong());
    }

    /**
     * @param text at least 32 characters, from a random source; white space around them is left out
     * @throws dev.millrace.common.message.SettingException when the key is shorter, or has fewer than 8 different characters; the message
     *     never holds the key
     */
    public static IdentityKey of(String text) {
        return new IdentityKey(Secret.of(VARIABLE, text));
    }

    /**
     * The key of a service outside the local profile.
     *
     * @throws dev.millrace.common.message.SettingException when there is none, it is the well-known local one, or {@link #of} refuses it
     */
    public static IdentityKey forProduction(String text) {
        return new IdentityKey(
                Secret.forProduction(VARIABLE, text, LOCAL, "all nodes of ingest-api take the same one, for ever"));
    }

    byte[] sipHashKey() {
        return secret.derive("millrace/identity/v2", SIP_HASH_KEY_BYTES);
    }

    /** 16 hexadecimal digits that tell whether two nodes have the same key. Not secret; Redis keeps it. */
    public String fingerprint() {
        return secret.fingerprint("millrace/identity-fingerprint/v1");
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
     * The identity of an event that a visitor can give an article only once, with any token.
     *
     * @param key the event's own key, empty where the type takes none
     * @param visitor the token's {@code vis}
     */
    public long ofVisitor(
            String publisher, String creator, String article, EventType type, String key, String visitor) {
        return hash(BY_VISITOR, publisher, creator, article, type.wireName(), key, visitor);
    }

    /** The identity of an event that was filtered: never that of one that pays. */
    public long ofFiltered(String publisher, String creator, EventType type, String key, String jti) {
        return hash(FILTERED, publisher, creator, type.wireName(), key, jti);
    }

    /** A publisher's visitor; not 0, and no event's identity. */
    public long visitor(String publisher, String visitor) {
        long hash = hash(VISITOR, publisher, visitor);
        return hash == 0 ? 1 : hash;
    }

    /**
     * The identity of what tells that a visitor was there in a span of time.
     *
     * @param visitor as {@link #visitor} gives it
     * @param span its number
     */
    public long ofVisit(long visitor, long span) {
        byte[] input = ByteBuffer.allocate(1 + 2 * Long.BYTES)
                .put(VISIT)
                .putLong(visitor)
                .putLong(span)
                .array();
        return sipHash.hashBytes(input).asLong();
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

    @Override
    public String toString() {
        return "IdentityKey[hidden]";
    }
}
