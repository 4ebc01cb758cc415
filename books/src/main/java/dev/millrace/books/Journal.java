package dev.millrace.books;

import dev.millrace.common.token.EventType;
import java.sql.Types;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Books what epochs hold, one journal in the caller's transaction. The first statement locks the head of the chain, so two writers follow each
 * other; the schema's function {@code book} posts. One object books one journal.
 */
public final class Journal {
    /** A creator whose engagement was free gets an account too, so that the ledger knows the creator. */
    private static final String PAID = """
            SELECT 'creator:' || creator AS name, publisher, sum(micros)::bigint AS micros FROM priced GROUP BY creator, publisher
            UNION ALL
            SELECT 'publisher:' || publisher, publisher, -sum(micros)::bigint FROM priced GROUP BY publisher""";

    private static final String DISCARDED = """
            SELECT 'discarded' AS name, publisher, micros FROM unnest(:publishers, :micros) AS d (publisher, micros)
            UNION ALL
            SELECT 'adjustment', publisher, -micros FROM unnest(:publishers, :micros) AS d (publisher, micros)""";

    private static final String OWED = "CREATE TEMP TABLE owed ON COMMIT DROP AS ";

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

    /** Hash of the last journal, in hex, as of now in the caller's transaction. */
    public String head() {
        return jdbc.sql("SELECT encode(hash, 'hex') FROM chain_head")
                .query(String.class)
                .single();
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
     * @param day of the decision, UTC
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
        jdbc.sql(OWED + DISCARDED)
                .param("publishers", micros.keySet().toArray(String[]::new))
                .param("micros", micros.values().toArray(Long[]::new))
                .update();
        return book("discard", events, reason);
    }

    private Optional<Long> pay(String kind, long events, @Nullable String reason, Set<LocalDate> days) {
        lockHead(days);
        price();
        jdbc.sql(OWED + PAID).update();
        return book(kind, events, reason);
    }

    private Optional<Long> book(String kind, long events, @Nullable String reason) {
        return jdbc.sql("SELECT number, written FROM book(:kind, :events, :reason)")
                .param("kind", kind)
                .param("events", events)
                .param("reason", reason, Types.VARCHAR)
                .query((row, _) -> {
                    rows += row.getLong("written");
                    return Optional.ofNullable(row.getObject("number", Long.class));
                })
                .single();
    }

    /** Sums the units of all staged epochs by day and name, and prices them. Units that were all taken back leave no row. */
    private void price() {
        jdbc.sql("""
                CREATE TEMP TABLE priced ON COMMIT DROP AS
                SELECT e.day, e.creator, e.publisher, e.article, e.type, e.rate_version, sum(e.units)::bigint AS units,
                       price(sum(e.units), r.micros)::bigint AS micros
                FROM engaged e JOIN rate r ON r.version = e.rate_version AND r.type = e.type
                WHERE e.kind = 'paid'
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

    /** Adds to the archive what was not paid, where readers came from and the visits they made. */
    public void archiveVisits() {
        rows += jdbc.sql("""
            INSERT INTO filtered AS f (day, creator, publisher, article, reason, type, rate_version, units, micros)
            SELECT e.day, e.creator, e.publisher, e.article, e.detail, e.type, e.rate_version, sum(e.units)::bigint,
                   price(sum(e.units), r.micros)::bigint
            FROM engaged e JOIN rate r ON r.version = e.rate_version AND r.type = e.type
            WHERE e.kind = 'filtered'
            GROUP BY e.creator, e.day, e.publisher, e.article, e.detail, e.type, e.rate_version, r.micros
            HAVING sum(e.units) <> 0
            ORDER BY 2, 1, 3, 4, 5, 6, 7
            ON CONFLICT (creator, day, publisher, article, reason, type, rate_version) DO UPDATE
            SET units = f.units + excluded.units, micros = f.micros + excluded.micros
            """).update();
        rows += jdbc.sql("""
            INSERT INTO visits AS v (day, creator, publisher, article, source, views, sessions, session_views, read_seconds)
            SELECT * FROM (
                SELECT day, creator, publisher, article, detail,
                       coalesce(sum(units) FILTER (WHERE kind = 'paid' AND type = 'view' AND detail <> ''), 0)::bigint AS views,
                       coalesce(sum(units) FILTER (WHERE kind = 'visit'), 0)::bigint AS sessions,
                       coalesce(sum(units) FILTER (WHERE type = 'view' AND visitor), 0)::bigint AS session_views,
                       coalesce(sum(:mark * units) FILTER (WHERE type = 'read' AND visitor), 0)::bigint AS read_seconds
                FROM engaged
                WHERE kind = 'visit' OR kind = 'paid' AND (detail <> '' OR visitor)
                GROUP BY day, creator, publisher, article, detail) e
            WHERE (views, sessions, session_views, read_seconds) <> (0, 0, 0, 0)
            ORDER BY creator, day, publisher, article, detail
            ON CONFLICT (creator, day, publisher, article, source) DO UPDATE
            SET views = v.views + excluded.views, sessions = v.sessions + excluded.sessions,
                session_views = v.session_views + excluded.session_views, read_seconds = v.read_seconds + excluded.read_seconds
            """).param("mark", EventType.READ_STEP).update();
    }

    /**
     * Adds what the staged epochs have cost to what their publishers have spent, by day and in all.
     *
     * @param parts of the epochs, and
     * @param partitions those that they are of, in the same order
     */
    public void spend(List<Integer> parts, List<Integer> partitions) {
        rows += jdbc.sql("""
            INSERT INTO publisher_spent AS s (partition, publisher, day, micros)
            SELECT partition, publisher, coalesce(day, '-infinity'), sum(micros)::bigint
            FROM (SELECT part, publisher, day, max(micros) AS micros FROM spent GROUP BY part, publisher, day) e
            JOIN unnest(:parts::int[], :partitions::smallint[]) AS p (part, partition) USING (part)
            GROUP BY GROUPING SETS ((partition, publisher, day), (partition, publisher))
            ORDER BY 1, 3, 2
            ON CONFLICT (partition, day, publisher) DO UPDATE SET micros = s.micros + excluded.micros
            """)
                .param("parts", parts.toArray(Integer[]::new))
                .param("partitions", partitions.toArray(Integer[]::new))
                .update();
    }

    private static String eachType(Function<String, String> column) {
        return Arrays.stream(EventType.values())
                .map(type -> column.apply(type.wireName()))
                .collect(Collectors.joining(", "));
    }
}
