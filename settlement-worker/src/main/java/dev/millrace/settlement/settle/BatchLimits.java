package dev.millrace.settlement.settle;

import dev.millrace.books.Staging;
import dev.millrace.counters.EpochContents;

/**
 * What bounds memory and time of one run, whatever lies in Redis.
 *
 * @param page fields that Redis names at a time
 * @param rows staged rows at which a batch is full; the epoch that fills it is taken whole
 * @param staging of the copies on their way to the database
 */
record BatchLimits(int page, long rows, Staging.Bounds staging) {
    /** A million creators with an article each are two million rows. */
    static final BatchLimits USUAL = new BatchLimits(EpochContents.FIELDS, 2_500_000, Staging.Bounds.USUAL);

    private static final long LEAST_ROWS = 100_000;

    /** After a run that failed: one that is too large to be done in time must not be tried for ever. */
    BatchLimits less() {
        return new BatchLimits(page, Math.min(rows, Math.max(LEAST_ROWS, rows / 2)), staging);
    }

    /** After a run that went well, up to the usual. */
    BatchLimits more(BatchLimits usual) {
        return new BatchLimits(page, Math.min(usual.rows, rows * 2), staging);
    }
}
