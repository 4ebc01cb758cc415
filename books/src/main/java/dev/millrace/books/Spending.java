package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
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
     * @param units of everything counted, whatever corrections took back later
     * @param micros likewise
     * @param correctedUnits what corrections took back of these units, whenever
     * @param correctedMicros what they took back of these micros
     */
    public record Sum(@Nullable Key key, long units, Micros micros, long correctedUnits, long correctedMicros) {}

    /**
     * First the sum of the whole range; then up to {@code count} sums behind a key.
     *
     * @param from first day, UTC
     * @param to last day
     * @param after the last key of the page before; null: begin with the first
     */
    public List<Sum> sums(String publisher, LocalDate from, LocalDate to, By by, @Nullable Key after, int count) {
        Key behind = after == null ? BEFORE_ALL : after;
        return jdbc.sql("""
                        WITH sums AS MATERIALIZED (
                            SELECT %s AS first, %s AS second, sum(units) AS units, sum(micros) AS micros,
                                   sum(corrected_units) AS corrected_units, sum(corrected_micros) AS corrected_micros
                            FROM (
                                SELECT day, creator, article, type, units, micros, 0 AS corrected_units, 0 AS corrected_micros
                                FROM engagement
                                WHERE publisher = :publisher AND day BETWEEN :from AND :to
                                UNION ALL
                                SELECT day, creator, article, type, 0, 0, units, micros
                                FROM correction_line
                                WHERE publisher = :publisher AND day BETWEEN :from AND :to) e
                            GROUP BY 1, 2)
                        (SELECT NULL AS first, NULL AS second, coalesce(sum(units), 0)::bigint AS units,
                                coalesce(sum(micros), 0)::bigint AS micros, coalesce(sum(corrected_units), 0)::bigint AS corrected_units,
                                coalesce(sum(corrected_micros), 0)::bigint AS corrected_micros
                         FROM sums)
                        UNION ALL
                        (SELECT first, second, units::bigint, micros::bigint, corrected_units::bigint, corrected_micros::bigint
                         FROM sums WHERE (first, second) > (:first, :second) ORDER BY first, second LIMIT :count)
                        """.formatted(by.first, by.second))
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
                            row.getLong("corrected_micros"));
                })
                .list();
    }
}
