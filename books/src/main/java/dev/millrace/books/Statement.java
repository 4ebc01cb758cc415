package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A creator's postings, newest first, a page at a time, and the filtered units of their days.
 *
 * <p>A page begins where the one before ended (by key, not by counting rows), so entries booked meanwhile move nothing. It
 * walks the primary key backwards, from the month of its beginning to older ones, and stops when it has enough: what a
 * page's entries cost depends on its length alone. Filtered units cost a row for each article, filter and type of its days.
 */
public final class Statement {
    private static final Key NEWEST = new Key(Instant.parse("9999-12-31T23:59:59Z"), Long.MAX_VALUE, "");

    private final JdbcClient jdbc;

    public Statement(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * The position of an entry.
     *
     * @param at when it was booked, whole microseconds
     * @param journal the journal's number
     * @param publisher whose readers it was for; empty in a payout
     */
    public record Key(Instant at, long journal, String publisher) {}

    /**
     * One posting of the creator's account.
     *
     * @param line its place in the journal, from 0
     */
    public record Entry(Key key, int line, String kind, Micros micros) {}

    /**
     * Up to {@code count} entries below a key.
     *
     * @param after the last entry of the page before; null: begin with the newest
     */
    public List<Entry> entries(String creator, @Nullable Key after, int count) {
        Key below = after == null ? NEWEST : after;
        return jdbc.sql("""
                        WITH page AS MATERIALIZED (
                            SELECT created_at, journal_id, publisher, line, micros
                            FROM posting
                            WHERE account_id = (SELECT account_id FROM account WHERE name = 'creator:' || :creator)
                              AND created_at <= :at -- leaves out the months that come later
                              AND (created_at, journal_id, publisher) < (:at, :journal, :publisher)
                            ORDER BY created_at DESC, journal_id DESC, publisher DESC
                            LIMIT :count)
                        SELECT page.*, journal.kind
                        FROM page JOIN journal USING (created_at, journal_id)
                        ORDER BY created_at DESC, journal_id DESC, publisher DESC
                        """)
                .param("creator", creator)
                .param("at", below.at().atOffset(ZoneOffset.UTC))
                .param("journal", below.journal())
                .param("publisher", below.publisher())
                .param("count", count)
                .query((row, _) -> new Entry(
                        new Key(
                                row.getObject("created_at", OffsetDateTime.class)
                                        .toInstant(),
                                row.getLong("journal_id"),
                                row.getString("publisher")),
                        row.getInt("line"),
                        row.getString("kind"),
                        new Micros(row.getLong("micros"))))
                .list();
    }

    /**
     * The creator's filtered units of some days. They have no entry: nobody paid for them.
     *
     * @param from first day, UTC; {@link LocalDate#MIN} for no bound
     * @param until the day after the last one; {@link LocalDate#MAX} for no bound
     */
    public List<Filtered> filtered(String creator, LocalDate from, LocalDate until) {
        return Filtered.list(jdbc.sql("""
                        SELECT %s
                        FROM (SELECT reason, type, sum(units)::bigint AS units, sum(micros)::bigint AS micros
                              FROM filtered
                              WHERE creator = :creator AND day >= :from AND day < :until
                              GROUP BY reason, type) f
                        """.formatted(Filtered.AGGREGATE))
                .param("creator", creator)
                .param("from", from)
                .param("until", until)
                .query(String.class)
                .optional()
                .orElse(null));
    }
}
