package dev.millrace.ingest.counters;

import dev.millrace.common.catalog.Catalog;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;

/**
 * What the last look at Redis found.
 *
 * @param connection the connection it was made on; it never reconnects, so all it carries reached the same process
 * @param runId that process
 * @param catalog the catalogue in force
 * @param openPartitions number of partitions that have an open epoch
 * @param redisMicros Redis' TIME in microseconds
 * @param ticks reading of the local monotonic clock, in nanoseconds, when that TIME had arrived
 */
public record Observation(
        StatefulRedisConnection<String, String> connection,
        String runId,
        Catalog catalog,
        int openPartitions,
        long redisMicros,
        long ticks) {

    /** Time since, by a later reading of the same monotonic clock. */
    public Duration age(long laterTicks) {
        return Duration.ofNanos(laterTicks - ticks);
    }

    /** Redis' second now: behind the true one by at most a round trip, never ahead of it. */
    public long second(long laterTicks) {
        return (redisMicros + age(laterTicks).toNanos() / 1_000) / 1_000_000;
    }
}
