package dev.millrace.books;

import dev.millrace.common.money.Micros;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** Money that went from creators back to the publisher that paid it. The schema's function {@code correct} books it. */
public final class Corrections {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;
    private final Duration availableAfter;

    /** @param availableAfter how long after its credit money becomes available */
    public Corrections(JdbcClient jdbc, Duration availableAfter) {
        this.jdbc = jdbc;
        this.availableAfter = availableAfter;
    }

    /**
     * What is taken back: units or micros of an article, the newest first; or all that was paid on some days; or what was credited in a time, from
     * the articles of its days, the newest first.
     *
     * @param creators null: all
     * @param article null: all
     * @param type null: all; one where units are named
     * @param from the first day, UTC; null: no bound
     * @param to the last day
     * @param since when the first of the credits was booked; null: it is days, units or micros that are asked for
     * @param until every credit was booked before
     * @param reason 1 to 500 characters, none of them a control character; nothing personal
     * @param reference of the caller's own, as the reason; null: none
     */
    public record Request(
            String publisher,
            @Nullable List<String> creators,
            @Nullable String article,
            @Nullable String type,
            @Nullable LocalDate from,
            @Nullable LocalDate to,
            @Nullable Instant since,
            @Nullable Instant until,
            @Nullable Long units,
            @Nullable Long micros,
            String reason,
            @Nullable String reference) {}

    /** What a correction takes from one creator's article. */
    public record Line(String creator, String article, long micros) {}

    /**
     * A correction.
     *
     * @param id null: it is a dry run's, as are journal and moment
     * @param lines by creator and article
     */
    public record Booked(
            @Nullable String id,
            @Nullable String journal,
            List<Line> lines,
            long micros,
            @Nullable Instant at) {}

    /**
     * A correction in a list.
     *
     * @param journal its number
     */
    public record Summary(
            long id,
            long journal,
            Instant at,
            String publisher,
            Micros micros,
            String reason,
            @Nullable String reference) {}

    /**
     * Books a correction, in the caller's transaction.
     *
     * @param byPublisher whether the publisher asks: it takes back only what is not available yet
     * @param allowNegative whether a balance may fall below what is on its way
     * @param dryRun whether it only tells what would be booked
     * @throws org.springframework.dao.DataAccessException with an SQLSTATE of the schema's where it can't be
     */
    public Booked book(Request request, boolean byPublisher, boolean allowNegative, boolean dryRun) {
        String answer = jdbc.sql("""
                        SELECT correct(:publisher, :creators, :article, :type, :from, :to, :since, :until, :units, :micros,
                                       :byPublisher, make_interval(secs => :after), :allowNegative, :reason, :reference, :dryRun)
                        """)
                .param("publisher", request.publisher())
                .param(
                        "creators",
                        request.creators() == null ? null : request.creators().toArray(String[]::new),
                        Types.ARRAY)
                .param("article", request.article(), Types.VARCHAR)
                .param("type", request.type(), Types.VARCHAR)
                .param("from", request.from(), Types.DATE)
                .param("to", request.to(), Types.DATE)
                .param("since", utc(request.since()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("until", utc(request.until()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("units", request.units(), Types.BIGINT)
                .param("micros", request.micros(), Types.BIGINT)
                .param("byPublisher", byPublisher)
                .param("after", availableAfter.toMillis() / 1e3)
                .param("allowNegative", allowNegative)
                .param("reason", request.reason())
                .param("reference", request.reference(), Types.VARCHAR)
                .param("dryRun", dryRun)
                .query(String.class)
                .single();
        return Objects.requireNonNull(JSON.readValue(answer, Booked.class));
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant moment) {
        return moment == null ? null : moment.atOffset(ZoneOffset.UTC);
    }

    /**
     * A correction, as it was booked.
     *
     * @param publisher whose it is; null: anybody's
     */
    public Optional<Booked> find(@Nullable String publisher, long id) {
        return jdbc.sql("""
                        SELECT jsonb_build_object(
                            'id', correction_id::text, 'journal', journal_id::text, 'at', at, 'micros', micros, 'lines',
                            (SELECT jsonb_agg(jsonb_build_object('creator', t.creator, 'article', t.article, 'micros', t.micros)
                                              ORDER BY t.creator, t.article)
                             FROM (SELECT l.creator, l.article, sum(l.micros)::bigint AS micros
                                   FROM correction_line l WHERE l.correction_id = :id GROUP BY l.creator, l.article) t))
                        FROM correction WHERE correction_id = :id AND (:publisher::text IS NULL OR publisher = :publisher)
                        """)
                .param("publisher", publisher, Types.VARCHAR)
                .param("id", id)
                .query(String.class)
                .optional()
                .map(answer -> JSON.readValue(answer, Booked.class));
    }

    /**
     * Corrections, the newest first.
     *
     * @param publisher null: of all
     * @param below only those with a lower id
     */
    public List<Summary> page(@Nullable String publisher, long below, int most) {
        return jdbc.sql("""
                        SELECT * FROM correction
                        WHERE correction_id < :below AND (:publisher::text IS NULL OR publisher = :publisher)
                        ORDER BY correction_id DESC LIMIT :most
                        """)
                .param("publisher", publisher, Types.VARCHAR)
                .param("below", below)
                .param("most", most)
                .query((row, _) -> new Summary(
                        row.getLong("correction_id"),
                        row.getLong("journal_id"),
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getString("publisher"),
                        new Micros(row.getLong("micros")),
                        row.getString("reason"),
                        row.getString("reference")))
                .list();
    }
}
