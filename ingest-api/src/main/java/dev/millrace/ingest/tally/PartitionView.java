package dev.millrace.ingest.tally;

/**
 * What this node believes of a partition. It compares; the script checks.
 *
 * @param lineage its history, 0: none known
 * @param epoch the open epoch, 0: none
 * @param confirmed whether the Redis process was compared with the ledger
 * @param ticks reading of the monotonic clock, in nanoseconds, before this was asked for
 */
record PartitionView(long lineage, long epoch, boolean confirmed, long ticks) {
    PartitionView withEpoch(long moved) {
        return new PartitionView(lineage, moved, confirmed, ticks);
    }

    PartitionView seenAt(long later) {
        return new PartitionView(lineage, epoch, confirmed, Math.max(ticks, later));
    }
}
