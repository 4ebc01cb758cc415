package dev.millrace.books;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * A publisher, its state and its limits. A limit that is null is none.
 *
 * @param state {@value #ACTIVE} or {@value #SUSPENDED}
 * @param reason why it is suspended
 * @param until when the suspension ends by itself
 * @param creators {@value #ANY}, or {@value #LISTED}: only those on its list
 * @param corrected micros that corrections have given back; its budget in all is raised by them
 */
public record Publisher(
        String publisher,
        Instant createdAt,
        String state,
        @Nullable String reason,
        @Nullable Instant until,
        Budget budget,
        @Nullable Integer eventsPerSecond,
        String creators,
        @Nullable Integer newCreatorsPerDay,
        @Nullable Integer newArticlesPerDay,
        long corrected) {
    public static final String ACTIVE = "active";
    public static final String SUSPENDED = "suspended";
    public static final String ANY = "any";
    public static final String LISTED = "listed";

    /** Of a new sandbox: ten units of the currency a day. */
    private static final Budget SANDBOX_BUDGET = new Budget(10_000_000L, null);

    private static final int SANDBOX_EVENTS_PER_SECOND = 100;
    private static final int SANDBOX_CREATORS_PER_DAY = 1_000;
    private static final int SANDBOX_ARTICLES_PER_DAY = 5_000;

    /**
     * Most micros that its events may cost.
     *
     * @param day in a day, UTC
     * @param total since the beginning
     */
    public record Budget(@Nullable Long day, @Nullable Long total) {}

    /** A row of the table, and {@code now}: a suspension that has ended by itself is none. */
    static Publisher of(ResultSet row, int number) throws SQLException {
        OffsetDateTime until = row.getObject("until", OffsetDateTime.class);
        boolean over = until != null && !until.isAfter(row.getObject("now", OffsetDateTime.class));
        return new Publisher(
                row.getString("publisher"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                over ? ACTIVE : row.getString("state"),
                over ? null : row.getString("reason"),
                over || until == null ? null : until.toInstant(),
                new Budget(row.getObject("budget_day", Long.class), row.getObject("budget_total", Long.class)),
                row.getObject("events_per_second", Integer.class),
                row.getString("creators"),
                row.getObject("new_creators_per_day", Integer.class),
                row.getObject("new_articles_per_day", Integer.class),
                row.getLong("corrected"));
    }

    Publisher withSandboxLimits() {
        return new Publisher(
                publisher,
                createdAt,
                state,
                reason,
                until,
                SANDBOX_BUDGET,
                SANDBOX_EVENTS_PER_SECOND,
                creators,
                SANDBOX_CREATORS_PER_DAY,
                SANDBOX_ARTICLES_PER_DAY,
                corrected);
    }
}
