package dev.millrace.ingest.index;

import com.carrotsearch.hppc.LongHashSet;
import java.nio.LongBuffer;
import java.util.Arrays;

/** The newest identities, in a hash set of primitives. */
final class HashedIdentities implements IdentitySet {
    private final LongHashSet identities = new LongHashSet();
    private final long firstSecond;
    private long lastSecond;

    HashedIdentities(long firstSecond) {
        this.firstSecond = firstSecond;
        this.lastSecond = firstSecond;
    }

    void add(LongBuffer logged, long second) {
        for (int i = logged.position(); i < logged.limit(); i++) {
            identities.add(logged.get(i));
        }
        lastSecond = Math.max(lastSecond, second);
    }

    /** Seconds from its first entry to its last. */
    long span() {
        return lastSecond - firstSecond;
    }

    @Override
    public boolean contains(long identity) {
        return identities.contains(identity);
    }

    @Override
    public int size() {
        return identities.size();
    }

    @Override
    public long lastSecond() {
        return lastSecond;
    }

    @Override
    public long bytes() {
        return (long) Long.BYTES * identities.keys.length;
    }

    @Override
    public long[] sorted() {
        long[] sorted = identities.toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
