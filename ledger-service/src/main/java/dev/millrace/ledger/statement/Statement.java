package dev.millrace.ledger.statement;

import dev.millrace.common.money.Micros;
import dev.millrace.ledger.creator.CreatorId;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A creator's postings, newest first, a page at a time.
 *
 * <p>A page begins where the one before ended (by key, not by counting rows), so entries booked meanwhile move nothing. It
 * walks the primary key backwards, from the month of its beginning to older ones, and stops when it has enough: what a
 * page costs depends on its length alone.
 */
final class Statement {
    private static final PageCursor NEWEST = new PageCursor(Instant.parse("9999-12-31T23:59:59Z"), Long.MAX_VALUE, "");

    private final JdbcClient jdbc;

    Statement(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * One posting of the creator's account.
     *
     * @param line its place in the journal, from 0
     */
    record Entry(PageCursor key, int line, String kind, Micros micros) {}

    /**
     * Up to {@code count} entries below the cursor.
     *
     * @param after the last entry of the page before; null: begin with the newest
     */
    List<Entry> entries(CreatorId creator, @Nullable PageCursor after, int count) {
        PageCursor below = after == null ? NEWEST : after;
        return jdbc.sql("""
                        WITH page AS MATERIALIZED (
                            SELECT created_at, journal_id, publisher, line, micros
                            FROM posting
                            WHERE account_id = (SELECT account_id FROM account WHERE name = :account)
                              AND created_at <= :at -- leaves out the months that come later
                              AND (created_at, journal_id, publisher) < (:at, :journal, :publisher)
                            ORDER BY created_at DESC, journal_id DESC, publisher DESC
                            LIMIT :count)
                        SELECT page.*, journal.kind
                        FROM page JOIN journal USING (created_at, journal_id)
                        ORDER BY created_at DESC, journal_id DESC, publisher DESC
                        """)
                .param("account", creator.account())
                .param("at", below.at().atOffset(ZoneOffset.UTC))
                .param("journal", below.journal())
                .param("publisher", below.publisher())
                .param("count", count)
                .query((row, _) -> new Entry(
                        new PageCursor(
                                row.getObject("created_at", OffsetDateTime.class)
                                        .toInstant(),
                                row.getLong("journal_id"),
                                row.getString("publisher")),
                        row.getInt("line"),
                        row.getString("kind"),
                        new Micros(row.getLong("micros"))))
                .list();
    }
}
