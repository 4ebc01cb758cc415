package dev.millrace.books;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A person's decision about a quarantined epoch: a row of the table quarantine_decision.
 *
 * @param name of its earnings in Redis
 * @param what {@code adopted} or {@code discarded}
 * @param journalId its journal; null when there was no money in it
 * @param origin where it was counted, when it was adopted and says so
 */
public record QuarantineDecision(
        String name,
        String what,
        long micros,
        long events,
        @Nullable Long journalId,
        String reason,
        Instant at,
        @Nullable String origin) {
    private static final String QUERY =
            "SELECT name, decision, micros, events, journal_id, reason, decided_at, origin FROM quarantine_decision";

    /** The decision about the epoch of this name. */
    public static Optional<QuarantineDecision> about(String name, JdbcClient jdbc) {
        return jdbc.sql(QUERY + " WHERE name = :name")
                .param("name", name)
                .query(QuarantineDecision::row)
                .optional();
    }

    /** All decisions, by name; people make few. */
    public static Map<String, QuarantineDecision> all(JdbcClient jdbc) {
        return jdbc.sql(QUERY).query(QuarantineDecision::row).list().stream()
                .collect(Collectors.toMap(QuarantineDecision::name, Function.identity()));
    }

    private static QuarantineDecision row(ResultSet row, int number) throws SQLException {
        return new QuarantineDecision(
                row.getString("name"),
                row.getString("decision"),
                row.getLong("micros"),
                row.getLong("events"),
                row.getObject("journal_id", Long.class),
                row.getString("reason"),
                row.getObject("decided_at", OffsetDateTime.class).toInstant(),
                row.getString("origin"));
    }

    /**
     * Notes a decision, in the transaction of its journal.
     *
     * @throws org.springframework.dao.DuplicateKeyException when this epoch, or another copy of it, is decided already
     */
    public static QuarantineDecision note(
            JdbcClient jdbc,
            String name,
            boolean adopted,
            long micros,
            long events,
            @Nullable Long journalId,
            String reason,
            @Nullable String origin) {
        return jdbc.sql("""
                INSERT INTO quarantine_decision (name, decision, micros, events, journal_id, reason, origin)
                VALUES (:name, :decision, :micros, :events, :journal, :reason, :origin)
                RETURNING name, decision, micros, events, journal_id, reason, decided_at, origin
                """)
                .param("name", name)
                .param("decision", adopted ? "adopted" : "discarded")
                .param("micros", micros)
                .param("events", events)
                .param("journal", journalId, Types.BIGINT)
                .param("reason", reason)
                .param("origin", origin, Types.VARCHAR)
                .query(QuarantineDecision::row)
                .single();
    }

    /** For people. */
    public String text() {
        return "%s on %s%s: %s".formatted(what, at, journalId == null ? "" : " as journal " + journalId, reason);
    }
}
