package dev.millrace.settlement.settle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a committed run.
 *
 * @param journalId the journal, or null when there was nothing to book
 * @param partitions partitions whose cursor moved
 * @param epochs epochs settled
 * @param events events in them
 * @param micros what they earned
 * @param rows rows written in the database
 * @param halted partitions left out, each with why
 * @param complete whether the run settled everything that Redis had counted before it, except halted partitions
 * @param waits whether partitions were left out since their Redis, or its replicas, can't be waited for now
 */
public record Settled(
        @Nullable Long journalId,
        int partitions,
        int epochs,
        long events,
        long micros,
        long rows,
        List<Halted> halted,
        boolean complete,
        boolean waits) {

    /** A run that found no partition to claim. */
    static final Settled NOTHING = new Settled(null, 0, 0, 0, 0, 0, List.of(), true, false);

    /**
     * @param why what does not add up
     */
    public record Halted(int partition, String why) {}

    /** Whether the run claimed no partition at all. */
    boolean nothingClaimed() {
        return partitions == 0 && halted.isEmpty() && complete;
    }

    /** This run and a later one of the same partitions. */
    Settled and(Settled later) {
        return new Settled(
                later.journalId == null ? journalId : later.journalId,
                Math.max(partitions, later.partitions),
                epochs + later.epochs,
                events + later.events,
                micros + later.micros,
                rows + later.rows,
                later.halted,
                later.complete,
                later.waits);
    }
}
