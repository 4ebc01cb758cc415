package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Sums of a creator's engagement over days. */
public final class Engagement {
    private final JdbcClient jdbc;

    public Engagement(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * One sum.
     *
     * @param article null: the sum of all articles and publishers
     * @param publisher null: the sum of all articles and publishers
     * @param units of everything counted, whatever corrections took back later
     * @param micros likewise
     * @param correctedUnits what corrections took back of these units, whenever
     * @param correctedMicros what they took back of these micros
     */
    public record Sum(
            @Nullable String article,
            @Nullable String publisher,
            String type,
            long units,
            Micros micros,
            long correctedUnits,
            long correctedMicros) {}

    /**
     * First the totals by type, over everything in the range; then the articles, the best earners first.
     *
     * @param from first day, UTC
     * @param to last day
     * @param articles most articles' sums to return
     */
    public List<Sum> sums(String creator, LocalDate from, LocalDate to, int articles) {
        return jdbc.sql("""
                        WITH sums AS MATERIALIZED (
                            SELECT article, publisher, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros,
                                   sum(corrected_units)::bigint AS corrected_units, sum(corrected_micros)::bigint AS corrected_micros
                            FROM (
                                SELECT article, publisher, type, units, micros, 0 AS corrected_units, 0 AS corrected_micros
                                FROM engagement
                                WHERE creator = :creator AND day BETWEEN :from AND :to
                                UNION ALL
                                SELECT article, publisher, type, 0, 0, units, micros
                                FROM correction_line
                                WHERE creator = :creator AND day BETWEEN :from AND :to) e
                            GROUP BY article, publisher, type)
                        (SELECT NULL AS article, NULL AS publisher, type,
                                sum(units)::bigint AS units, sum(micros)::bigint AS micros,
                                sum(corrected_units)::bigint AS corrected_units, sum(corrected_micros)::bigint AS corrected_micros
                         FROM sums GROUP BY type ORDER BY micros DESC, type)
                        UNION ALL
                        (SELECT article, publisher, type, units, micros, corrected_units, corrected_micros
                         FROM sums ORDER BY micros DESC, article, publisher, type LIMIT :articles)
                        """)
                .param("creator", creator)
                .param("from", from)
                .param("to", to)
                .param("articles", articles)
                .query((row, _) -> new Sum(
                        row.getString("article"),
                        row.getString("publisher"),
                        row.getString("type"),
                        row.getLong("units"),
                        new Micros(row.getLong("micros")),
                        row.getLong("corrected_units"),
                        row.getLong("corrected_micros")))
                .list();
    }
}
