package dev.millrace.settlement.settle;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.Fence;
import dev.millrace.settlement.seal.Script;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
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
    private final Script script;
    private final Fence fence;
    private final Duration keep;
    private final CrashPoints crashPoints;

    Release(JdbcClient jdbc, StringRedisTemplate redis, Duration keep, CrashPoints crashPoints) {
        this.jdbc = jdbc;
        this.script = new Script(redis, "release.lua");
        this.fence = new Fence(redis);
        this.keep = keep;
        this.crashPoints = crashPoints;
    }

    /** Releases what is due of these partitions, whose cursors this transaction holds; the last released epoch of each that had some. */
    Map<Integer, Long> run(List<PartitionCursor> claimed) {
        Map<Integer, Long> last = new HashMap<>();
        long until = fence.until(() -> last.putAll(due(claimed)));
        if (last.isEmpty()) {
            return last;
        }
        crashPoints.reached(CrashPoint.RELEASING);
        for (PartitionCursor cursor : claimed) {
            if (last.containsKey(cursor.partition()) && !release(cursor, last.get(cursor.partition()), until)) {
                last.remove(cursor.partition());
            }
        }
        crashPoints.reached(CrashPoint.RELEASED);
        return last;
    }

    private boolean release(PartitionCursor cursor, long last, long until) {
        CounterKeys names = new CounterKeys(cursor.partition());
        List<String> keys = LongStream.rangeClosed(cursor.releasedEpoch() + 1, last)
                .boxed()
                .flatMap(epoch -> Stream.of(names.earn(epoch), names.engage(epoch)))
                .toList();
        return script.run(keys, until).getFirst().equals("released");
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
