package dev.millrace.ingest.tally;

import dev.millrace.common.identity.Identity;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** What this node believes of the partitions, from the answers it got. Thread-safe. */
final class PartitionViews {
    private final AtomicReferenceArray<PartitionView> views;

    PartitionViews() {
        PartitionView[] unknown = new PartitionView[Identity.PARTITIONS];
        Arrays.fill(unknown, PartitionView.UNKNOWN);
        this.views = new AtomicReferenceArray<>(unknown);
    }

    PartitionView of(int partition) {
        return views.get(partition);
    }

    /**
     * Believes what Redis reported.
     *
     * @throws CountersRefused when Redis is older than what was believed
     */
    void follow(int partition, PartitionView reported) throws CountersRefused {
        PartitionView believed = views.get(partition);
        if (!believed.mayBecome(reported)) {
            throw new CountersRefused(
                    partition,
                    "Redis is older than what this node has seen: epoch %d of opening %d, after epoch %d of opening %d"
                            .formatted(reported.epoch(), reported.opening(), believed.epoch(), believed.opening()));
        }
        views.accumulateAndGet(partition, reported, (a, b) -> a.mayBecome(b) ? b : a);
    }
}
