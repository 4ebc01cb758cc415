package dev.millrace.books;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * The Merkle tree over a journal's postings, RFC 9162, 2.1.1, with SHA-256: what a verifier computes again from the stored rows. The database
 * computes the same root when a journal is booked ({@code merkle_root} in the schema, which also says what the hashes cover). It holds the
 * roots of complete subtrees only, so its memory grows with the logarithm of the number of lines. For one thread.
 */
public final class MerkleTree {
    private static final byte[] LEAF = {0};
    private static final byte[] NODE = {1};

    private final byte[] salt;
    private final MessageDigest sha256 = sha256();

    /** Roots of complete subtrees, the smallest first: as many as {@link #lines} has bits set. */
    private final Deque<byte[]> stack = new ArrayDeque<>();

    private int lines;

    /**
     * @param salt the journal's, 32 bytes
     */
    public MerkleTree(byte[] salt) {
        this.salt = salt.clone();
    }

    /**
     * Adds the next line.
     *
     * @param content its text, as {@code posting_text} gives it
     */
    public void add(String content) {
        byte[] root = leaf(lines, content);
        for (int line = lines; (line & 1) == 1; line >>= 1) {
            root = hash(NODE, stack.pop(), root);
        }
        stack.push(root);
        lines++;
    }

    /** Lines so far. */
    public int lines() {
        return lines;
    }

    /** The root, 32 bytes; without lines, the hash of nothing. */
    public byte[] root() {
        if (stack.isEmpty()) {
            return hash();
        }
        Iterator<byte[]> subtrees = stack.iterator();
        byte[] root = subtrees.next();
        while (subtrees.hasNext()) {
            root = hash(NODE, subtrees.next(), root);
        }
        return root;
    }

    /** The salt of one line is derived, so it can be shown with that line and tells nothing about the others. */
    private byte[] leaf(int line, String content) {
        byte[] own = hash(salt, ByteBuffer.allocate(Integer.BYTES).putInt(line).array());
        return hash(LEAF, own, content.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * A journal's hash.
     *
     * @param before the hash of the journal before it
     * @param root of its postings
     * @param content its text, as {@code journal_text} gives it
     */
    public static byte[] link(byte[] before, byte[] root, String content) {
        MessageDigest sha256 = sha256();
        sha256.update(before);
        sha256.update(root);
        return sha256.digest(content.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] hash(byte[]... parts) {
        for (byte[] part : parts) {
            sha256.update(part);
        }
        return sha256.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
