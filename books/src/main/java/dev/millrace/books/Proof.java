package dev.millrace.books;

import dev.millrace.common.token.EngagementName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Proves that epochs add up, with prices and publishers as the ledger has them: no sum is negative, the earnings sum to their control total,
 * each publisher and each price is in the ledger, no price is another publisher's, and the units times their rates sum to what each creator has earned and each publisher has
 * spent. One statement, over the tables {@code earned} (part, creator, micros), {@code spent} (part, publisher, day, micros) and {@code engaged} (part, creator, publisher, article, type, rate_version, kind, detail, visitor, units), in
 * which a part is an epoch. Redis names counts, never prices.
 */
public final class Proof {
    /** Units of one name in an epoch beyond which something is wrong; their sums stay far below 2^63. */
    private static final long MOST_UNITS = 1_000_000_000_000L;

    /** HSCAN may name a field twice, with the same amount. */
    private static final String CULPRITS = """
            expected AS (
                SELECT * FROM unnest(:parts::int[], :micros::bigint[], :events::bigint[]) AS e (part, micros, events)
            ), earner AS MATERIALIZED (
                SELECT part, creator, max(micros) AS micros FROM earned GROUP BY part, creator
            ), spender AS MATERIALIZED (
                SELECT part, publisher, sum(micros) AS micros
                FROM (SELECT part, publisher, day, max(micros) AS micros FROM spent GROUP BY part, publisher, day) s
                GROUP BY part, publisher
            ), named AS MATERIALIZED (
                SELECT part, creator, publisher, article, type, rate_version, kind, detail, visitor, sum(units) AS units
                FROM engaged
                GROUP BY part, creator, publisher, article, type, rate_version, kind, detail, visitor
                HAVING sum(units) <> 0
            ), priced AS MATERIALIZED (
                SELECT part, creator, publisher, sum(price(units, r.micros)) AS micros
                FROM named n LEFT JOIN rate r ON r.version = n.rate_version AND r.type = n.type
                WHERE n.kind = 'paid'
                GROUP BY GROUPING SETS ((part, creator), (part, publisher))
            ), culprit (part, rank, name, why) AS (
                SELECT part, 1, creator, format('%s has earned a negative sum: %s micros', creator, micros)
                FROM earner WHERE micros < 0
                UNION ALL
                SELECT part, 2, concat_ws('|', publisher, creator, article, type, rate_version),
                       format('%s has %s units, not 0 to %s', concat_ws('|', publisher, creator, article, type, rate_version), units, :most::bigint)
                FROM named WHERE units NOT BETWEEN 0 AND :most
                UNION ALL
                SELECT part, 3, publisher, format('publisher %s is not in the ledger', publisher)
                FROM (SELECT DISTINCT part, publisher FROM named) n WHERE NOT EXISTS (SELECT FROM publisher p WHERE p.publisher = n.publisher)
                UNION ALL
                SELECT part, 4, concat_ws('|', rate_version, type), format('rate version %s has no price for %s in the ledger', rate_version, type)
                FROM (SELECT DISTINCT part, rate_version, type FROM named) n
                WHERE NOT EXISTS (SELECT FROM rate r WHERE r.version = n.rate_version AND r.type = n.type)
                UNION ALL
                SELECT part, 4, concat_ws('|', rate_version, n.publisher), format('rate version %s is publisher %s''s, and not %s''s',
                       rate_version, c.publisher, n.publisher)
                FROM (SELECT DISTINCT part, rate_version, publisher FROM named) n JOIN rate_card c ON c.version = n.rate_version
                WHERE c.publisher <> n.publisher
                UNION ALL
                SELECT e.part, 5, '', format('earnings sum to %s micros, the control total is %s micros', coalesce(s.micros, 0), e.micros)
                FROM expected e LEFT JOIN (SELECT part, sum(micros) AS micros FROM earner GROUP BY part) s USING (part)
                WHERE e.micros <> coalesce(s.micros, 0)
                UNION ALL
                SELECT part, 6, creator, format('%s earned %s micros, but units times rates are %s micros',
                       creator, coalesce(e.micros, 0), coalesce(p.micros, 0))
                FROM earner e FULL JOIN (SELECT part, creator, micros FROM priced WHERE creator IS NOT NULL) p USING (part, creator)
                WHERE coalesce(e.micros, 0) <> coalesce(p.micros, 0)
                UNION ALL
                SELECT part, 7, '', format('no events are counted, but %s micros or some units', micros)
                FROM expected e
                WHERE events = 0 AND (micros > 0 OR EXISTS (SELECT FROM named n WHERE n.part = e.part))
                UNION ALL
                SELECT part, 8, publisher, format('publisher %s has spent %s micros, but units times rates are %s micros',
                       publisher, coalesce(s.micros, 0), coalesce(p.micros, 0))
                FROM spender s FULL JOIN (SELECT part, publisher, micros FROM priced WHERE publisher IS NOT NULL) p USING (part, publisher)
                WHERE coalesce(s.micros, 0) <> coalesce(p.micros, 0)
            )
            SELECT DISTINCT ON (part) part, why FROM culprit WHERE part IN (SELECT part FROM expected)
            ORDER BY part, rank, name COLLATE "C"
            """;

    private static final String STAGED = "WITH " + CULPRITS;

    private static final String IN_MEMORY = """
            WITH earned AS (
                SELECT 0 AS part, creator COLLATE "C" AS creator, micros FROM unnest(:creators::text[], :earned::bigint[]) AS e (creator, micros)
            ), spent AS (
                SELECT 0 AS part, publisher COLLATE "C" AS publisher, 0 AS day, micros FROM unnest(:spenders::text[], :spent::bigint[]) AS s (publisher, micros)
            ), engaged AS (
                SELECT 0 AS part, creator COLLATE "C" AS creator, publisher COLLATE "C" AS publisher, article COLLATE "C" AS article,
                       type COLLATE "C" AS type, rate_version, kind, '' AS detail, false AS visitor, units
                FROM unnest(:engagedCreators::text[], :publishers::text[], :articles::text[], :types::text[], :versions::int[], :kinds::text[],
                        :units::bigint[])
                    AS e (creator, publisher, article, type, rate_version, kind, units)
            ),""" + CULPRITS;

    private final JdbcClient jdbc;

    public Proof(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The first fault, in a fixed order, of each epoch in the staging tables that does not add up; by its part. */
    public Map<Integer, String> culprits(List<EpochTotals> epochs) {
        Map<Integer, String> culprits = new HashMap<>();
        jdbc.sql(STAGED)
                .param("most", MOST_UNITS)
                .param("parts", array(epochs, EpochTotals::part, Integer[]::new))
                .param("micros", array(epochs, EpochTotals::micros, Long[]::new))
                .param("events", array(epochs, EpochTotals::events, Long[]::new))
                .query((row, _) -> culprits.put(row.getInt("part"), row.getString("why")))
                .list();
        return culprits;
    }

    /**
     * The fault of one epoch in memory, or empty when it adds up.
     *
     * @param micros its control total
     * @param events number of events counted
     * @param earned micros by creator
     * @param spent micros by publisher
     * @param engaged units by name
     */
    public Optional<String> culprit(
            long micros,
            long events,
            Map<String, Long> earned,
            Map<String, Long> spent,
            Map<EngagementName, Long> engaged) {
        List<EngagementName> names = List.copyOf(engaged.keySet());
        return jdbc.sql(IN_MEMORY)
                .param("most", MOST_UNITS)
                .param("parts", new Integer[] {0})
                .param("micros", new Long[] {micros})
                .param("events", new Long[] {events})
                .param("creators", earned.keySet().toArray(String[]::new))
                .param("earned", earned.values().toArray(Long[]::new))
                .param("spenders", spent.keySet().toArray(String[]::new))
                .param("spent", spent.values().toArray(Long[]::new))
                .param("engagedCreators", array(names, EngagementName::creator, String[]::new))
                .param("publishers", array(names, EngagementName::publisher, String[]::new))
                .param("articles", array(names, EngagementName::article, String[]::new))
                .param("types", array(names, name -> name.type().wireName(), String[]::new))
                .param("versions", array(names, EngagementName::rateVersion, Integer[]::new))
                .param("kinds", array(names, name -> Staging.kind(name.note()), String[]::new))
                .param("units", array(names, engaged::get, Long[]::new))
                .query((row, _) -> row.getString("why"))
                .optional();
    }

    private static <T, R> R[] array(List<T> list, Function<T, R> value, IntFunction<R[]> maker) {
        return list.stream().map(value).toArray(maker);
    }
}
