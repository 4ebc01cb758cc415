package dev.millrace.settlement.reconcile;

import dev.millrace.books.MerkleTree;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks along the chain from the first journal to the head, in one pass over three sorted streams: journals, postings, and
 * the sums of settled epochs. Each journal is hashed again here, from the texts of its stored rows.
 */
final class ChainCheck {
    /** In the chain's order. */
    private static final String JOURNALS = """
            SELECT journal_id, (extract(epoch FROM created_at) * 1000000)::bigint AS micros_of_time, kind, events,
                   journal_text(journal_id, created_at, kind, events, reason) AS content, salt, root, prev_hash, hash
            FROM journal
            ORDER BY created_at, journal_id
            """;

    private static final String HEAD = "SELECT journal_id, hash FROM chain_head";

    /** In the order in which journals are hashed. */
    private static final String POSTINGS = """
            SELECT p.journal_id, (extract(epoch FROM p.created_at) * 1000000)::bigint AS micros_of_time, p.line, p.account_id, a.name,
                   p.micros, posting_text(p.line, a.name, p.publisher, p.micros) AS content
            FROM posting p LEFT JOIN account a USING (account_id)
            ORDER BY p.created_at, p.journal_id, p.line
            """;

    private static final String EPOCHS = """
            SELECT journal_id, sum(micros) AS micros, sum(events) AS events
            FROM settled_epoch
            WHERE journal_id IS NOT NULL
            GROUP BY journal_id
            ORDER BY journal_id
            """;

    private static final String DECISIONS =
            "SELECT micros, events FROM quarantine_decision WHERE journal_id = :journal AND decision = :decision";

    private static final int SHOWN_DIGITS = 16;

    private final Snapshot ledger;
    private final Consumer<Difference> found;

    ChainCheck(Snapshot ledger, Consumer<Difference> found) {
        this.ledger = ledger;
        this.found = found;
    }

    /**
     * A journal as it is stored.
     *
     * @param time when it was booked, in microseconds since 1970
     * @param content its text, as the schema lays it out
     * @param salt in hex, as the other three are
     */
    private record Journal(
            long id,
            long time,
            String kind,
            long events,
            String content,
            String salt,
            String root,
            String before,
            String hash) {

        /** What the first journal follows. */
        static final Journal NONE = new Journal(0, Long.MIN_VALUE, "", 0, "", "", "", "", "00".repeat(32));

        static Journal row(ResultSet row, int number) throws SQLException {
            return new Journal(
                    row.getLong("journal_id"),
                    row.getLong("micros_of_time"),
                    row.getString("kind"),
                    row.getLong("events"),
                    row.getString("content"),
                    hex(row.getBytes("salt")),
                    hex(row.getBytes("root")),
                    hex(row.getBytes("prev_hash")),
                    hex(row.getBytes("hash")));
        }

        Difference difference(String what) {
            return Difference.of("journal", Long.toString(id), what);
        }
    }

    /**
     * A posting as it is stored.
     *
     * @param time of its journal
     * @param account name of its account; null when there is no such account
     */
    private record Posting(
            long journalId,
            long time,
            int line,
            long accountId,
            @Nullable String account,
            long micros,
            @Nullable String content) {
        static Posting row(ResultSet row, int number) throws SQLException {
            return new Posting(
                    row.getLong("journal_id"),
                    row.getLong("micros_of_time"),
                    row.getInt("line"),
                    row.getLong("account_id"),
                    row.getString("name"),
                    row.getLong("micros"),
                    row.getString("content"));
        }

        boolean isOf(Journal journal) {
            return journalId == journal.id() && time == journal.time();
        }

        boolean isBefore(Journal journal) {
            return time < journal.time() || (time == journal.time() && journalId < journal.id());
        }
    }

    /**
     * What some rows say a journal must hold.
     *
     * @param journalId the journal they name
     */
    private record Promised(long journalId, BigInteger micros, BigInteger events) {
        boolean isKeptBy(BigInteger booked, Journal journal) {
            return micros.equals(booked) && events.equals(BigInteger.valueOf(journal.events()));
        }
    }

    /** What a journal's postings come to. */
    private static final class Booked {
        private final MerkleTree tree;
        private BigInteger sum = BigInteger.ZERO;
        private BigInteger credits = BigInteger.ZERO;
        private BigInteger discarded = BigInteger.ZERO;
        private boolean isNumbered = true;

        Booked(Journal journal) {
            tree = new MerkleTree(HexFormat.of().parseHex(journal.salt()));
        }

        void add(Posting posting) {
            isNumbered &= posting.line() == tree.lines();
            tree.add(String.valueOf(posting.content()));
            BigInteger micros = BigInteger.valueOf(posting.micros());
            sum = sum.add(micros);
            String account = String.valueOf(posting.account());
            if (account.startsWith("creator:")) {
                credits = credits.add(micros);
            } else if (account.equals("discarded")) {
                discarded = discarded.add(micros);
            }
        }
    }

    /** Journals walked over. */
    long run(Progress progress) {
        Journal head = ledger.jdbc().sql(HEAD).query(ChainCheck::head).single();
        long walked = 0;
        Journal before = Journal.NONE;
        try (Snapshot.Rows<Journal> journals = ledger.rows(JOURNALS, Journal::row);
                Snapshot.Rows<Posting> postings = ledger.rows(POSTINGS, Posting::row);
                Snapshot.Rows<Promised> epochs =
                        ledger.rows(EPOCHS, (row, _) -> promised(row, row.getLong("journal_id")))) {
            while (journals.hasNext()) {
                Journal journal = journals.take();
                strayPostings(postings, journal);
                check(before, journal, booked(journal, postings), epochs);
                before = journal;
                progress.at(++walked, head.id(), "journals");
            }
            strayPostings(postings, null);
            strayEpochs(epochs, Long.MAX_VALUE);
        }
        checkHead(before, head);
        strayDecisions();
        return walked;
    }

    /** As far as the head is stored: number and hash. */
    private static Journal head(ResultSet row, int number) throws SQLException {
        return new Journal(row.getLong("journal_id"), 0, "", 0, "", "", "", "", hex(row.getBytes("hash")));
    }

    private static Promised promised(ResultSet row, long journalId) throws SQLException {
        return new Promised(
                journalId,
                row.getBigDecimal("micros").toBigInteger(),
                row.getBigDecimal("events").toBigInteger());
    }

    private Booked booked(Journal journal, Snapshot.Rows<Posting> postings) {
        Booked booked = new Booked(journal);
        while (postings.nextIs(posting -> posting.isOf(journal))) {
            Posting posting = postings.take();
            if (posting.account() == null) {
                found.accept(journal.difference("has a posting to an account that does not exist")
                        .with("account", posting.accountId()));
            }
            booked.add(posting);
        }
        return booked;
    }

    private void check(Journal before, Journal journal, Booked booked, Snapshot.Rows<Promised> epochs) {
        if (journal.id() != before.id() + 1) {
            missing(before.id(), journal.id());
        } else if (!journal.before().equals(before.hash())) {
            found.accept(journal.difference("does not follow the hash of journal %d".formatted(before.id())));
        }
        checkHash(journal, booked);
        if (booked.tree.lines() < 2 || booked.sum.signum() != 0) {
            found.accept(journal.difference("its postings do not sum to zero, or are fewer than two")
                    .with("postings", (long) booked.tree.lines())
                    .with("sum", booked.sum));
        }
        strayEpochs(epochs, journal.id());
        List<Promised> promised =
                epochs.nextIs(e -> e.journalId() == journal.id()) ? List.of(epochs.take()) : List.of();
        checkOrigin(journal, booked, promised);
    }

    private void checkHash(Journal journal, Booked booked) {
        byte[] root = booked.tree.root();
        String computed = hex(MerkleTree.link(HexFormat.of().parseHex(journal.before()), root, journal.content()));
        if (!journal.hash().equals(computed) || !journal.root().equals(hex(root)) || !booked.isNumbered) {
            found.accept(journal.difference("its rows have another hash than it says")
                    .with("hash", shown(journal.hash()))
                    .with("recomputed", shown(computed)));
        }
    }

    /** What it was booked from: settled epochs, a decision, or (a correction) nothing. */
    private void checkOrigin(Journal journal, Booked booked, List<Promised> epochs) {
        switch (journal.kind()) {
            case "settlement" -> compare(journal, booked.credits, epochs, "the epochs that were settled with it");
            case "adoption" -> compare(journal, booked.credits, decisions(journal, "adopted"), "the decision to adopt");
            case "discard" ->
                compare(journal, booked.discarded, decisions(journal, "discarded"), "the decision to discard");
            default -> {}
        }
        if (!journal.kind().equals("settlement") && !epochs.isEmpty()) {
            found.accept(journal.difference("is no settlement, but settled epochs name it"));
        }
    }

    private void compare(Journal journal, BigInteger micros, List<Promised> promised, String what) {
        Difference difference = journal.difference("is not what it was booked from: " + what)
                .with("micros", micros)
                .with("events", journal.events());
        if (promised.size() != 1) {
            found.accept(difference.with("found", promised.size()));
        } else if (!promised.getFirst().isKeptBy(micros, journal)) {
            found.accept(difference
                    .with("theirMicros", promised.getFirst().micros())
                    .with("theirEvents", promised.getFirst().events()));
        }
    }

    private List<Promised> decisions(Journal journal, String decision) {
        return ledger.jdbc()
                .sql(DECISIONS)
                .param("journal", journal.id())
                .param("decision", decision)
                .query((row, _) -> promised(row, journal.id()))
                .list();
    }

    private void missing(long before, long next) {
        String which =
                next == before + 2 ? "journal %d".formatted(before + 1) : "between %d and %d".formatted(before, next);
        found.accept(Difference.of("chain", which, next > before ? "is missing" : "journals are out of order"));
    }

    /** Postings of journals that do not exist, up to this journal; null: up to the end. */
    private void strayPostings(Snapshot.Rows<Posting> postings, @Nullable Journal journal) {
        while (postings.nextIs(posting -> journal == null || posting.isBefore(journal))) {
            Posting first = postings.take();
            long count = 1;
            while (postings.nextIs(next -> next.journalId() == first.journalId() && next.time() == first.time())) {
                postings.take();
                count++;
            }
            found.accept(Difference.of("journal", Long.toString(first.journalId()), "does not exist, but has postings")
                    .with("postings", count));
        }
    }

    private void strayEpochs(Snapshot.Rows<Promised> epochs, long before) {
        while (epochs.nextIs(e -> e.journalId() < before)) {
            found.accept(Difference.of(
                    "journal", Long.toString(epochs.take().journalId()), "does not exist, but settled epochs name it"));
        }
    }

    private void strayDecisions() {
        ledger.jdbc()
                .sql("""
                        SELECT name FROM quarantine_decision d
                        WHERE (journal_id IS NULL AND micros <> 0)
                           OR (journal_id IS NOT NULL AND NOT EXISTS (SELECT FROM journal j WHERE j.journal_id = d.journal_id))
                        ORDER BY name
                        """)
                .query(String.class)
                .list()
                .forEach(name -> found.accept(Difference.of("decision", name, "its journal does not exist")));
    }

    private void checkHead(Journal last, Journal head) {
        if (last.id() != head.id() || !last.hash().equals(head.hash())) {
            found.accept(Difference.of("chain", "head", "is not the last journal")
                    .with("head", head.id())
                    .with("headHash", shown(head.hash()))
                    .with("last", last.id())
                    .with("lastHash", shown(last.hash())));
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** The beginning of a hash, for people. */
    private static String shown(String hash) {
        return hash.substring(0, SHOWN_DIGITS) + "…";
    }
}
