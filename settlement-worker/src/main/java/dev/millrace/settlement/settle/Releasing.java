package dev.millrace.settlement.settle;

import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Release;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.Fence;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Gives the counters of settled epochs back to Redis once they are kept long enough, by the database's clock; never the
 * last settled one. Only epochs that an earlier, committed settlement covers are touched, so a rollback of the transaction
 * around it costs nothing but doing it again.
 */
final class Releasing {
    private static final int MOST_EPOCHS = 1_000;

    private final JdbcClient jdbc;
    private final RedisConnections redis;
    private final Duration keep;
    private final CrashPoints crashPoints;

    Releasing(JdbcClient jdbc, RedisConnections redis, Duration keep, CrashPoints crashPoints) {
        this.jdbc = jdbc;
        this.redis = redis;
        this.keep = keep;
        this.crashPoints = crashPoints;
    }

    /** Releases what is due of these partitions, whose cursors this transaction holds; the last released epoch of each that had some. */
    Map<Integer, Long> run(List<PartitionCursor> claimed) {
        Map<Integer, Fenced> fenced = new HashMap<>(); // the clocks are read before the statement that proves the lock
        for (PartitionCursor cursor : claimed) {
            redis.link(Partition.of(cursor.partition()))
                    .ifPresent(link -> fenced.put(cursor.partition(), new Fenced(link, cursor, Fence.until(link))));
        }
        Map<Integer, Long> due = due(claimed);
        if (due.isEmpty()) {
            return due;
        }
        crashPoints.reached(CrashPoint.RELEASING);
        due.entrySet().removeIf(last -> {
            Fenced partition = fenced.get(last.getKey());
            return partition == null || !partition.release(last.getValue());
        });
        crashPoints.reached(CrashPoint.RELEASED);
        return due;
    }

    /** @param until the last second at which the partition may be touched */
    private record Fenced(Link link, PartitionCursor cursor, long until) {
        boolean release(long last) {
            try {
                return Release.release(
                        link,
                        Partition.of(cursor.partition()),
                        cursor.releasedEpoch() + 1,
                        last,
                        until,
                        cursor.lineage());
            } catch (RedisUnavailableException e) {
                return false; // Done or not: done twice it is the same as once.
            }
        }
    }

    /** The last epoch that may be released, of each partition that has one. */
    private Map<Integer, Long> due(List<PartitionCursor> claimed) {
        Map<Integer, Long> due = new HashMap<>();
        jdbc.sql("""
                SELECT c.partition, max(s.epoch) AS epoch
                FROM partition_cursor c JOIN settled_epoch s USING (partition)
                WHERE c.partition = ANY (:partitions)
                  AND s.epoch > c.released_epoch AND s.epoch < c.settled_epoch AND s.epoch <= c.released_epoch + :most
                  AND s.settled_at < clock_timestamp() - make_interval(secs => :keep)
                GROUP BY c.partition
                """)
                .param(
                        "partitions",
                        claimed.stream().map(c -> (short) c.partition()).toArray(Short[]::new))
                .param("most", MOST_EPOCHS)
                .param("keep", keep.toMillis() / 1_000.0)
                .query((row, number) -> due.put(row.getInt("partition"), row.getLong("epoch")))
                .list();
        return due;
    }
}
