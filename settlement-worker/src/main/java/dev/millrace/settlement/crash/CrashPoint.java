package dev.millrace.settlement.crash;

import java.util.function.Consumer;

/**
 * A step of the worker, in the order of a run. There is one before and after each change of one of the two stores. A listener is told which
 * step is reached. The worker itself has one, {@link #NOBODY}, and no setting and no message can put another in its place. Tests do.
 */
public enum CrashPoint {
    /** Opening: the worker has locked the cursor. It has not called Redis yet. */
    OPENING,
    /** Opening: Redis has opened the partition. The cursor is not committed. */
    OPENED,
    /** A new lineage: the worker has locked the cursor. It has not called Redis yet. */
    RAISING,
    /** A new lineage: Redis has it. The cursor is not committed. */
    RAISED,
    /** The cursor stores the lineage. Redis does not count in it yet. */
    CONFIRMING,
    /** The cursors are locked, nothing has changed. */
    CLAIMED,
    /** Before a partition's open epoch is sealed. */
    SEALING,
    /** A partition's epoch is sealed in Redis. The database has not stored that. */
    SEALED,
    /** One epoch has been read. */
    READ,
    /** The sums are in the staging tables. */
    STAGED,
    /** Journal, postings and balances are written, not committed. */
    BOOKED,
    /** Engagement and scores are written, not committed. */
    ARCHIVED,
    /** Before the worker deletes the counters of epochs settled long ago from Redis. */
    RELEASING,
    /** They are deleted. The database has not stored that. */
    RELEASED,
    /** The settled epochs are stored and the cursors moved, not committed. */
    MOVED,
    /** All is done but the commit. */
    COMMITTING,
    /** It is committed; the caller has not heard of it. */
    COMMITTED;

    /** The listener in production. It does nothing, and the JIT compiler removes it. */
    public static final Consumer<CrashPoint> NOBODY = point -> {};
}
