package dev.millrace.ingest.tally;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sets of seen fingerprints whose expiry this node has set, so that it is not set again for every event. Forgetting
 * one costs a command, nothing else; so all are forgotten when the counters were opened anew, Redis is another process (it may
 * have come back without them) or there are many.
 * Thread-safe.
 */
final class TouchedSets {
    /** All buckets of all partitions, two spans, two generations. */
    private static final int MOST = 16 * 1024 * 4;

    private final Set<String> touched = ConcurrentHashMap.newKeySet();
    private volatile String process = "";

    /** From now on they are those of this Redis process. */
    void of(String runId) {
        if (!runId.equals(process)) {
            process = runId;
            touched.clear();
        }
    }

    boolean contains(String set) {
        return touched.contains(set);
    }

    void add(String set) {
        if (touched.size() > MOST) {
            touched.clear();
        }
        touched.add(set);
    }

    void forget() {
        touched.clear();
    }
}
