package dev.millrace.lab.torture;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the ledger holds, and whether it is sound in itself. Read past all services.
 *
 * @param session with Postgres
 */
record Books(LedgerSession session) {
    /** Micros of each creator and publisher, by the postings. */
    private static final String CELLS = """
            SELECT substr(a.name, 9) AS creator, p.publisher, sum(p.micros)::bigint AS micros
            FROM posting p JOIN account a USING (account_id) WHERE a.name LIKE 'creator:%' GROUP BY 1, 2
            """;

    private static final String BY_ENGAGEMENT = """
            SELECT creator, publisher, sum(price(units, rate.micros))::bigint AS micros
            FROM engagement e JOIN rate ON rate.version = e.rate_version AND rate.type = e.type GROUP BY 1, 2
            """;

    private static final String BY_SCORE = """
            SELECT creator, publisher, sum(micros)::bigint AS micros FROM article_score GROUP BY 1, 2
            """;

    private static final String CURSORS = """
            SELECT partition, settled_epoch, settled_micros, settled_events, c.lineage, coalesce(max(o.lineage), 0)
            FROM partition_cursor c LEFT JOIN partition_opening o USING (partition)
            GROUP BY partition ORDER BY partition
            """;

    /** Each gives a row, with words about it, for what must not be. */
    private static final List<Rule> RULES = List.of(
            new Rule("journals whose postings do not sum to zero", """
                    SELECT format('journal %s: %s micros', journal_id, sum(micros)) FROM posting
                    GROUP BY created_at, journal_id HAVING sum(micros) <> 0
                    """),
            new Rule("journals without postings", """
                    SELECT format('journal %s', journal_id) FROM journal j WHERE NOT EXISTS (
                        SELECT FROM posting p WHERE p.created_at = j.created_at AND p.journal_id = j.journal_id)
                    """),
            new Rule("balances that are not the sum of their postings", """
                    SELECT format('account %s: balance %s, postings %s', account_id, b.micros, p.micros)
                    FROM balance b FULL JOIN (SELECT account_id, sum(micros) AS micros FROM posting GROUP BY 1) p USING (account_id)
                    WHERE b.micros IS DISTINCT FROM p.micros
                    """),
            new Rule("publishers that owe something else than their creators earn", """
                    SELECT format('%s owes %s, creators earn %s', publisher, owed, earned)
                    FROM (SELECT substr(name, 11) AS publisher, -sum(micros) AS owed
                          FROM posting JOIN account USING (account_id) WHERE name LIKE 'publisher:%' GROUP BY 1) o
                    FULL JOIN (SELECT publisher, sum(micros) AS earned
                          FROM posting JOIN account USING (account_id) WHERE name LIKE 'creator:%' GROUP BY 1) e USING (publisher)
                    WHERE owed IS DISTINCT FROM earned
                    """),
            new Rule("broken links of the hash chain", """
                    SELECT format('journal %s', journal_id) FROM (
                        SELECT journal_id, hash, journal_hash(
                            lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY journal_id),
                            (SELECT merkle_root(p.line, posting_leaf(j.salt, p.line, posting_text(p.line, a.name, p.publisher, p.micros)) ORDER BY p.line)
                             FROM posting p JOIN account a USING (account_id)
                             WHERE p.created_at = j.created_at AND p.journal_id = j.journal_id),
                            journal_text(journal_id, created_at, kind, events, reason)) AS expected
                        FROM journal j) chain
                    WHERE hash <> expected
                    """),
            new Rule("a head of the chain that is not its last journal", """
                    SELECT format('head at %s', journal_id) FROM chain_head
                    WHERE (journal_id, hash) IS DISTINCT FROM (SELECT (journal_id, hash) FROM journal ORDER BY journal_id DESC LIMIT 1)
                    """),
            new Rule("engagement that is not units × rate", """
                    SELECT format('%s %s %s %s: %s units, %s micros', creator, publisher, article, e.type, units, e.micros)
                    FROM engagement e LEFT JOIN rate ON rate.version = e.rate_version AND rate.type = e.type
                    WHERE e.micros IS DISTINCT FROM price(units, rate.micros)
                    """),
            new Rule("cursors that are not the sum of their settled epochs", """
                    SELECT format('partition %s: cursor %s with %s micros, %s epochs up to %s with %s micros',
                        c.partition, c.settled_epoch, c.settled_micros, e.epochs, e.last, e.micros)
                    FROM partition_cursor c LEFT JOIN (
                        SELECT partition, count(DISTINCT epoch) AS epochs, count(*) AS rows, max(epoch) AS last,
                            sum(micros) AS micros, sum(events) AS events
                        FROM settled_epoch GROUP BY 1) e USING (partition)
                    WHERE (c.settled_epoch, c.settled_epoch, c.settled_epoch, c.settled_micros, c.settled_events)
                        IS DISTINCT FROM (coalesce(e.epochs, 0), coalesce(e.rows, 0), coalesce(e.last, 0),
                                          coalesce(e.micros, 0), coalesce(e.events, 0))
                    """),
            new Rule("settled money that is not in the journals", """
                    SELECT format('cursors %s, creators %s', settled, booked)
                    FROM (SELECT sum(settled_micros) AS settled FROM partition_cursor) c,
                         (SELECT coalesce(sum(micros), 0) AS booked FROM posting JOIN account USING (account_id)
                          WHERE name LIKE 'creator:%') p
                    WHERE settled <> booked
                    """),
            new Rule("partitions that are halted", """
                    SELECT format('partition %s: %s', partition, halted) FROM partition_cursor WHERE halted IS NOT NULL
                    """),
            new Rule("partitions that were not opened once", """
                    SELECT format('partition %s: %s openings', partition, count(o.lineage))
                    FROM partition_cursor c LEFT JOIN partition_opening o USING (partition)
                    GROUP BY partition HAVING count(o.lineage) <> 1
                    """));

    /**
     * Something that must not be.
     *
     * @param what in words
     * @param sql gives a text for each
     */
    private record Rule(String what, String sql) {}

    /** Adds what is unsound in the ledger itself. */
    void addUnsound(Deviations deviations) throws SQLException {
        for (Rule rule : RULES) {
            session.list(rule.sql(), row -> row.getString(1))
                    .forEach(found -> deviations.add(rule.what(), "none", found));
        }
    }

    /** What each creator has been paid, by the postings. */
    Map<Cell, Long> postings() throws SQLException {
        return cells(CELLS);
    }

    /** What each creator has earned, recomputed from units and rates. */
    Map<Cell, Long> engagement() throws SQLException {
        return cells(BY_ENGAGEMENT);
    }

    /** What each creator's articles have earned. */
    Map<Cell, Long> scores() throws SQLException {
        return cells(BY_SCORE);
    }

    long journals() throws SQLException {
        return session.number("SELECT count(*) FROM journal");
    }

    long events() throws SQLException {
        return session.number("SELECT sum(settled_events)::bigint FROM partition_cursor");
    }

    /**
     * A partition as the ledger knows it.
     *
     * @param lineage of the counters that may count
     * @param opened the lineage of its last opening
     */
    record Cursor(int partition, long settledEpoch, long micros, long events, long lineage, long opened) {}

    List<Cursor> cursors() throws SQLException {
        return session.list(
                CURSORS,
                row -> new Cursor(
                        row.getInt(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5), row.getLong(6)));
    }

    private Map<Cell, Long> cells(String sql) throws SQLException {
        Map<Cell, Long> cells = new HashMap<>();
        session.list(
                sql,
                row -> cells.put(
                        Cell.named(row.getString("creator"), row.getString("publisher")), row.getLong("micros")));
        return cells;
    }
}
