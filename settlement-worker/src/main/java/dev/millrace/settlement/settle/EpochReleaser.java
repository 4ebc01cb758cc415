package dev.millrace.settlement.settle;

import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Release;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the counters of settled epochs back to Redis once they are kept long enough, by the database's clock; never the
 * last settled one. Only epochs that an earlier, committed settlement covers are touched, so a rollback of the transaction
 * around it costs nothing but doing it again.
 */
final class EpochReleaser {
    private static final int MOST_EPOCHS = 1_000;

    private final Cursors cursors;
    private final RedisConnections redis;
    private final Duration keep;
    private final CrashPoints crashPoints;

    EpochReleaser(Cursors cursors, RedisConnections redis, Duration keep, CrashPoints crashPoints) {
        this.cursors = cursors;
        this.redis = redis;
        this.keep = keep;
        this.crashPoints = crashPoints;
    }

    /** Releases what is due of these partitions, whose cursors this transaction holds; the last released epoch of each that had some. */
    Map<Integer, Long> run(List<PartitionCursor> claimed) {
        Map<Integer, Leased> leased = new HashMap<>(); // the clocks are read before the statement that proves the lock
        for (PartitionCursor cursor : claimed) {
            redis.link(Partition.of(cursor.partition()))
                    .ifPresent(link -> leased.put(cursor.partition(), new Leased(link, cursor, link.leaseDeadline())));
        }
        Map<Integer, Long> due = cursors.releasable(claimed, keep, MOST_EPOCHS);
        if (due.isEmpty()) {
            return due;
        }
        crashPoints.reached(CrashPoint.RELEASING);
        due.entrySet().removeIf(last -> {
            Leased partition = leased.get(last.getKey());
            return partition == null || !partition.release(last.getValue());
        });
        crashPoints.reached(CrashPoint.RELEASED);
        return due;
    }

    /** @param until the last second at which the partition may be touched */
    private record Leased(Link link, PartitionCursor cursor, long until) {
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
}
