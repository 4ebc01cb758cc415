package dev.millrace.settlement.reconcile;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What a person decided of an epoch that was set aside.
 *
 * @param what {@code adopted} or {@code discarded}
 * @param journalId its journal; null when there was no money in it
 * @param origin where it was counted, when it was adopted and says so
 */
record Decision(
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

    static Optional<Decision> about(QuarantineName name, JdbcClient jdbc) {
        return jdbc.sql(QUERY + " WHERE name = :name")
                .param("name", name.earn())
                .query(Decision::row)
                .optional();
    }

    /** All, by name; people make few. */
    static Map<String, Decision> all(JdbcClient jdbc) {
        Map<String, Decision> all = new HashMap<>();
        jdbc.sql(QUERY).query(Decision::row).list().forEach(decision -> all.put(decision.name(), decision));
        return all;
    }

    private static Decision row(ResultSet row, int number) throws SQLException {
        return new Decision(
                row.getString("name"),
                row.getString("decision"),
                row.getLong("micros"),
                row.getLong("events"),
                row.getObject("journal_id", Long.class),
                row.getString("reason"),
                row.getObject("decided_at", OffsetDateTime.class).toInstant(),
                row.getString("origin"));
    }

    /** For people. */
    String text() {
        return "%s on %s%s: %s".formatted(what, at, journalId == null ? "" : " as journal " + journalId, reason);
    }
}
