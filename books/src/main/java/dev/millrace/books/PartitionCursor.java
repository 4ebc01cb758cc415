package dev.millrace.books;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a partition is settled.
 *
 * @param partition 0 to 15
 * @param settledEpoch the last settled epoch, 0 before the first
 * @param settledMicros micros settled since the beginning
 * @param settledEvents events settled since the beginning
 * @param releasedEpoch the last epoch whose counters were given back to Redis
 * @param lineage of the counters that may count, 0: they were never opened
 * @param sealedAt when the last settled epoch was sealed, by Redis' clock
 * @param halted why the partition is left out, or null
 */
public record PartitionCursor(
        int partition,
        long settledEpoch,
        long settledMicros,
        long settledEvents,
        long releasedEpoch,
        long lineage,
        Instant sealedAt,
        @Nullable String halted) {}
