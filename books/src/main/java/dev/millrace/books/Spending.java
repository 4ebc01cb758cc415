package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What a publisher has paid for: the engagement archive from the publisher's side. */
public final class Spending {
    private static final Key BEFORE_ALL = new Key("", "");

    private final JdbcClient jdbc;

    public Spending(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** What the sums are grouped by. */
    public enum By {
        DAY("day::text COLLATE \"C\"", "''"),
        CREATOR("creator", "''"),
        ARTICLE("article", "creator"),
        TYPE("type", "''");

        private final String wireName = name().toLowerCase(Locale.ROOT);
        private final String first;
        private final String second;

        By(String first, String second) {
            this.first = first;
            this.second = second;
        }

        public String wireName() {
            return wireName;
        }
    }

    /**
     * Whose sum it is. Sums are in this order, compared as bytes.
     *
     * @param first the day (ISO 8601), creator, article or type
     * @param second an article's creator; otherwise empty
     */
    public record Key(String first, String second) {}

    /**
     * One sum.
     *
     * @param key null: the sum of all
     * @param units of everything paid, whatever corrections took back later; 0: all was filtered
     * @param micros likewise
     * @param correctedUnits what corrections took back of these units, whenever
     * @param correctedMicros what they took back of these micros
     * @param filtered units that were not paid; they are in none of the sums
     */
    public record Sum(
            @Nullable Key key,
            long units,
            Micros micros,
            long correctedUnits,
            long correctedMicros,
            List<Filtered> filtered) {}

    /**
     * Where a publisher stands, of one statement.
     *
     * @param net what was debited, less what corrections gave back
     * @param budgetDay what counts against its budget of the day: settled events that were counted on it
     * @param budgetTotal what counts against its budget in all
     * @param cursors of all partitions
     */
    public record Standing(
            Publisher publisher, Micros net, Micros budgetDay, Micros budgetTotal, List<PartitionCursor> cursors) {
        /** What was debited. */
        public Micros gross() {
            return net.plus(corrected());
        }

        public Micros corrected() {
            return new Micros(publisher.corrected());
        }

        /** Everything that was counted before this moment is settled. */
        public Instant settledThrough() {
            return cursors.stream()
                    .map(PartitionCursor::sealedAt)
                    .min(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    /**
     * Where a publisher stands now; empty where there is none of this name.
     *
     * @param day of the budget, UTC
     */
    public Optional<Standing> standing(String publisher, LocalDate day) {
        return jdbc
                .sql("""
                        SELECT c.*, p.*, now() AS now, coalesce(-b.micros, 0) AS net,
                               (SELECT s.micros FROM publisher_spent s
                                WHERE (s.partition, s.day, s.publisher) = (c.partition, :day, p.publisher)) AS budget_day_spent,
                               (SELECT s.micros FROM publisher_spent s
                                WHERE (s.partition, s.day, s.publisher) = (c.partition, '-infinity', p.publisher)) AS budget_total_spent
                        FROM partition_cursor c
                        CROSS JOIN publisher p
                        LEFT JOIN account a ON a.name = 'publisher:' || p.publisher
                        LEFT JOIN balance b USING (account_id)
                        WHERE p.publisher = :publisher
                        ORDER BY c.partition
                        """)
                .param("publisher", publisher)
                .param("day", day)
                .query((row, number) -> new Standing(
                        Publisher.of(row, number),
                        new Micros(row.getLong("net")),
                        new Micros(row.getLong("budget_day_spent")),
                        new Micros(row.getLong("budget_total_spent")),
                        List.of(Cursors.row(row, number))))
                .list()
                .stream()
                .reduce(Spending::together);
    }

    /** The row of one more partition. */
    private static Standing together(Standing some, Standing more) {
        return new Standing(
                some.publisher(),
                some.net(),
                some.budgetDay().plus(more.budgetDay()),
                some.budgetTotal().plus(more.budgetTotal()),
                Stream.concat(some.cursors().stream(), more.cursors().stream()).toList());
    }

    /**
     * First the sum of the whole range; then up to {@code count} sums behind a key.
     *
     * @param from first day, UTC
     * @param to last day
     * @param after the last key of the page before; null: begin with the first
     */
    public List<Sum> sums(String publisher, LocalDate from, LocalDate to, By by, @Nullable Key after, int count) {
        Key behind = after == null ? BEFORE_ALL : after;
        return jdbc.sql(statement(by))
                .param("publisher", publisher)
                .param("from", from)
                .param("to", to)
                .param("first", behind.first())
                .param("second", behind.second())
                .param("count", count)
                .query((row, _) -> {
                    String first = row.getString("first");
                    return new Sum(
                            first == null ? null : new Key(first, row.getString("second")),
                            row.getLong("units"),
                            new Micros(row.getLong("micros")),
                            row.getLong("corrected_units"),
                            row.getLong("corrected_micros"),
                            Filtered.list(row.getString("filtered")));
                })
                .list();
    }

    /** IS TRUE: as in {@link Engagement}. */
    private static String statement(By by) {
        return """
                WITH sums AS MATERIALIZED (
                    SELECT %1$s AS first, %2$s AS second, sum(units) AS units, sum(micros) AS micros,
                           sum(corrected_units) AS corrected_units, sum(corrected_micros) AS corrected_micros
                    FROM (
                        SELECT day, creator, article, type, units, micros, 0 AS corrected_units, 0 AS corrected_micros
                        FROM engagement
                        WHERE publisher = :publisher AND day BETWEEN :from AND :to
                        UNION ALL
                        SELECT day, creator, article, type, 0, 0, units, micros
                        FROM correction_line
                        WHERE publisher = :publisher AND day BETWEEN :from AND :to
                        UNION ALL
                        SELECT day, creator, article, type, 0, 0, 0, 0
                        FROM filtered
                        WHERE publisher = :publisher AND day BETWEEN :from AND :to) e
                    GROUP BY 1, 2
                ), page AS MATERIALIZED (
                    SELECT * FROM sums WHERE (first, second) > (:first, :second) ORDER BY first, second LIMIT :count
                ), lost AS (
                    SELECT %1$s AS first, %2$s AS second, reason, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                    FROM filtered
                    WHERE publisher = :publisher AND day BETWEEN :from AND :to
                      AND ((%1$s, %2$s) IN (SELECT first, second FROM page)) IS TRUE
                    GROUP BY 1, 2, 3, 4
                ), lost_of_page AS (
                    SELECT first, second, %3$s AS filtered FROM lost GROUP BY first, second
                ), lost_in_all AS (
                    SELECT %3$s AS filtered
                    FROM (SELECT reason, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                          FROM filtered
                          WHERE publisher = :publisher AND day BETWEEN :from AND :to
                          GROUP BY reason, type) l)
                (SELECT NULL AS first, NULL AS second, coalesce(sum(units), 0)::bigint AS units,
                        coalesce(sum(micros), 0)::bigint AS micros, coalesce(sum(corrected_units), 0)::bigint AS corrected_units,
                        coalesce(sum(corrected_micros), 0)::bigint AS corrected_micros, (SELECT filtered FROM lost_in_all) AS filtered
                 FROM sums)
                UNION ALL
                (SELECT first, second, units::bigint, micros::bigint, corrected_units::bigint, corrected_micros::bigint, filtered
                 FROM page LEFT JOIN lost_of_page USING (first, second) ORDER BY first, second)
                """.formatted(by.first, by.second, Filtered.AGGREGATE);
    }
}
