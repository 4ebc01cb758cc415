package dev.millrace.books;

import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** The trace of administration: a row an act, in the act's own transaction, which nobody can change. */
public final class Audit {
    /** What the subject of a command begins with, and that of no bearer token. */
    public static final String COMMAND = "local:";

    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;

    public Audit(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Who acts.
     *
     * @param subject {@code sub} of the bearer token, or {@value #COMMAND} and the user of a command on the server's own machine
     * @param token {@code jti} of the bearer token; null: it has none
     */
    public record Actor(String subject, @Nullable String token) {
        /** The user of a command on this machine. */
        public static Actor local() {
            return new Actor(COMMAND + System.getProperty("user.name"), null);
        }
    }

    /**
     * An act.
     *
     * @param number counts from 1, without gaps
     * @param action {@code <what>.<how>}, such as {@code key.create}
     * @param before what it was, JSON; null: it was not there
     * @param after what it is now
     */
    public record Entry(
            long number,
            Instant at,
            Actor actor,
            String action,
            String target,
            @Nullable String before,
            @Nullable String after,
            @Nullable String reason) {}

    /**
     * Adds an act.
     *
     * @param before what it was, as Jackson writes it
     * @param reason 1 to 500 characters, none of them a control character
     */
    public void add(
            Actor actor,
            String action,
            String target,
            @Nullable Object before,
            @Nullable Object after,
            @Nullable String reason) {
        jdbc.sql("""
                        INSERT INTO audit (subject, token, action, target, before, after, reason)
                        VALUES (:subject, :token, :action, :target, :before::jsonb, :after::jsonb, :reason)
                        """)
                .param("subject", actor.subject())
                .param("token", actor.token(), Types.VARCHAR)
                .param("action", action)
                .param("target", target)
                .param("before", json(before), Types.VARCHAR)
                .param("after", json(after), Types.VARCHAR)
                .param("reason", reason, Types.VARCHAR)
                .update();
    }

    /** Number and hash of the last act, for the log: the trail's head outside the database. */
    public String head() {
        return jdbc.sql("SELECT number || ' ' || encode(hash, 'hex') FROM audit_head")
                .query(String.class)
                .single();
    }

    private static @Nullable String json(@Nullable Object value) {
        return value == null ? null : JSON.writeValueAsString(value);
    }

    /**
     * Acts, the newest first.
     *
     * @param below only those with a lower number
     */
    public List<Entry> page(long below, int most) {
        return jdbc.sql("SELECT * FROM audit WHERE number < :below ORDER BY number DESC LIMIT :most")
                .param("below", below)
                .param("most", most)
                .query((row, _) -> new Entry(
                        row.getLong("number"),
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        new Actor(row.getString("subject"), row.getString("token")),
                        row.getString("action"),
                        row.getString("target"),
                        row.getString("before"),
                        row.getString("after"),
                        row.getString("reason")))
                .list();
    }
}
