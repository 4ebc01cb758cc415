package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Sums of a creator's engagement over days: paid units, filtered units, and visits. */
public final class Engagement {
    /**
     * IS TRUE keeps a list of the page's keys in memory, to look each row up. A join could compare every row with every key: its plan depends on
     * statistics, which a new month does not have. Articles without paid units are looked for only where the page has room for them: sorting their rows
     * among the others took twice as long.
     */
    private static final String SUMS = """
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
                GROUP BY article, publisher, type
            ), paid AS MATERIALIZED (
                SELECT * FROM sums ORDER BY micros DESC, article, publisher, type LIMIT :articles
            ), unpaid AS MATERIALIZED (
                SELECT article, publisher, type FROM filtered WHERE creator = :creator AND day BETWEEN :from AND :to
                UNION
                SELECT article, publisher, 'view' FROM visits WHERE creator = :creator AND day BETWEEN :from AND :to
                EXCEPT
                SELECT article, publisher, type FROM sums
                ORDER BY article, publisher, type LIMIT :articles - (SELECT count(*) FROM paid)
            ), page AS MATERIALIZED (
                SELECT * FROM paid
                UNION ALL
                SELECT article, publisher, type, 0, 0, 0, 0 FROM unpaid
            ), lost AS (
                SELECT article, publisher, type, reason, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                FROM filtered
                WHERE creator = :creator AND day BETWEEN :from AND :to
                  AND ((article, publisher, type) IN (SELECT article, publisher, type FROM page)) IS TRUE
                GROUP BY article, publisher, type, reason
            ), came AS (
                SELECT article, publisher, 'view' AS type, source, sum(views)::bigint AS views, sum(sessions) AS sessions,
                       sum(session_views) AS session_views, sum(read_seconds) AS read_seconds
                FROM visits
                WHERE creator = :creator AND day BETWEEN :from AND :to
                  AND ((article, publisher) IN (SELECT article, publisher FROM page WHERE type = 'view')) IS TRUE
                GROUP BY article, publisher, source
            ), lost_of_page AS (
                SELECT article, publisher, type, %s AS filtered FROM lost GROUP BY article, publisher, type
            ), came_of_page AS (
                SELECT article, publisher, type, json_object_agg(source, views ORDER BY source) FILTER (WHERE views > 0) AS sources,
                       sum(sessions)::bigint AS sessions, sum(session_views)::bigint AS session_views, sum(read_seconds)::bigint AS read_seconds
                FROM came GROUP BY article, publisher, type)
            (SELECT NULL AS article, NULL AS publisher, type,
                    sum(units)::bigint AS units, sum(micros)::bigint AS micros,
                    sum(corrected_units)::bigint AS corrected_units, sum(corrected_micros)::bigint AS corrected_micros,
                    NULL::json AS filtered, NULL::json AS sources, 0::bigint AS sessions, 0::bigint AS session_views, 0::bigint AS read_seconds
             FROM sums GROUP BY type HAVING sum(units) > 0 ORDER BY micros DESC, type)
            UNION ALL
            (SELECT article, publisher, type, units, micros, corrected_units, corrected_micros,
                    filtered, sources, sessions, session_views, read_seconds
             FROM page
             LEFT JOIN lost_of_page USING (article, publisher, type)
             LEFT JOIN came_of_page USING (article, publisher, type)
             ORDER BY micros DESC, article, publisher, type)
            """.formatted(Filtered.AGGREGATE);

    private static final TypeReference<Map<String, Long>> SOURCES = new TypeReference<>() {};

    private final JdbcClient jdbc;

    public Engagement(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * One sum.
     *
     * @param article null: the sum of all articles and publishers
     * @param publisher null: the sum of all articles and publishers
     * @param units of everything paid, whatever corrections took back later; 0: all was filtered, or there were visits only
     * @param micros likewise
     * @param correctedUnits what corrections took back of these units, whenever
     * @param correctedMicros what they took back of these micros
     * @param filtered units of an article that are in no sum; empty in a sum of all articles
     * @param visits zero where the type is not a view, and in a sum of all articles
     */
    public record Sum(
            @Nullable String article,
            @Nullable String publisher,
            String type,
            long units,
            Micros micros,
            long correctedUnits,
            long correctedMicros,
            List<Filtered> filtered,
            Visits visits) {}

    /**
     * From where readers came to an article, and their visits.
     *
     * @param sources views by source, of those whose source is known
     * @param sessions visits that began at the article
     * @param views of visitors who are known
     * @param readSeconds likewise
     */
    public record Visits(Map<String, Long> sources, long sessions, long views, long readSeconds) {}

    /**
     * First the totals by type, over everything paid in the range; then the articles, the best earners first.
     *
     * @param from first day, UTC
     * @param to last day
     * @param articles most articles' sums to return
     */
    public List<Sum> sums(String creator, LocalDate from, LocalDate to, int articles) {
        return jdbc.sql(SUMS)
                .param("creator", creator)
                .param("from", from)
                .param("to", to)
                .param("articles", articles)
                .query(Engagement::sum)
                .list();
    }

    private static Sum sum(ResultSet row, int number) throws SQLException {
        return new Sum(
                row.getString("article"),
                row.getString("publisher"),
                row.getString("type"),
                row.getLong("units"),
                new Micros(row.getLong("micros")),
                row.getLong("corrected_units"),
                row.getLong("corrected_micros"),
                Filtered.list(row.getString("filtered")),
                new Visits(
                        sources(row.getString("sources")),
                        row.getLong("sessions"),
                        row.getLong("session_views"),
                        row.getLong("read_seconds")));
    }

    private static Map<String, Long> sources(@Nullable String json) {
        return json == null ? Map.of() : JsonMapper.shared().readValue(json, SOURCES);
    }
}
