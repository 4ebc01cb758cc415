package dev.millrace.common.counters;

import dev.millrace.common.identity.Identity;

/**
 * The keys of one partition. All carry the partition's hash tag, so that they live on one node of a Redis Cluster and one
 * script may touch them all.
 */
public final class CounterKeys {
    /** The catalogue snapshot: one for all partitions. */
    public static final String CATALOG = "catalog";

    private final String tag;

    /**
     * @param partition 0 to 15
     */
    public CounterKeys(int partition) {
        if (partition < 0 || partition >= Identity.PARTITIONS) {
            throw new IllegalArgumentException(
                    "partition %d is not 0 to %d".formatted(partition, Identity.PARTITIONS - 1));
        }
        this.tag = "{p" + (partition < 10 ? "0" : "") + partition + "}:";
    }

    /** Number of the open epoch. */
    public String epoch() {
        return tag + "epoch";
    }

    /** Tokens issued before this second are refused. */
    public String since() {
        return tag + "since";
    }

    /** The highest second this partition has seen on Redis' clock. */
    public String clock() {
        return tag + "clock";
    }

    /** The run id of the Redis process whose counters a worker has compared with the ledger. */
    public String run() {
        return tag + "run";
    }

    /** A key that expires: dies too early where Redis' clock leaps ahead. */
    public String canary() {
        return tag + "canary";
    }

    /** The database's second until which the canary must live. */
    public String canaryUntil() {
        return tag + "canary-until";
    }

    /** The spans for which identities are remembered, in seconds: {@code <short> <long>}. */
    public String spans() {
        return tag + "spans";
    }

    /** How often the counters were opened: 1 at first, one more after each loss, of counts or of the memory of events. */
    public String opening() {
        return tag + "opening";
    }

    /** Everything counted since the first opening: {@code #micros} and {@code #events}, never reset; which opening, and its first epoch. */
    public String total() {
        return tag + "total";
    }

    /** What each publisher owes each creator in this epoch. */
    public String earn(long epoch) {
        return tag + "earn:" + epoch;
    }

    /** How many units of each type each article got in this epoch. */
    public String engage(long epoch) {
        return tag + "engage:" + epoch;
    }

    /**
     * Fingerprints of the events seen in one generation.
     *
     * @param spanSeconds how long the type is remembered
     * @param generation time / span
     * @param bucket 0 to 1023
     */
    public String seen(long spanSeconds, long generation, int bucket) {
        return seenPrefix(spanSeconds, generation) + bucket;
    }

    /** What the keys of all buckets of one generation begin with; the bucket follows. */
    public String seenPrefix(long spanSeconds, long generation) {
        return tag + "seen:" + spanSeconds + ":" + generation + ":";
    }

    /** Where a hash goes that the ledger has settled already in another version. */
    public String quarantine(long opening, String kind, long epoch) {
        return tag + "quarantine:" + opening + ":" + kind + ":" + epoch;
    }
}
