package dev.millrace.books;

import dev.millrace.common.token.Filter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A publisher, its state and its limits. A limit that is null is none.
 *
 * @param state {@value #ACTIVE} or {@value #SUSPENDED}
 * @param reason why it is suspended
 * @param until when the suspension ends by itself
 * @param creators {@value #ANY}, or {@value #LISTED}: only those on its list
 * @param pageTokens whether its page tokens count
 * @param sites the origins that page tokens count for, as browsers send them; see {@link #MOST_SITES}
 * @param filters whether each {@link Filter} is on, by its name; a filter that is absent is on
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
        boolean pageTokens,
        List<String> sites,
        Map<String, Boolean> filters,
        long corrected) {
    public static final String ACTIVE = "active";
    public static final String SUSPENDED = "suspended";
    public static final String ANY = "any";
    public static final String LISTED = "listed";

    /** Most sites of a publisher. */
    public static final int MOST_SITES = 100;

    /** Of a new sandbox: ten units of the currency a day. */
    private static final Budget SANDBOX_BUDGET = new Budget(10_000_000L, null);

    private static final int SANDBOX_EVENTS_PER_SECOND = 100;
    private static final int SANDBOX_CREATORS_PER_DAY = 1_000;
    private static final int SANDBOX_ARTICLES_PER_DAY = 5_000;

    public Publisher {
        sites = List.copyOf(sites);
        filters = inOrder(filters);
    }

    private static Map<String, Boolean> inOrder(Map<String, Boolean> filters) {
        Map<String, Boolean> ordered = new LinkedHashMap<>();
        for (Filter filter : Filter.values()) {
            ordered.put(filter.wireName(), filters.getOrDefault(filter.wireName(), true));
        }
        return Collections.unmodifiableMap(ordered);
    }

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
                row.getBoolean("page_tokens"),
                texts(row, "sites"),
                texts(row, "filters_off").stream().collect(Collectors.toMap(Function.identity(), _ -> false)),
                row.getLong("corrected"));
    }

    /** The texts of an array column. */
    static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    /** Names of the filters that are off. */
    List<String> filtersOff() {
        return filters.entrySet().stream()
                .filter(filter -> !filter.getValue())
                .map(Map.Entry::getKey)
                .toList();
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
                pageTokens,
                sites,
                filters,
                corrected);
    }
}
