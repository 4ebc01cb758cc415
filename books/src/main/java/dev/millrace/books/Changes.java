package dev.millrace.books;

import dev.millrace.common.money.Micros;
import dev.millrace.common.token.EventType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Articles in the order in which journals changed them last: what an index of somebody else's follows. Journals are numbered without gaps and
 * commit in the order of their numbers, so a consumer that asks from its last position on misses nothing. An article that
 * changes again moves to the end, and comes once more with its new totals.
 */
public final class Changes {
    private static final String UNITS = EventType.names(", ");

    private final JdbcClient jdbc;

    public Changes(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Where a consumer stands: everything up to this article of this journal has been seen. Articles of one journal are in the order of
     * publisher, article and creator, compared as bytes.
     */
    public record Position(long journal, String publisher, String article, String creator) {}

    /**
     * An article with its totals as of the journal that changed it last.
     *
     * @param at when that journal was booked
     * @param kind of that journal
     * @param units number of events, or of units of events priced by unit, since the beginning; types without any are left out
     * @param micros earned since the beginning
     */
    public record Change(Position position, Instant at, String kind, Map<EventType, Long> units, Micros micros) {}

    /**
     * The next changes, without those of sandbox publishers. Free engagement before the next journal waits for that.
     *
     * @param most changes at most
     */
    public List<Change> after(Position position, int most) {
        return jdbc.sql("""
                WITH page AS MATERIALIZED (
                    SELECT journal_id, publisher, article, creator, micros, %s
                    FROM article_score
                    WHERE (journal_id, publisher, article, creator) > (:journal, :publisher, :article, :creator)
                      AND journal_id <= (SELECT journal_id FROM chain_head) AND NOT starts_with(publisher, 'test-')
                    ORDER BY journal_id, publisher, article, creator
                    LIMIT :most)
                SELECT page.*, j.created_at, j.kind
                FROM page JOIN journal j USING (journal_id)
                ORDER BY journal_id, publisher, article, creator
                """.formatted(UNITS))
                .param("journal", position.journal())
                .param("publisher", position.publisher())
                .param("article", position.article())
                .param("creator", position.creator())
                .param("most", most)
                .query(Changes::row)
                .list();
    }

    private static Change row(ResultSet row, int number) throws SQLException {
        Map<EventType, Long> units = new EnumMap<>(EventType.class);
        for (EventType type : EventType.values()) {
            long count = row.getLong(type.wireName());
            if (count > 0) {
                units.put(type, count);
            }
        }
        return new Change(
                new Position(
                        row.getLong("journal_id"),
                        row.getString("publisher"),
                        row.getString("article"),
                        row.getString("creator")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getString("kind"),
                units,
                new Micros(row.getLong("micros")));
    }
}
