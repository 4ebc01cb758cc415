package dev.millrace.books;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Whether creators are active or held. */
public final class CreatorStates {
    private final JdbcClient jdbc;

    public CreatorStates(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * A creator's state.
     *
     * @param held its events count and its money settles, but nothing is available
     * @param reason why; a hold has one
     * @param until when a hold ends by itself
     */
    public record State(
            boolean held, @Nullable String reason, @Nullable Instant until) {
        public static final State ACTIVE = new State(false, null, null);
    }

    /** The state now. A hold that has ended is none. */
    public State of(String creator) {
        return jdbc.sql("SELECT * FROM creator_state WHERE creator = :creator AND (until > now()) IS NOT FALSE")
                .param("creator", creator)
                .query(CreatorStates::state)
                .optional()
                .orElse(State.ACTIVE);
    }

    /** A creator that is held. */
    public record Held(String creator, State state) {}

    /**
     * Creators that are held now, by id.
     *
     * @param after only those with a later id, compared as bytes
     */
    public List<Held> held(String after, int most) {
        return jdbc.sql("""
                        SELECT * FROM creator_state
                        WHERE state = 'held' AND until > now() AND creator > :after ORDER BY creator LIMIT :most
                        """)
                .param("after", after)
                .param("most", most)
                .query((row, number) -> new Held(row.getString("creator"), state(row, number)))
                .list();
    }

    /** Changes the state, in the caller's transaction; returns the one before. Another change of the creator waits until the transaction has ended. */
    public State change(String creator, State state) {
        jdbc.sql("SELECT pg_advisory_xact_lock(hashtextextended('millrace.creator.' || :creator, 0))")
                .param("creator", creator)
                .query()
                .singleRow();
        State before = of(creator);
        Instant until = state.until();
        jdbc.sql("""
                        INSERT INTO creator_state (creator, state, reason, until)
                        VALUES (:creator, :state, :reason, :until)
                        ON CONFLICT (creator) DO UPDATE
                        SET state = excluded.state, reason = excluded.reason, until = excluded.until, changed_at = clock_timestamp()
                        """)
                .param("creator", creator)
                .param("state", state.held() ? "held" : "active")
                .param("reason", state.reason(), Types.VARCHAR)
                .param("until", until == null ? null : until.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE)
                .update();
        return before;
    }

    private static State state(ResultSet row, int number) throws SQLException {
        OffsetDateTime until = row.getObject("until", OffsetDateTime.class);
        return new State(
                row.getString("state").equals("held"),
                row.getString("reason"),
                until == null ? null : until.toInstant());
    }
}
