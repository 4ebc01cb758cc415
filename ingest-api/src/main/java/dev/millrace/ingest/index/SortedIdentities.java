package dev.millrace.ingest.index;

import java.util.Arrays;

/**
 * Older identities, in a sorted array. They are hashes, so their leading bits are spread evenly: a directory says for each value of these bits where
 * its identities begin, and a lookup reads one place of it and some six neighbours in the array (decision 26). Other numbers would make it slower,
 * never wrong. Immutable.
 */
final class SortedIdentities implements IdentitySet {
    /** Identities that share a place of the directory, at least; twice as many at most. */
    private static final int TOGETHER = 4;

    private final long[] identities;
    private final long lastSecond;

    /** Where the identities of each value of the leading bits begin, and where the last ones end. */
    private final int[] begins;

    /** Bits of an identity that are not leading ones. */
    private final int otherBits;

    /** @param identities sorted; not changed any more */
    SortedIdentities(long[] identities, long lastSecond) {
        this.identities = identities;
        this.lastSecond = lastSecond;
        int leadingBits = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(Math.max(2, identities.length / TOGETHER));
        this.otherBits = Long.SIZE - leadingBits;
        this.begins = new int[(1 << leadingBits) + 1];
        int next = 0;
        for (int i = 0; i < identities.length; i++) {
            for (int place = place(identities[i]); next <= place; next++) {
                begins[next] = i;
            }
        }
        Arrays.fill(begins, next, begins.length, identities.length);
    }

    /** The leading bits, in the order of the identities, which are signed. */
    private int place(long identity) {
        return (int) ((identity ^ Long.MIN_VALUE) >>> otherBits);
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
        int place = place(identity);
        return Arrays.binarySearch(identities, begins[place], begins[place + 1], identity) >= 0;
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
        return (long) Long.BYTES * identities.length + (long) Integer.BYTES * begins.length;
    }

    @Override
    public long[] sorted() {
        return identities;
    }
}
