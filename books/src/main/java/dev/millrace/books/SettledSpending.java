package dev.millrace.books;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * What publishers have spent in the settled epochs of one partition, as of one moment.
 *
 * @param lineage of the partition's cursor
 * @param settledEpoch the last settled epoch
 * @param micros by publisher in all, and by {@code <publisher>|<day>} of yesterday and of later days; a day is a number since 1970, UTC
 */
public record SettledSpending(int partition, long lineage, long settledEpoch, Map<String, Long> micros) {

    /** Reads that of these partitions in one statement. */
    public static List<SettledSpending> of(JdbcClient jdbc, Collection<Integer> partitions) {
        Map<Integer, SettledSpending> found = new HashMap<>();
        jdbc.sql("""
                        SELECT c.partition, c.lineage, c.settled_epoch, s.micros,
                               CASE s.day WHEN '-infinity' THEN s.publisher
                                   ELSE s.publisher || '|' || (s.day - date '1970-01-01') END AS field
                        FROM partition_cursor c
                        LEFT JOIN publisher_spent s ON s.partition = c.partition
                            AND (s.day = '-infinity' OR s.day >= (clock_timestamp() AT TIME ZONE 'UTC')::date - 1)
                        WHERE c.partition = ANY (:partitions)
                        """).param("partitions", partitions.toArray(Integer[]::new)).query(row -> {
            SettledSpending spending = found.computeIfAbsent(row.getInt("partition"), SettledSpending::empty);
            if (row.getString("field") != null) {
                spending.micros().put(row.getString("field"), row.getLong("micros"));
            }
            found.put(
                    spending.partition(),
                    new SettledSpending(
                            spending.partition(),
                            row.getLong("lineage"),
                            row.getLong("settled_epoch"),
                            spending.micros()));
        });
        return List.copyOf(found.values());
    }

    private static SettledSpending empty(int partition) {
        return new SettledSpending(partition, 0, 0, new HashMap<>());
    }
}
