package dev.millrace.ingest.tally;

import java.util.List;

/**
 * Events of one partition that are counted together. Their order, share by share, is that of the script's verdicts.
 *
 * @param shares at least one
 */
record PartitionBatch(int partition, List<Share> shares) {
    int size() {
        return shares.stream().mapToInt(Share::size).sum();
    }

    /** None of its requests will be answered otherwise. */
    void fail(Throwable why) {
        shares.forEach(share -> share.request().fail(why));
    }
}
