package dev.millrace.settlement.settle;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.cursor.PartitionCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives the counters of settled epochs back to Redis once they are kept long enough, by the database's clock; never the
 * last settled one. Only epochs that an earlier, committed settlement covers are touched, so a rollback of the transaction
 * around it costs nothing but doing it again.
 */
final class Release {
    private static final int MOST_EPOCHS = 1_000;

    private final JdbcClient jdbc;
    private final StringRedisTemplate redis;
    private final Duration keep;

    Release(JdbcClient jdbc, StringRedisTemplate redis, Duration keep) {
        this.jdbc = jdbc;
        this.redis = redis;
        this.keep = keep;
    }

    /** Releases what is due of these partitions; the last released epoch of each that had some. */
    Map<Integer, Long> run(List<PartitionCursor> claimed) {
        Map<Integer, Long> due = due(claimed);
        Map<Integer, Long> released = new HashMap<>();
        List<String> keys = new ArrayList<>();
        for (PartitionCursor cursor : claimed) {
            long last = Math.min(due.getOrDefault(cursor.partition(), 0L), cursor.releasedEpoch() + MOST_EPOCHS);
            CounterKeys names = new CounterKeys(cursor.partition());
            for (long epoch = cursor.releasedEpoch() + 1; epoch <= last; epoch++) {
                keys.add(names.earn(epoch));
                keys.add(names.engage(epoch));
                released.put(cursor.partition(), epoch);
            }
            if (!keys.isEmpty()) {
                redis.unlink(keys);
                keys.clear();
            }
        }
        return released;
    }

    private Map<Integer, Long> due(List<PartitionCursor> claimed) {
        Map<Integer, Long> due = new HashMap<>();
        jdbc.sql("""
                SELECT c.partition, (
                    SELECT max(s.epoch) FROM settled_epoch s
                    WHERE s.partition = c.partition AND s.epoch > c.released_epoch AND s.epoch < c.settled_epoch
                      AND s.settled_at < clock_timestamp() - make_interval(secs => :keep)) AS epoch
                FROM partition_cursor c
                WHERE c.partition = ANY (:partitions)
                """)
                .param(
                        "partitions",
                        claimed.stream().map(c -> (short) c.partition()).toArray(Short[]::new))
                .param("keep", keep.toMillis() / 1_000.0)
                .query((row, number) -> due.put(row.getInt("partition"), row.getLong("epoch")))
                .list();
        return due;
    }
}
