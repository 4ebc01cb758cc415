package dev.millrace.settlement.reconcile;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A journal as it is stored: a link of the chain. */
final class Link {
    /** In the chain's order. */
    static final String QUERY = """
            SELECT journal_id, (extract(epoch FROM created_at) * 1000000)::bigint AS micros_of_time, kind, events, reason, prev_hash, hash
            FROM journal
            ORDER BY created_at, journal_id
            """;

    /** The head of the chain, as far as it is stored: number and hash. */
    static final String HEAD =
            "SELECT journal_id, 0::bigint AS micros_of_time, '' AS kind, 0::bigint AS events, '' AS reason, hash AS prev_hash, hash FROM chain_head";

    /** What the first journal follows. */
    static final Link BEGINNING = new Link(0, Long.MIN_VALUE, "", 0, null, new byte[32], new byte[32]);

    private static final int SHOWN = 8;

    private final long journalId;
    private final long time;
    private final String kind;
    private final long events;
    private final @Nullable String reason;
    private final byte[] before;
    private final byte[] hash;

    private Link(
            long journalId, long time, String kind, long events, @Nullable String reason, byte[] before, byte[] hash) {
        this.journalId = journalId;
        this.time = time;
        this.kind = kind;
        this.events = events;
        this.reason = reason;
        this.before = before;
        this.hash = hash;
    }

    static Link row(ResultSet row, int number) throws SQLException {
        return new Link(
                row.getLong("journal_id"),
                row.getLong("micros_of_time"),
                row.getString("kind"),
                row.getLong("events"),
                row.getString("reason"),
                row.getBytes("prev_hash"),
                row.getBytes("hash"));
    }

    long journalId() {
        return journalId;
    }

    /** When it was booked, in microseconds since 1970. */
    long time() {
        return time;
    }

    String kind() {
        return kind;
    }

    long events() {
        return events;
    }

    boolean follows(Link other) {
        return Arrays.equals(before, other.hash);
    }

    boolean isSameAs(Link other) {
        return journalId == other.journalId && Arrays.equals(hash, other.hash);
    }

    boolean hasHash(byte[] computed) {
        return Arrays.equals(hash, computed);
    }

    /** The digest of its head; its postings' lines come behind. The layout is that of journal_hash in the schema. */
    MessageDigest digest() {
        MessageDigest digest = sha256();
        digest.update(before);
        String head = "v1\t" + journalId + "\t" + time + "\t" + kind + "\t" + events + "\t"
                + (reason == null ? "" : reason) + "\n";
        digest.update(head.getBytes(StandardCharsets.UTF_8));
        return digest;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    String shownHash() {
        return shown(hash);
    }

    /** The first bytes of a hash, for people. */
    static String shown(byte[] hash) {
        return HexFormat.of().formatHex(hash, 0, Math.min(hash.length, SHOWN)) + "…";
    }
}
