package dev.millrace.settlement.settle;

import java.time.LocalDate;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Books what lies in the staging tables, set by set, in the order of accounts. Every statement runs in the caller's
 * transaction; the head of the chain is locked by the first, so that two workers write one after the other.
 */
final class JournalWriter {
    private final JdbcClient jdbc;
    private long rows;

    JournalWriter(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Rows written so far. */
    long rows() {
        return rows;
    }

    /**
     * Looks whether there is a partition for each month that will be written to: this one, and those of the engagement's days.
     *
     * @throws MonthMissing naming the first that there is not
     */
    void requireMonths(Set<LocalDate> days) {
        jdbc.sql("""
                SELECT month::date
                FROM (SELECT date_trunc('month', day) AS month FROM unnest(:days::date[]) AS d (day)
                      UNION SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')) m
                WHERE to_regclass('engagement_' || to_char(month, 'YYYY_MM')) IS NULL
                ORDER BY month
                LIMIT 1
                """)
                .param("days", days.stream().map(LocalDate::toString).toArray(String[]::new))
                .query(LocalDate.class)
                .optional()
                .ifPresent(month -> {
                    throw new MonthMissing(month);
                });
    }

    /**
     * Books the earnings.
     *
     * @return the journal's number, or empty when nothing was earned
     */
    Optional<Long> book(Entry entry) {
        long journal = jdbc.sql("SELECT journal_id + 1 FROM chain_head FOR UPDATE")
                .query(Long.class)
                .single();
        int postings = jdbc.sql("""
                CREATE TEMP TABLE owed ON COMMIT DROP AS
                SELECT a.account_id, p.name, p.publisher, p.micros
                FROM (%s) p
                LEFT JOIN account a ON a.name = p.name
                """.formatted(entry.kind().postings())).update();
        open(entry.kind());
        if (postings == 0) {
            return Optional.empty();
        }
        link(journal, entry);
        write("""
            INSERT INTO posting (account_id, created_at, journal_id, publisher, micros)
            SELECT b.account_id, l.created_at, l.journal_id, b.publisher, b.micros
            FROM booked b CROSS JOIN linked l
            ORDER BY b.account_id, b.publisher
            """);
        moveHead();
        write("""
            INSERT INTO balance (account_id, micros, journal_id)
            SELECT b.account_id, sum(b.micros)::bigint, l.journal_id
            FROM booked b CROSS JOIN linked l
            GROUP BY b.account_id, l.journal_id
            ORDER BY b.account_id
            ON CONFLICT (account_id) DO UPDATE
            SET micros = balance.micros + excluded.micros, journal_id = excluded.journal_id
            """);
        return Optional.of(journal);
    }

    /** Opens the accounts that are missing; then whatever is owed has one. */
    private void open(Entry.Kind kind) {
        int opened = jdbc.sql("""
                INSERT INTO account (name)
                SELECT name FROM owed WHERE account_id IS NULL
                UNION
                SELECT name FROM (%s) n WHERE NOT EXISTS (SELECT FROM account a WHERE a.name = n.name)
                ORDER BY name
                """.formatted(kind.accounts())).update();
        rows += opened;
        if (opened == 0) {
            execute("ALTER TABLE owed RENAME TO booked");
            return;
        }
        execute("""
            CREATE TEMP TABLE booked ON COMMIT DROP AS
            SELECT a.account_id, o.name, o.publisher, o.micros
            FROM owed o JOIN account a ON a.name = o.name
            """);
    }

    /** Adds the next link of the chain; time never runs backwards along it. */
    private void link(long journal, Entry entry) {
        execute("""
            CREATE TEMP TABLE linked (journal_id bigint, created_at timestamptz, prev_hash bytea, hash bytea) ON COMMIT DROP
            """);
        rows += jdbc.sql("""
                WITH next AS (
                    SELECT :journal::bigint AS journal_id, hash AS prev_hash,
                           greatest(clock_timestamp(), created_at + interval '1 microsecond') AS created_at
                    FROM chain_head
                ), added AS (
                    INSERT INTO linked
                    SELECT n.journal_id, n.created_at, n.prev_hash,
                           journal_hash(n.prev_hash, n.journal_id, n.created_at, :kind, :events, :reason,
                               (SELECT string_agg(posting_line(name, publisher, micros), '' ORDER BY name COLLATE "C", publisher COLLATE "C")
                                FROM booked))
                    FROM next n
                    RETURNING *
                )
                INSERT INTO journal (journal_id, created_at, kind, events, reason, prev_hash, hash)
                SELECT journal_id, created_at, :kind, :events, :reason, prev_hash, hash FROM added
                """)
                .param("journal", journal)
                .param("kind", entry.kind().label())
                .param("events", entry.events())
                .param("reason", entry.reason(), java.sql.Types.VARCHAR)
                .update();
    }

    /** The journal is complete; from here on the database takes no more postings for it. */
    private void moveHead() {
        int heads = jdbc.sql("""
                UPDATE chain_head h
                SET journal_id = l.journal_id, created_at = l.created_at, hash = l.hash
                FROM linked l
                """).update();
        if (heads != 1) {
            throw new IllegalStateException("the chain has %d heads".formatted(heads));
        }
        rows += heads;
    }

    /** Adds the units to the engagement archive, and what they earned to the articles' scores. */
    void archive() {
        write("""
            INSERT INTO engagement (day, creator, publisher, article, type, rate_version, units, micros)
            SELECT day, creator, publisher, article, type, rate_version, sum(units)::bigint, sum(micros)::bigint
            FROM engaged
            GROUP BY creator, day, publisher, article, type, rate_version
            ORDER BY creator, day, publisher, article, type, rate_version
            ON CONFLICT (creator, day, publisher, article, type, rate_version) DO UPDATE
            SET units = engagement.units + excluded.units, micros = engagement.micros + excluded.micros
            """);
        write("""
            INSERT INTO article_score (publisher, article, creator, micros, settled_at)
            SELECT publisher, article, creator, sum(micros)::bigint, clock_timestamp()
            FROM engaged
            GROUP BY publisher, article, creator
            ORDER BY publisher, article, creator
            ON CONFLICT (publisher, article, creator) DO UPDATE
            SET micros = article_score.micros + excluded.micros, settled_at = excluded.settled_at
            """);
    }

    private void write(String sql) {
        rows += jdbc.sql(sql).update();
    }

    private void execute(String sql) {
        jdbc.sql(sql).update();
    }
}
