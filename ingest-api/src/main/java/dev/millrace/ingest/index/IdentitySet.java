package dev.millrace.ingest.index;

/** Identities that were logged in a row. Nothing in it is approximate. */
sealed interface IdentitySet permits HashedIdentities, SortedIdentities {
    boolean contains(long identity);

    int size();

    /** The second of its last entry: once the floor is above it, all of it is forgotten. */
    long lastSecond();

    /** Bytes of memory that it takes, but for its objects' heads. */
    long bytes();

    /** All of them in order, in an array of their own or an unchanging one. */
    long[] sorted();
}
