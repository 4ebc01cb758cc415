package dev.millrace.settlement.settle;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Books what lies in the staging tables and adds up, at the ledger's prices, set by set, in the order of accounts. Every statement runs in the caller's
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
     * Books the earnings.
     *
     * @param days of the engagement that will be archived
     * @return the journal's number, or empty when nothing was earned
     * @throws MonthMissingException naming the first month that there is no partition for
     */
    Optional<Long> book(Entry entry, Set<LocalDate> days) {
        long journal = next(days);
        if (entry.kind() != Entry.Kind.DISCARD) {
            price();
        }
        int postings = jdbc.sql("""
                CREATE TEMP TABLE owed ON COMMIT DROP AS
                SELECT a.account_id, p.name, p.publisher, p.micros
                FROM (%s) p
                LEFT JOIN account a ON a.name = p.name
                """.formatted(entry.kind().postings())).update();
        String booked = open(entry.kind());
        if (postings == 0) {
            return Optional.empty();
        }
        OffsetDateTime createdAt = link(journal, entry, booked);
        rows += jdbc.sql("""
                INSERT INTO posting (account_id, created_at, journal_id, publisher, micros)
                SELECT account_id, :created, :journal, publisher, micros
                FROM %s
                ORDER BY account_id, publisher
                """.formatted(booked))
                .param("created", createdAt)
                .param("journal", journal)
                .update();
        moveHead(journal, createdAt);
        rows += jdbc.sql("""
                INSERT INTO balance (account_id, micros, journal_id)
                SELECT account_id, sum(micros)::bigint, :journal
                FROM %s
                GROUP BY account_id
                ORDER BY account_id
                ON CONFLICT (account_id) DO UPDATE
                SET micros = balance.micros + excluded.micros, journal_id = excluded.journal_id
                """.formatted(booked)).param("journal", journal).update();
        return Optional.of(journal);
    }

    /** Sums the units of all epochs by day and name, and prices them. What was all taken back is nothing. */
    private void price() {
        jdbc.sql("""
                CREATE TEMP TABLE priced ON COMMIT DROP AS
                SELECT e.day, e.creator, e.publisher, e.article, e.type, e.rate_version, sum(e.units)::bigint AS units,
                       (sum(e.units) * r.micros)::bigint AS micros
                FROM engaged e JOIN rate r ON r.version = e.rate_version AND r.type = e.type
                GROUP BY e.creator, e.day, e.publisher, e.article, e.type, e.rate_version, r.micros
                HAVING sum(e.units) <> 0
                """).update();
    }

    /**
     * Locks the chain's head; the number of the journal that comes next. There has to be a partition for each month that will be
     * written to: this one, and those of the engagement's days.
     */
    private long next(Set<LocalDate> days) {
        return jdbc.sql("""
                SELECT journal_id + 1 AS journal,
                    (SELECT min(month)::date
                     FROM (SELECT date_trunc('month', day) AS month FROM unnest(:days::date[]) AS d (day)
                           UNION SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')) m
                     WHERE to_regclass('engagement_' || to_char(month, 'YYYY_MM')) IS NULL) AS missing
                FROM chain_head
                FOR UPDATE
                """)
                .param("days", days.stream().map(LocalDate::toString).toArray(String[]::new))
                .query((row, number) -> {
                    LocalDate missing = row.getObject("missing", LocalDate.class);
                    if (missing != null) {
                        throw new MonthMissingException(missing);
                    }
                    return row.getLong("journal");
                })
                .single();
    }

    /** Opens the accounts that are missing; the table in which whatever is owed has one. */
    private String open(Entry.Kind kind) {
        int opened = jdbc.sql("""
                INSERT INTO account (name)
                SELECT name FROM owed WHERE account_id IS NULL
                UNION
                SELECT name FROM (%s) n WHERE NOT EXISTS (SELECT FROM account a WHERE a.name = n.name)
                ORDER BY name
                """.formatted(kind.accounts())).update();
        rows += opened;
        if (opened == 0) {
            return "owed";
        }
        jdbc.sql("""
            CREATE TEMP TABLE booked ON COMMIT DROP AS
            SELECT a.account_id, o.name, o.publisher, o.micros
            FROM owed o JOIN account a ON a.name = o.name
            """).update();
        return "booked";
    }

    /** Adds the next link of the chain, and tells its time, which never runs backwards along it. */
    private OffsetDateTime link(long journal, Entry entry, String booked) {
        OffsetDateTime createdAt = jdbc.sql("""
                WITH next AS MATERIALIZED (
                    SELECT hash AS prev_hash, greatest(clock_timestamp(), created_at + interval '1 microsecond') AS created_at
                    FROM chain_head
                )
                INSERT INTO journal (journal_id, created_at, kind, events, reason, prev_hash, hash)
                SELECT :journal, created_at, :kind, :events, :reason, prev_hash,
                       journal_hash(prev_hash, :journal, created_at, :kind, :events, :reason,
                           (SELECT string_agg(posting_line(name, publisher, micros), '' ORDER BY name COLLATE "C", publisher COLLATE "C")
                            FROM %s))
                FROM next
                RETURNING created_at
                """.formatted(booked))
                .param("journal", journal)
                .param("kind", entry.kind().label())
                .param("events", entry.events())
                .param("reason", entry.reason(), java.sql.Types.VARCHAR)
                .query(OffsetDateTime.class)
                .single();
        rows++;
        return createdAt;
    }

    /** The journal is complete; from here on the database takes no more postings for it. */
    private void moveHead(long journal, OffsetDateTime createdAt) {
        int heads = jdbc.sql("""
                UPDATE chain_head h
                SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
                FROM journal j
                WHERE j.created_at = :created AND j.journal_id = :journal
                """)
                .param("created", createdAt)
                .param("journal", journal)
                .update();
        if (heads != 1) {
            throw new IllegalStateException("the chain has %d heads".formatted(heads));
        }
        rows += heads;
    }

    /** Adds the units to the engagement archive, and what they earned to the articles' scores. */
    void archive() {
        write("""
            INSERT INTO engagement (day, creator, publisher, article, type, rate_version, units, micros)
            SELECT day, creator, publisher, article, type, rate_version, units, micros
            FROM priced
            ORDER BY creator, day, publisher, article, type, rate_version
            ON CONFLICT (creator, day, publisher, article, type, rate_version) DO UPDATE
            SET units = engagement.units + excluded.units, micros = engagement.micros + excluded.micros
            """);
        write("""
            INSERT INTO article_score (publisher, article, creator, micros, settled_at)
            SELECT publisher, article, creator, sum(micros)::bigint, clock_timestamp()
            FROM priced
            GROUP BY publisher, article, creator
            ORDER BY publisher, article, creator
            ON CONFLICT (publisher, article, creator) DO UPDATE
            SET micros = article_score.micros + excluded.micros, settled_at = excluded.settled_at
            """);
    }

    private void write(String sql) {
        rows += jdbc.sql(sql).update();
    }
}
