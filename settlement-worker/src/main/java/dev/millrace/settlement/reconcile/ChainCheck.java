package dev.millrace.settlement.reconcile;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Walks along the chain from the first journal to the head, in one pass over three sorted streams: journals, postings, and
 * the sums of settled epochs. Each journal is hashed again, from the stored rows and here, not by the database's function.
 */
final class ChainCheck {
    private static final String EPOCHS = """
            SELECT journal_id, sum(micros) AS micros, sum(events) AS events
            FROM settled_epoch
            WHERE journal_id IS NOT NULL
            GROUP BY journal_id
            ORDER BY journal_id
            """;
    private static final String DECISIONS =
            "SELECT micros, events FROM quarantine_decision WHERE journal_id = :journal AND decision = :decision";

    private final Snapshot ledger;
    private final Consumer<Difference> found;

    ChainCheck(Snapshot ledger, Consumer<Difference> found) {
        this.ledger = ledger;
        this.found = found;
    }

    /**
     * What some rows say a journal must hold.
     *
     * @param journalId the journal they name
     */
    private record Promised(long journalId, BigInteger micros, BigInteger events) {
        boolean isKeptBy(BigInteger booked, Link link) {
            return micros.equals(booked) && events.equals(BigInteger.valueOf(link.events()));
        }
    }

    /** What a journal's postings come to. */
    private static final class Booked {
        private final MessageDigest digest;
        private long postings;
        private BigInteger sum = BigInteger.ZERO;
        private BigInteger credits = BigInteger.ZERO;
        private BigInteger discarded = BigInteger.ZERO;

        Booked(Link link) {
            digest = link.digest();
        }

        void add(Line line) {
            digest.update(line.bytes());
            BigInteger micros = BigInteger.valueOf(line.micros());
            postings++;
            sum = sum.add(micros);
            if (line.isOf("creator:")) {
                credits = credits.add(micros);
            } else if (line.isOf("discarded")) {
                discarded = discarded.add(micros);
            }
        }
    }

    /** Journals walked over. */
    long run(Progress progress) {
        Link head = ledger.jdbc().sql(Link.HEAD).query(Link::row).single();
        long walked = 0;
        Link before = Link.BEGINNING;
        try (Rows<Link> links = ledger.rows(Link.QUERY, Link::row);
                Rows<Line> lines = ledger.rows(Line.QUERY, Line::row);
                Rows<Promised> epochs = ledger.rows(
                        EPOCHS,
                        (row, n) -> new Promised(
                                row.getLong("journal_id"),
                                row.getBigDecimal("micros").toBigInteger(),
                                row.getBigDecimal("events").toBigInteger()))) {
            while (links.hasNext()) {
                Link link = links.take();
                strayLines(lines, link);
                checkLink(before, link, booked(link, lines), epochs);
                before = link;
                progress.at(++walked, head.journalId(), "journals");
            }
            strayLines(lines, null);
            strayEpochs(epochs, Long.MAX_VALUE);
        }
        checkHead(before, head);
        strayDecisions();
        return walked;
    }

    private Booked booked(Link link, Rows<Line> lines) {
        Booked booked = new Booked(link);
        while (lines.nextIs(line -> line.isOf(link))) {
            Line line = lines.take();
            if (line.account() == null) {
                found.accept(journal(link, "has a posting to an account that does not exist")
                        .with("account", line.accountId()));
            }
            booked.add(line);
        }
        return booked;
    }

    private void checkLink(Link before, Link link, Booked booked, Rows<Promised> epochs) {
        if (link.journalId() != before.journalId() + 1) {
            missing(before.journalId(), link.journalId());
        } else if (!link.follows(before)) {
            found.accept(journal(link, "does not follow the hash of journal %d".formatted(before.journalId())));
        }
        byte[] computed = booked.digest.digest();
        if (!link.hasHash(computed)) {
            found.accept(journal(link, "its rows have another hash than it says")
                    .with("hash", link.shownHash())
                    .with("recomputed", Link.shown(computed)));
        }
        if (booked.postings < 2 || booked.sum.signum() != 0) {
            found.accept(journal(link, "its postings do not sum to zero, or are fewer than two")
                    .with("postings", booked.postings)
                    .with("sum", booked.sum));
        }
        strayEpochs(epochs, link.journalId());
        List<Promised> promised =
                epochs.nextIs(e -> e.journalId() == link.journalId()) ? List.of(epochs.take()) : List.of();
        checkOrigin(link, booked, promised);
    }

    /** What it was booked from: settled epochs, a decision, or (a correction) nothing. */
    private void checkOrigin(Link link, Booked booked, List<Promised> epochs) {
        switch (link.kind()) {
            case "settlement" -> compare(link, booked.credits, epochs, "the epochs that were settled with it");
            case "adoption" -> compare(link, booked.credits, decisions(link, "adopted"), "the decision to adopt");
            case "discard" -> compare(link, booked.discarded, decisions(link, "discarded"), "the decision to discard");
            default -> {}
        }
        if (!link.kind().equals("settlement") && !epochs.isEmpty()) {
            found.accept(journal(link, "is no settlement, but settled epochs name it"));
        }
    }

    private void compare(Link link, BigInteger micros, List<Promised> promised, String what) {
        if (promised.size() != 1) {
            found.accept(journal(link, "is not what it was booked from: " + what)
                    .with("micros", micros)
                    .with("events", link.events())
                    .with("found", promised.size()));
        } else if (!promised.getFirst().isKeptBy(micros, link)) {
            found.accept(journal(link, "is not what it was booked from: " + what)
                    .with("micros", micros)
                    .with("events", link.events())
                    .with("theirMicros", promised.getFirst().micros())
                    .with("theirEvents", promised.getFirst().events()));
        }
    }

    private List<Promised> decisions(Link link, String decision) {
        return ledger.jdbc()
                .sql(DECISIONS)
                .param("journal", link.journalId())
                .param("decision", decision)
                .query((row, n) -> new Promised(
                        link.journalId(),
                        row.getBigDecimal("micros").toBigInteger(),
                        row.getBigDecimal("events").toBigInteger()))
                .list();
    }

    private void missing(long before, long next) {
        String which =
                next == before + 2 ? "journal %d".formatted(before + 1) : "between %d and %d".formatted(before, next);
        found.accept(Difference.of("chain", which, next > before ? "is missing" : "journals are out of order"));
    }

    /** Postings of journals that do not exist, up to this link; null: up to the end. */
    private void strayLines(Rows<Line> lines, @Nullable Link link) {
        while (lines.nextIs(line -> link == null || line.isBefore(link))) {
            Line first = lines.take();
            long count = 1;
            while (lines.nextIs(line -> line.journalId() == first.journalId() && line.time() == first.time())) {
                lines.take();
                count++;
            }
            found.accept(Difference.of("journal", Long.toString(first.journalId()), "does not exist, but has postings")
                    .with("postings", count));
        }
    }

    private void strayEpochs(Rows<Promised> epochs, long before) {
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

    private void checkHead(Link last, Link head) {
        if (!last.isSameAs(head)) {
            found.accept(Difference.of("chain", "head", "is not the last journal")
                    .with("head", head.journalId())
                    .with("headHash", head.shownHash())
                    .with("last", last.journalId())
                    .with("lastHash", last.shownHash()));
        }
    }

    private static Difference journal(Link link, String what) {
        return Difference.of("journal", Long.toString(link.journalId()), what);
    }
}
