package dev.millrace.ingest.tally;

import java.util.List;

/**
 * Events of one partition that are counted together. Their order, share by share, is that of the script's verdicts.
 *
 * @param shares at least one
 */
record PartitionBatch(int partition, List<Share> shares) {
    int size() {
        int size = 0;
        for (Share share : shares) {
            size += share.size();
        }
        return size;
    }

    /** None of its requests will be answered otherwise. */
    void fail(Throwable why) {
        shares.forEach(share -> share.request().fail(why));
    }
}
