package dev.millrace.ingest.tally;

/**
 * What this node believes of a partition.
 *
 * @param epoch the open epoch; 0: nothing known yet
 * @param opening how often the counters were opened
 */
record PartitionView(long epoch, long opening) {
    static final PartitionView UNKNOWN = new PartitionView(0, 0);

    /** Whether a view that Redis reports may follow this one. An older one means that Redis lost what it had. */
    boolean mayBecome(PartitionView reported) {
        return reported.opening > opening || (reported.opening == opening && reported.epoch >= epoch);
    }
}
