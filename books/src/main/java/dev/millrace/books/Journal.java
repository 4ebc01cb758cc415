package dev.millrace.books;

import dev.millrace.common.token.EventType;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Books one journal in the caller's transaction, set by set, in the order of accounts. The first statement locks the head of the chain, so two
 * writers follow each other. One object books one journal.
 */
public final class Journal {
    /** A creator whose engagement was free gets an account too, so that the ledger knows the creator. */
    private static final String FREE = """
            SELECT 'creator:' || creator AS name FROM priced WHERE micros = 0
            UNION
            SELECT 'publisher:' || publisher FROM priced WHERE micros = 0""";

    private static final String PAID = """
            SELECT 'creator:' || creator AS name, publisher, sum(micros)::bigint AS micros
            FROM priced WHERE micros > 0 GROUP BY creator, publisher
            UNION ALL
            SELECT 'publisher:' || publisher, publisher, -sum(micros)::bigint FROM priced WHERE micros > 0 GROUP BY publisher""";

    private static final String OURS = "SELECT unnest(ARRAY ['adjustment', 'discarded']) AS name";

    private static final String DISCARDED = """
            SELECT 'discarded' AS name, publisher, micros FROM discarded
            UNION ALL
            SELECT 'adjustment', publisher, -micros FROM discarded""";

    private static final int MONTHS_AHEAD = 3;

    private final JdbcClient jdbc;
    private long number;
    private long rows;

    public Journal(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Makes the partitions of the tables for this month and the next ones where they are missing. */
    public static void makeMonths(JdbcClient jdbc) {
        jdbc.sql("SELECT ensure_months((clock_timestamp() AT TIME ZONE 'UTC')::date, :months)")
                .param("months", MONTHS_AHEAD)
                .query()
                .singleRow();
    }

    /** The tables have no partition for a month. {@link #makeIt} in a transaction of its own, and do the run again. */
    public static final class MonthMissingException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final LocalDate month;

        MonthMissingException(LocalDate month) {
            super("the ledger has no partition for the month of " + month);
            this.month = month;
        }

        public void makeIt(JdbcClient jdbc) {
            jdbc.sql("SELECT ensure_months(:day, 1)")
                    .param("day", month)
                    .query()
                    .singleRow();
        }
    }

    /** Rows written so far. */
    public long rows() {
        return rows;
    }

    /**
     * Books the staged earnings of sealed epochs.
     *
     * @param events number of events counted in them
     * @param days of their engagement, UTC
     * @return the journal's number, or empty when nothing was earned
     * @throws MonthMissingException naming the first month that has no partition
     */
    public Optional<Long> settle(long events, Set<LocalDate> days) {
        return pay("settlement", events, null, days);
    }

    /**
     * Books the staged earnings of a quarantined epoch, because a person decided to pay it.
     *
     * @param reason 1 to 500 characters, none of them a control character
     * @throws MonthMissingException as {@link #settle}
     */
    public Optional<Long> adopt(long events, LocalDate day, String reason) {
        return pay("adoption", events, reason, Set.of(day));
    }

    /**
     * Records that a quarantined epoch is not paid: 'adjustment' against 'discarded'. No other balance changes.
     *
     * @param micros by publisher, each more than 0
     */
    public Optional<Long> discard(Map<String, Long> micros, long events, String reason) {
        lockHead(Set.of());
        jdbc.sql("CREATE TEMP TABLE discarded (publisher text COLLATE \"C\", micros bigint) ON COMMIT DROP")
                .update();
        jdbc.sql("INSERT INTO discarded SELECT * FROM unnest(:publishers, :micros)")
                .param("publishers", micros.keySet().toArray(String[]::new))
                .param("micros", micros.values().toArray(Long[]::new))
                .update();
        return book("discard", events, reason, DISCARDED, OURS);
    }

    private Optional<Long> pay(String kind, long events, @Nullable String reason, Set<LocalDate> days) {
        lockHead(days);
        price();
        return book(kind, events, reason, PAID, FREE);
    }

    /**
     * @param postings a query for account's name, publisher and micros; they sum to zero
     * @param accounts a query for names of accounts that the journal needs besides those of its postings
     */
    private Optional<Long> book(String kind, long events, @Nullable String reason, String postings, String accounts) {
        int lines = jdbc.sql("""
                CREATE TEMP TABLE owed ON COMMIT DROP AS
                SELECT (row_number() OVER (ORDER BY p.name COLLATE "C", p.publisher COLLATE "C") - 1)::int AS line,
                       a.account_id, p.name, p.publisher, p.micros
                FROM (%s) p
                LEFT JOIN account a ON a.name = p.name
                """.formatted(postings)).update();
        String booked = open(accounts);
        if (lines == 0) {
            return Optional.empty();
        }
        OffsetDateTime createdAt = link(kind, events, reason, booked);
        rows += jdbc.sql("""
                INSERT INTO posting (account_id, created_at, journal_id, line, publisher, micros)
                SELECT account_id, :created, :journal, line, publisher, micros
                FROM %s
                ORDER BY account_id, publisher
                """.formatted(booked))
                .param("created", createdAt)
                .param("journal", number)
                .update();
        moveHead(createdAt);
        rows += jdbc.sql("""
                INSERT INTO balance (account_id, micros, journal_id)
                SELECT account_id, sum(micros)::bigint, :journal
                FROM %s
                GROUP BY account_id
                ORDER BY account_id
                ON CONFLICT (account_id) DO UPDATE
                SET micros = balance.micros + excluded.micros, journal_id = excluded.journal_id
                """.formatted(booked)).param("journal", number).update();
        return Optional.of(number);
    }

    /** Sums the units of all staged epochs by day and name, and prices them. Units that were all taken back leave no row. */
    private void price() {
        jdbc.sql("""
                CREATE TEMP TABLE priced ON COMMIT DROP AS
                SELECT e.day, e.creator, e.publisher, e.article, e.type, e.rate_version, sum(e.units)::bigint AS units,
                       price(sum(e.units), r.micros)::bigint AS micros
                FROM engaged e JOIN rate r ON r.version = e.rate_version AND r.type = e.type
                GROUP BY e.creator, e.day, e.publisher, e.article, e.type, e.rate_version, r.micros
                HAVING sum(e.units) <> 0
                """).update();
    }

    /**
     * Locks the chain's head and takes the number of the next journal. The tables must have a partition for each month that the journal
     * writes to: this one, and those of the engagement's days.
     */
    private void lockHead(Set<LocalDate> days) {
        number = jdbc.sql("""
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

    /** Opens the accounts that are missing; the name of the table in which every line has its account. */
    private String open(String accounts) {
        int opened = jdbc.sql("""
                INSERT INTO account (name)
                SELECT name FROM owed WHERE account_id IS NULL
                UNION
                SELECT name FROM (%s) n WHERE NOT EXISTS (SELECT FROM account a WHERE a.name = n.name)
                ORDER BY name
                """.formatted(accounts)).update();
        rows += opened;
        if (opened == 0) {
            return "owed";
        }
        jdbc.sql("""
            CREATE TEMP TABLE booked ON COMMIT DROP AS
            SELECT o.line, a.account_id, o.name, o.publisher, o.micros
            FROM owed o JOIN account a ON a.name = o.name
            """).update();
        return "booked";
    }

    /** Adds the next link of the chain, and tells its time, which never runs backwards along it. */
    private OffsetDateTime link(String kind, long events, @Nullable String reason, String booked) {
        OffsetDateTime createdAt = jdbc.sql("""
                WITH next AS MATERIALIZED (
                    SELECT hash AS prev_hash, greatest(clock_timestamp(), created_at + interval '1 microsecond') AS created_at,
                           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt
                    FROM chain_head
                ), rooted AS MATERIALIZED (
                    SELECT next.*, (SELECT merkle_root(line, posting_leaf(salt, line, posting_text(line, name, publisher, micros)) ORDER BY line)
                                    FROM %s) AS root
                    FROM next
                )
                INSERT INTO journal (journal_id, created_at, kind, events, reason, salt, root, prev_hash, hash)
                SELECT :journal, created_at, :kind, :events, :reason, salt, root, prev_hash,
                       journal_hash(prev_hash, root, journal_text(:journal, created_at, :kind, :events, :reason))
                FROM rooted
                RETURNING created_at
                """.formatted(booked))
                .param("journal", number)
                .param("kind", kind)
                .param("events", events)
                .param("reason", reason, Types.VARCHAR)
                .query(OffsetDateTime.class)
                .single();
        rows++;
        return createdAt;
    }

    /** The journal is complete. From here on the database takes no more postings for it. */
    private void moveHead(OffsetDateTime createdAt) {
        int heads = jdbc.sql("""
                UPDATE chain_head h
                SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
                FROM journal j
                WHERE j.created_at = :created AND j.journal_id = :journal
                """)
                .param("created", createdAt)
                .param("journal", number)
                .update();
        if (heads != 1) {
            throw new IllegalStateException("the chain has %d heads".formatted(heads));
        }
        rows += heads;
    }

    /**
     * Adds the units to the engagement archive, and units and micros to the articles' scores. Where all of it was free there is no journal,
     * and the scores bear the number of the next one: a consumer of changes sees them with that.
     */
    public void archive() {
        rows += jdbc.sql("""
            INSERT INTO engagement (day, creator, publisher, article, type, rate_version, units, micros)
            SELECT day, creator, publisher, article, type, rate_version, units, micros
            FROM priced
            ORDER BY creator, day, publisher, article, type, rate_version
            ON CONFLICT (creator, day, publisher, article, type, rate_version) DO UPDATE
            SET units = engagement.units + excluded.units, micros = engagement.micros + excluded.micros
            """).update();
        rows += jdbc.sql("""
            INSERT INTO article_score AS a (publisher, article, creator, micros, settled_at, journal_id, %s)
            SELECT publisher, article, creator, sum(micros)::bigint, clock_timestamp(), :journal, %s
            FROM priced
            GROUP BY publisher, article, creator
            ORDER BY publisher, article, creator
            ON CONFLICT (publisher, article, creator) DO UPDATE
            SET micros = a.micros + excluded.micros, settled_at = excluded.settled_at, journal_id = excluded.journal_id, %s
            """.formatted(
                                eachType(type -> type),
                                eachType("coalesce(sum(units) FILTER (WHERE type = '%1$s'), 0)::bigint"::formatted),
                                eachType("%1$s = a.%1$s + excluded.%1$s"::formatted)))
                .param("journal", number)
                .update();
    }

    private static String eachType(Function<String, String> column) {
        return Arrays.stream(EventType.values())
                .map(type -> column.apply(type.wireName()))
                .collect(Collectors.joining(", "));
    }
}
