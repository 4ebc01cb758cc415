package dev.millrace.ingest.index;

import com.google.common.hash.BloomFilter;
import com.google.common.hash.Funnels;
import java.util.Arrays;

/** Older identities, in a sorted array behind a Bloom filter, so that what is new rarely looks into it. Immutable. */
final class SortedIdentities implements IdentitySet {
    /** Of lookups of what is new that look into the array all the same; 6.2 bits an identity. */
    private static final double FALSE_POSITIVES = 0.05;

    private static final double FILTER_BITS = -Math.log(FALSE_POSITIVES) / (Math.log(2) * Math.log(2));

    private final long[] identities;
    private final BloomFilter<Long> filter;
    private final long lastSecond;

    /** @param identities sorted; nobody changes them any more */
    SortedIdentities(long[] identities, long lastSecond) {
        this.identities = identities;
        this.lastSecond = lastSecond;
        this.filter = BloomFilter.create(Funnels.longFunnel(), Math.max(1, identities.length), FALSE_POSITIVES);
        for (long identity : identities) {
            filter.put(identity);
        }
    }

    /** All of both. */
    static SortedIdentities merged(IdentitySet older, IdentitySet newer) {
        long[] a = older.sorted();
        long[] b = newer.sorted();
        long[] both = new long[a.length + b.length];
        int i = 0;
        int j = 0;
        for (int k = 0; k < both.length; k++) {
            both[k] = j == b.length || (i < a.length && a[i] <= b[j]) ? a[i++] : b[j++];
        }
        return new SortedIdentities(both, Math.max(older.lastSecond(), newer.lastSecond()));
    }

    @Override
    public boolean contains(long identity) {
        return filter.mightContain(identity) && Arrays.binarySearch(identities, identity) >= 0;
    }

    @Override
    public int size() {
        return identities.length;
    }

    @Override
    public long lastSecond() {
        return lastSecond;
    }

    @Override
    public long bytes() {
        return Math.round(identities.length * (Long.BYTES + FILTER_BITS / Byte.SIZE));
    }

    @Override
    public long[] sorted() {
        return identities;
    }
}
