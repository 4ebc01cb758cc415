package dev.millrace.common.identity;

/**
 * The keyed 128-bit hash by which an event counts once.
 *
 * <p>Its bits, from the top: 4 name the partition, 10 the bucket of the set of seen events, and the low 64 are the
 * fingerprint kept there. 78 bits tell two events apart: with 10<sup>8</sup> identities remembered, the next new event
 * is taken for a duplicate with a probability below 2<sup>-51</sup>.
 *
 * @param high the upper 64 bits
 * @param low the lower 64 bits
 */
public record Identity(long high, long low) {
    private static final int PARTITION_BITS = 4;
    private static final int BUCKET_BITS = 10;

    /** Number of partitions; an identity belongs to exactly one. */
    public static final int PARTITIONS = 1 << PARTITION_BITS;

    /** Number of buckets a generation of seen events is spread over. */
    public static final int BUCKETS = 1 << BUCKET_BITS;

    /** The partition, 0 to 15. */
    public int partition() {
        return (int) (high >>> (Long.SIZE - PARTITION_BITS));
    }

    /** The bucket, 0 to 1023. */
    public int bucket() {
        return (int) (high >>> (Long.SIZE - PARTITION_BITS - BUCKET_BITS)) & (BUCKETS - 1);
    }

    /** What is kept in the bucket: any value of {@code long}. */
    public long fingerprint() {
        return low;
    }
}
