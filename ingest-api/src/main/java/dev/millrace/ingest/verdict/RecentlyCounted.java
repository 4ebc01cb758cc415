package dev.millrace.ingest.verdict;

/**
 * What this node has counted lately, so that a duplicate tells its cause. A table of fixed size in which a newer event takes the place of an older one: one
 * that is gone gives no cause. It has no lock. A slot holds the identity mixed with the rest, so a slot that two threads wrote at the same time matches no
 * identity (R. Hyatt and T. Mann, 2002: A lock-less transposition table). Thread-safe.
 */
final class RecentlyCounted {
    /** A power of two; 1 MiB in all. */
    private static final int SLOTS = 1 << 16;

    private final long[] mixed = new long[SLOTS];
    private final long[] seen = new long[SLOTS];

    /** Why an event is a duplicate, as far as it can be told. */
    enum Cause {
        /** Its identity was another article's: the {@code jti} does not differ between articles. */
        OTHER_ARTICLE,

        /** Its identity was the same article's from another address: two readers had one token. */
        OTHER_ADDRESS,

        /** A reader who reloads, a client that sends again, or not known. */
        USUAL
    }

    /**
     * Remembers an event.
     *
     * @param identity a hash
     * @param article hash of it
     * @param address hash of the browser's; 0: not a browser's
     */
    void put(long identity, int article, int address) {
        int slot = slot(identity);
        long rest = (long) article << Integer.SIZE | Integer.toUnsignedLong(address);
        mixed[slot] = identity ^ rest;
        seen[slot] = rest;
    }

    /** Why this event did not count again; it is remembered where its identity is not yet. */
    Cause cause(long identity, int article, int address) {
        int slot = slot(identity);
        long rest = seen[slot];
        if ((mixed[slot] ^ rest) != identity) {
            put(identity, article, address);
            return Cause.USUAL;
        }
        int before = (int) rest;
        if ((int) (rest >>> Integer.SIZE) != article) {
            return Cause.OTHER_ARTICLE;
        }
        return before != 0 && address != 0 && before != address ? Cause.OTHER_ADDRESS : Cause.USUAL;
    }

    private static int slot(long identity) {
        return (int) identity & (SLOTS - 1);
    }
}
