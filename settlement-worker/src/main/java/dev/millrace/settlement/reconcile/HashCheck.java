package dev.millrace.settlement.reconcile;

import com.google.common.collect.PeekingIterator;
import dev.millrace.books.MerkleTree;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Hashes every journal again, here and not in the database, from the texts of its stored rows, in one pass over two sorted streams. What the
 * hash covers is the schema's word alone.
 */
final class HashCheck {
    private static final String JOURNALS = """
            SELECT journal_id, (extract(epoch FROM created_at) * 1000000)::bigint AS micros_of_time, salt, root, prev_hash, hash,
                   journal_text(journal_id, created_at, kind, events, reason) AS content
            FROM journal
            WHERE created_at >= :since
            ORDER BY created_at, journal_id
            """;

    private static final String POSTINGS = """
            SELECT p.journal_id, (extract(epoch FROM p.created_at) * 1000000)::bigint AS micros_of_time, p.line,
                   coalesce(posting_text(p.line, a.name, p.publisher, p.micros), '') AS content
            FROM posting p LEFT JOIN account a USING (account_id)
            WHERE p.created_at >= :since
            ORDER BY p.created_at, p.journal_id, p.line
            """;

    private static final OffsetDateTime BEGINNING = OffsetDateTime.ofInstant(Instant.EPOCH, ZoneOffset.UTC);

    private static final int SHOWN_DIGITS = 16;

    private final Snapshot ledger;
    private final ReconcileReport report;
    private long hashed;

    HashCheck(Snapshot ledger, ReconcileReport report) {
        this.ledger = ledger;
        this.report = report;
    }

    /**
     * A journal as it is stored, its hashes in hex.
     *
     * @param time when it was booked, in microseconds since 1970
     */
    private record Journal(long id, long time, String salt, String root, String before, String hash, String content) {
        static Journal row(ResultSet row, int number) throws SQLException {
            return new Journal(
                    row.getLong("journal_id"),
                    row.getLong("micros_of_time"),
                    hex(row.getBytes("salt")),
                    hex(row.getBytes("root")),
                    hex(row.getBytes("prev_hash")),
                    hex(row.getBytes("hash")),
                    row.getString("content"));
        }
    }

    private record Posting(long journal, long time, int line, String content) {
        static Posting row(ResultSet row, int number) throws SQLException {
            return new Posting(
                    row.getLong("journal_id"),
                    row.getLong("micros_of_time"),
                    row.getInt("line"),
                    row.getString("content"));
        }
    }

    /**
     * Journals hashed.
     *
     * @param since hash of the first one, in hex: one that somebody has kept outside of the database. Empty: all journals
     */
    long run(String since) {
        Optional<OffsetDateTime> from = since.isEmpty() ? Optional.of(BEGINNING) : bookedAt(since);
        if (from.isEmpty()) {
            report.difference(ReconcileReport.Difference.of(
                    "chain", since, "no journal has this hash: the ledger is another one, older, or was rewritten"));
            return 0;
        }
        long all = ledger.jdbc()
                .sql("SELECT count(*) FROM journal WHERE created_at >= :since")
                .param("since", from.get())
                .query(Long.class)
                .single();
        ledger.merge(
                JOURNALS, Journal::row, POSTINGS, Posting::row, Map.of("since", from.get()), (journal, postings) -> {
                    check(journal, postings);
                    report.at(++hashed, all, "journals");
                });
        return hashed;
    }

    /** Empty when no journal has this hash. */
    private Optional<OffsetDateTime> bookedAt(String hash) {
        return ledger.jdbc()
                .sql("SELECT created_at FROM journal WHERE hash = decode(:hash, 'hex')")
                .param("hash", hash)
                .query(OffsetDateTime.class)
                .optional();
    }

    private void check(Journal journal, PeekingIterator<Posting> postings) {
        while (order(postings, journal) < 0) {
            postings.next(); // of a journal that does not exist
        }
        MerkleTree tree = new MerkleTree(HexFormat.of().parseHex(journal.salt()));
        boolean isNumbered = true;
        while (order(postings, journal) == 0) {
            Posting posting = Objects.requireNonNull(postings.next());
            isNumbered &= posting.line() == tree.lines();
            tree.add(posting.content());
        }
        byte[] root = tree.root();
        String hash = hex(MerkleTree.link(HexFormat.of().parseHex(journal.before()), root, journal.content()));
        if (!isNumbered || !hash.equals(journal.hash()) || !hex(root).equals(journal.root())) {
            report.difference(ReconcileReport.Difference.of(
                            "journal", Long.toString(journal.id()), "its rows have another hash than it says")
                    .with("hash", shown(journal.hash()))
                    .with("recomputed", shown(hash)));
        }
    }

    /** Below 0: the next posting is of a journal before this one; 0: it is of this one. */
    private static int order(PeekingIterator<Posting> postings, Journal journal) {
        if (!postings.hasNext()) {
            return 1;
        }
        Posting next = Objects.requireNonNull(postings.peek());
        return next.time == journal.time
                ? Long.compare(next.journal, journal.id)
                : Long.compare(next.time, journal.time);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** The beginning of a hash, for people. */
    private static String shown(String hash) {
        return hash.substring(0, SHOWN_DIGITS) + "…";
    }
}
