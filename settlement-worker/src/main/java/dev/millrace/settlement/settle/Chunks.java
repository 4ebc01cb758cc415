package dev.millrace.settlement.settle;

import dev.millrace.settlement.read.EpochContents;

/**
 * How much is dealt with at a time: what bounds memory and time, whatever lies in Redis.
 *
 * @param page fields that Redis names at a time
 * @param names names whose units are summed in memory at a time
 * @param copied bytes that are gathered before they go to the database
 * @param most rows that one run takes in before it is full, not counting the rest of the epoch that fills it
 */
record Chunks(int page, int names, int copied, long most) {
    /**
     * A million creators with an article each are two million rows. The text that a journal's hash is made of must stay below
     * the gigabyte that Postgres' values may have: five million creators, with the longest names.
     */
    static final Chunks USUAL = new Chunks(EpochContents.FIELDS, 100_000, 8 << 20, 2_500_000);

    private static final long LEAST = 100_000;

    /** After a run that failed: one that is too large to be done in time must not be tried for ever. */
    Chunks less() {
        return new Chunks(page, names, copied, Math.min(most, Math.max(LEAST, most / 2)));
    }

    /** After one that went well, up to what they were. */
    Chunks more(Chunks usual) {
        return new Chunks(page, names, copied, Math.min(usual.most, most * 2));
    }
}
