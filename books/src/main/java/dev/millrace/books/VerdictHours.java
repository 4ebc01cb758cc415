package dev.millrace.books;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The table verdicts: how many of a publisher's events met each verdict in each hour. */
public final class VerdictHours {
    private static final int HOUR_SECONDS = 3_600;

    private final JdbcClient jdbc;

    public VerdictHours(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Events of one verdict.
     *
     * @param hour since 1970
     * @param verdict {@code accepted}, {@code duplicate}, {@code filtered:<reason>} or {@code rejected:<code>}
     * @param events at least 1
     */
    public record Count(String publisher, long hour, String verdict, long events) {}

    /**
     * Keeps these, each only where it is more than what is kept: so a count that is kept twice, or by two workers, is there once, and one that has shrunk
     * since Redis lost some of it is not taken back.
     *
     * @return rows written
     */
    public int keep(List<Count> counts) {
        if (counts.isEmpty()) {
            return 0;
        }
        return jdbc.sql("""
                INSERT INTO verdicts AS v (publisher, hour, verdict, events)
                SELECT n.publisher, n.at, n.verdict, n.events
                FROM (SELECT publisher, to_timestamp(hour * 3600) AS at, verdict, events
                      FROM unnest(:publishers::text[], :hours::bigint[], :verdicts::text[], :events::bigint[])
                          AS c (publisher, hour, verdict, events)) n
                LEFT JOIN verdicts k ON k.publisher = n.publisher COLLATE "C" AND k.hour = n.at AND k.verdict = n.verdict COLLATE "C"
                WHERE k.events IS NULL OR k.events < n.events
                ORDER BY 1, 2, 3
                ON CONFLICT (publisher, hour, verdict) DO UPDATE SET events = EXCLUDED.events WHERE v.events < EXCLUDED.events
                """)
                .param("publishers", counts.stream().map(Count::publisher).toArray(String[]::new))
                .param("hours", counts.stream().map(Count::hour).toArray(Long[]::new))
                .param("verdicts", counts.stream().map(Count::verdict).toArray(String[]::new))
                .param("events", counts.stream().map(Count::events).toArray(Long[]::new))
                .update();
    }

    /**
     * A publisher's events by hour and verdict, the newest hour first; an hour without any is left out.
     *
     * @param from the first hour since 1970
     * @param until the first hour that is not asked for
     */
    public SortedMap<Instant, Map<String, Long>> of(String publisher, long from, long until) {
        SortedMap<Instant, Map<String, Long>> hours = new TreeMap<>(Comparator.reverseOrder());
        jdbc.sql("""
                SELECT extract(epoch FROM hour)::bigint AS second, verdict, events FROM verdicts
                WHERE publisher = :publisher AND hour >= to_timestamp(:from) AND hour < to_timestamp(:until)
                """)
                .param("publisher", publisher)
                .param("from", from * HOUR_SECONDS)
                .param("until", until * HOUR_SECONDS)
                .query(row -> {
                    hours.computeIfAbsent(Instant.ofEpochSecond(row.getLong("second")), _ -> new TreeMap<>())
                            .put(row.getString("verdict"), row.getLong("events"));
                });
        return hours;
    }
}
