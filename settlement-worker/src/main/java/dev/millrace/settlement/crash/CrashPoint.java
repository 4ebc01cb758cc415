package dev.millrace.settlement.crash;

import java.util.function.Consumer;

/**
 * A step of the worker, in the order of a run. Before and after whatever changes one of the two stores there is one. A listener is told which
 * step is reached. The worker itself has one, {@link #NOBODY}, and no setting and no message can put another in its place. Tests do.
 */
public enum CrashPoint {
    /** Opening: the cursor is locked, Redis knows nothing of it yet. */
    OPENING,
    /** Opening: Redis has opened the partition, the cursor is not committed. */
    OPENED,
    /** A new lineage: the cursor is locked, Redis knows nothing of it yet. */
    RAISING,
    /** A new lineage: Redis has it, the cursor is not committed. */
    RAISED,
    /** The cursor has noted the lineage; Redis does not count in it yet. */
    CONFIRMING,
    /** The cursors are locked, nothing has changed. */
    CLAIMED,
    /** Before a partition's open epoch is sealed. */
    SEALING,
    /** A partition's epoch is sealed in Redis; the database knows nothing of it. */
    SEALED,
    /** One epoch has been read. */
    READ,
    /** The sums are in the staging tables. */
    STAGED,
    /** Journal, postings and balances are written, not committed. */
    BOOKED,
    /** Engagement and scores are written, not committed. */
    ARCHIVED,
    /** Before the counters of epochs settled long ago are given back. */
    RELEASING,
    /** They are given back, and the database does not know. */
    RELEASED,
    /** The settled epochs are noted and the cursors moved, not committed. */
    MOVED,
    /** All is done but the commit. */
    COMMITTING,
    /** It is committed; whoever asked for the run has not heard of it. */
    COMMITTED;

    /** What runs in production. It does nothing, and the JIT compiler removes it. */
    public static final Consumer<CrashPoint> NOBODY = point -> {};
}
