package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A publisher's month, UTC: what it paid creators, by the day that their engagement counts for, and what corrections gave back, by the day on
 * which they were booked. So a day that is over and settled never changes.
 *
 * <p>Several calls belong together only within one snapshot of the database.
 */
public final class PublisherStatement {
    private static final Key BEFORE_ALL = new Key(LocalDate.EPOCH, 0, "");

    private final JdbcClient jdbc;

    public PublisherStatement(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * The month's sums.
     *
     * @param opening paid before the month, less what was given back before it
     * @param spent paid in the month
     * @param corrected given back in the month
     * @param filtered units of the month that were not paid; they are in no other sum
     * @param settledThrough everything that was counted before this moment is settled
     */
    public record Sums(
            Micros opening, Micros spent, Micros corrected, List<Filtered> filtered, Instant settledThrough) {
        public Micros closing() {
            return opening.plus(spent).minus(corrected);
        }
    }

    /**
     * The position of a line.
     *
     * @param correction id of the correction; 0: what was paid. That comes first
     */
    public record Key(LocalDate day, long correction, String creator) {}

    /**
     * What a creator got on a day, or gave back.
     *
     * @param units negative where they were taken back
     * @param micros likewise
     * @param balance paid up to and with this line, less what was given back
     * @param filtered units of the same day and creator that were not paid
     * @param correction null: it is what was paid
     */
    public record Line(
            Key key,
            long units,
            Micros micros,
            Micros balance,
            List<Filtered> filtered,
            @Nullable Correction correction) {}

    /** How a line shows filtered units. */
    public enum Detail {
        /** As one sum, with an empty reason and type. */
        SUM,
        /** By reason and type. */
        BY_REASON
    }

    /** What was said of a correction. */
    public record Correction(
            Instant at, String reason, @Nullable String reference) {}

    public Sums sums(String publisher, YearMonth month) {
        return jdbc.sql("""
                        SELECT coalesce(-b.micros, 0) - e.since + c.since AS opening, e.spent, c.corrected,
                               (SELECT %s
                                FROM (SELECT reason, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                                      FROM filtered
                                      WHERE publisher = :publisher AND day >= :first AND day < :next
                                      GROUP BY reason, type) f) AS filtered,
                               (SELECT min(sealed_at) FROM partition_cursor) AS settled_through
                        FROM (SELECT coalesce(sum(micros), 0) AS since, coalesce(sum(micros) FILTER (WHERE day < :next), 0) AS spent
                              FROM engagement WHERE publisher = :publisher AND day >= :first) e
                        CROSS JOIN (
                            SELECT coalesce(sum(micros), 0) AS since, coalesce(sum(micros) FILTER (WHERE at < :end), 0) AS corrected
                            FROM correction WHERE publisher = :publisher AND at >= :start) c
                        LEFT JOIN account a ON a.name = 'publisher:' || :publisher
                        LEFT JOIN balance b USING (account_id)
                        """.formatted(Filtered.AGGREGATE))
                .param("publisher", publisher)
                .param("first", month.atDay(1))
                .param("next", month.plusMonths(1).atDay(1))
                .param("start", start(month))
                .param("end", start(month.plusMonths(1)))
                .query((row, _) -> new Sums(
                        new Micros(row.getLong("opening")),
                        new Micros(row.getLong("spent")),
                        new Micros(row.getLong("corrected")),
                        Filtered.list(row.getString("filtered")),
                        row.getObject("settled_through", OffsetDateTime.class).toInstant()))
                .single();
    }

    /**
     * Lines behind a key, up to {@code count}: by day, then what was paid before what was given back, then by creator.
     *
     * @param opening of the month
     * @param after the last line of the page before; null: begin with the first
     * @param detail of filtered units; a table of very many lines takes the sum
     */
    public List<Line> lines(
            String publisher, YearMonth month, Micros opening, @Nullable Key after, int count, Detail detail) {
        Key behind = after == null ? BEFORE_ALL : after;
        return jdbc.sql("""
                        WITH lost AS (
                            SELECT day, creator, reason, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                            FROM (SELECT day, creator, CASE WHEN :detailed THEN reason ELSE '' END AS reason,
                                         CASE WHEN :detailed THEN type ELSE '' END AS type, units, micros
                                  FROM filtered
                                  WHERE publisher = :publisher AND day >= :first AND day < :next) f
                            GROUP BY day, creator, reason, type
                        ), lines AS MATERIALIZED (
                            SELECT day, 0::bigint AS correction, creator, coalesce(sum(paid_units), 0) AS units, coalesce(sum(paid_micros), 0) AS micros,
                                   %s FILTER (WHERE reason IS NOT NULL) AS filtered
                            FROM (
                                SELECT day, creator, units AS paid_units, micros AS paid_micros,
                                       NULL AS reason, NULL AS type, NULL::bigint AS units, NULL::bigint AS micros
                                FROM (SELECT day, creator, sum(units) AS units, sum(micros) AS micros
                                      FROM engagement
                                      WHERE publisher = :publisher AND day >= :first AND day < :next
                                      GROUP BY day, creator) e
                                UNION ALL
                                SELECT day, creator, NULL, NULL, reason, type, units, micros FROM lost) e
                            GROUP BY day, creator
                            UNION ALL
                            SELECT (c.at AT TIME ZONE 'UTC')::date, c.correction_id, l.creator, -sum(l.units), -sum(l.micros), NULL
                            FROM correction c JOIN correction_line l USING (correction_id)
                            WHERE c.publisher = :publisher AND c.at >= :start AND c.at < :end
                            GROUP BY c.at, c.correction_id, l.creator)
                        SELECT p.day, p.correction, p.creator, p.units::bigint, p.micros::bigint, p.balance::bigint, p.filtered, c.at, c.reason, c.reference
                        FROM (SELECT *, :opening + sum(micros) OVER (ORDER BY day, correction, creator) AS balance FROM lines) p
                        LEFT JOIN correction c ON c.correction_id = p.correction
                        WHERE (p.day, p.correction, p.creator) > (:day, :correction, :creator)
                        ORDER BY p.day, p.correction, p.creator
                        LIMIT :count
                        """.formatted(Filtered.AGGREGATE))
                .param("detailed", detail == Detail.BY_REASON)
                .param("publisher", publisher)
                .param("first", month.atDay(1))
                .param("next", month.plusMonths(1).atDay(1))
                .param("start", start(month))
                .param("end", start(month.plusMonths(1)))
                .param("opening", opening.value())
                .param("day", behind.day())
                .param("correction", behind.correction())
                .param("creator", behind.creator())
                .param("count", count)
                .query(PublisherStatement::line)
                .list();
    }

    private static OffsetDateTime start(YearMonth month) {
        return month.atDay(1).atStartOfDay().atOffset(ZoneOffset.UTC);
    }

    private static Line line(ResultSet row, int number) throws SQLException {
        OffsetDateTime at = row.getObject("at", OffsetDateTime.class);
        return new Line(
                new Key(row.getObject("day", LocalDate.class), row.getLong("correction"), row.getString("creator")),
                row.getLong("units"),
                new Micros(row.getLong("micros")),
                new Micros(row.getLong("balance")),
                Filtered.list(row.getString("filtered")),
                at == null
                        ? null
                        : new Correction(at.toInstant(), row.getString("reason"), row.getString("reference")));
    }
}
