package dev.millrace.ingest.tally;

import dev.millrace.common.identity.Identity;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The sets of seen fingerprints whose expiry this node has set, so that it is not set again for every event. Forgetting
 * one costs a command, nothing else; so all are forgotten when the counters were opened anew, Redis is another process (it may
 * have come back without them) or there are many. Thread-safe.
 */
final class TouchedSets {
    /** All partitions, two spans, four generations. */
    private static final int MOST = 16 * 2 * 4;

    private final Map<String, Buckets> touched = new ConcurrentHashMap<>();
    private volatile String process = "";

    /** Those of one partition, span and generation. Thread-safe. */
    static final class Buckets {
        private final AtomicLongArray bits = new AtomicLongArray(Identity.BUCKETS / Long.SIZE);

        boolean contains(int bucket) {
            return (bits.getPlain(bucket / Long.SIZE) & (1L << bucket)) != 0;
        }

        void add(int bucket) {
            bits.getAndAccumulate(bucket / Long.SIZE, 1L << bucket, (all, one) -> all | one);
        }
    }

    /** From now on they are those of this Redis process. */
    void of(String runId) {
        if (!runId.equals(process)) {
            touched.clear();
            process = runId;
        }
    }

    /**
     * The buckets of one generation; what is added to them after everything was forgotten is forgotten too.
     *
     * @param prefix of their keys
     */
    Buckets in(String prefix) {
        if (touched.size() > MOST) {
            touched.clear();
        }
        return touched.computeIfAbsent(prefix, p -> new Buckets());
    }

    void forget() {
        touched.clear();
    }
}
