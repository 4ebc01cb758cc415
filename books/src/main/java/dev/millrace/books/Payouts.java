package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Money on its way to creators. The schema's functions {@code request_payouts} and {@code end_payout} book its steps. */
public final class Payouts {
    private final JdbcClient jdbc;
    private final Duration availableAfter;

    /** @param availableAfter how long after its credit money becomes available */
    public Payouts(JdbcClient jdbc, Duration availableAfter) {
        this.jdbc = jdbc;
        this.availableAfter = availableAfter;
    }

    /** Where a payout stands. */
    public enum State {
        /** On its way: still in the creator's balance, and no longer available. */
        REQUESTED,

        /** The money has left. */
        PAID,

        /** It is available again. */
        FAILED;

        private final String wireName = name().toLowerCase(Locale.ROOT);

        public String wireName() {
            return wireName;
        }
    }

    /**
     * A payout.
     *
     * @param number counts payouts
     * @param id names it for good
     * @param requestedBy subject of the token that requested it
     * @param endedAt null: it is on its way
     * @param endedBy subject of the token that ended it
     * @param note the bank's reference, or why it failed
     * @param held whether the creator is held now, so that it waits
     */
    public record Payout(
            long number,
            String id,
            String creator,
            Micros micros,
            State state,
            Instant requestedAt,
            String requestedBy,
            @Nullable Instant endedAt,
            @Nullable String endedBy,
            @Nullable String note,
            boolean held) {}

    /** A payout just requested. */
    public record Requested(String id, String creator, long micros) {}

    /**
     * Requests a payout, in the caller's transaction.
     *
     * @param micros null: all that is available
     * @throws org.springframework.dao.DataAccessException with SQLSTATE MRAVL where it is more than is available
     */
    public List<Requested> request(String creator, @Nullable Long micros, String subject) {
        return request(new String[] {creator}, micros, null, 1, subject);
    }

    /**
     * Requests a payout for each creator that has so much available of what was credited up to a month's end. Creators who are held are left out, and
     * so are those of a sandbox.
     */
    public List<Requested> requestAll(YearMonth through, long threshold, String subject) {
        return request(null, null, through, threshold, subject);
    }

    private List<Requested> request(
            String @Nullable [] creators,
            @Nullable Long micros,
            @Nullable YearMonth through,
            long threshold,
            String subject) {
        return jdbc.sql(
                        "SELECT * FROM request_payouts(:creators, :micros, :last, :threshold, make_interval(secs => :after), :subject)")
                .param("creators", creators, Types.ARRAY)
                .param("micros", micros, Types.BIGINT)
                .param("last", through == null ? null : through.atEndOfMonth(), Types.DATE)
                .param("threshold", threshold)
                .param("after", availableAfter.toMillis() / 1e3)
                .param("subject", subject)
                .query((row, _) ->
                        new Requested(row.getString("new_id"), row.getString("of_creator"), row.getLong("amount")))
                .list();
    }

    /**
     * Ends a payout, in the caller's transaction.
     *
     * @param outcome paid or failed
     * @param note the bank's reference, or why it failed
     * @param twoPeople whether paying takes another subject than requesting did
     * @return false: it ended so before, with the same note
     * @throws org.springframework.dao.DataAccessException with an SQLSTATE of the schema's where it can't be
     */
    public boolean end(String id, State outcome, @Nullable String note, String subject, boolean twoPeople) {
        return jdbc.sql("SELECT end_payout(:id, :outcome, :note, :subject, :twoPeople)")
                .param("id", id)
                .param("outcome", outcome.wireName())
                .param("note", note, Types.VARCHAR)
                .param("subject", subject)
                .param("twoPeople", twoPeople)
                .query(Boolean.class)
                .single();
    }

    private static final String SELECT = """
            SELECT p.*, b.at AS requested_at, b.subject AS requested_by, e.state AS end_state, e.at AS ended_at, e.subject AS ended_by, e.note,
                   coalesce(c.state = 'held' AND c.until > now(), false) AS held
            FROM payout p
            JOIN payout_step b ON b.payout_id = p.payout_id AND NOT b.ended
            LEFT JOIN payout_step e ON e.payout_id = p.payout_id AND e.ended
            LEFT JOIN creator_state c ON c.creator = p.creator
            """;

    public Optional<Payout> find(String id) {
        return jdbc.sql(SELECT + "WHERE p.id = :id")
                .param("id", id)
                .query(Payouts::payout)
                .optional();
    }

    /**
     * Payouts, the newest first.
     *
     * @param state null: in any
     * @param creator null: of all
     * @param below only those with a lower number
     */
    public List<Payout> page(@Nullable State state, @Nullable String creator, long below, int most) {
        return jdbc.sql(SELECT + """
                        WHERE p.payout_id < :below AND (:creator::text IS NULL OR p.creator = :creator)
                          AND (:state::text IS NULL OR coalesce(e.state, 'requested') = :state)
                        ORDER BY p.payout_id DESC LIMIT :most
                        """)
                .param("below", below)
                .param("creator", creator, Types.VARCHAR)
                .param("state", state == null ? null : state.wireName(), Types.VARCHAR)
                .param("most", most)
                .query(Payouts::payout)
                .list();
    }

    private static Payout payout(ResultSet row, int number) throws SQLException {
        String end = row.getString("end_state");
        OffsetDateTime endedAt = row.getObject("ended_at", OffsetDateTime.class);
        return new Payout(
                row.getLong("payout_id"),
                row.getString("id"),
                row.getString("creator"),
                new Micros(row.getLong("micros")),
                end == null ? State.REQUESTED : State.valueOf(end.toUpperCase(Locale.ROOT)),
                row.getObject("requested_at", OffsetDateTime.class).toInstant(),
                row.getString("requested_by"),
                endedAt == null ? null : endedAt.toInstant(),
                row.getString("ended_by"),
                row.getString("note"),
                row.getBoolean("held"));
    }
}
