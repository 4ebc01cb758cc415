package dev.millrace.ingest.tally;

import java.util.List;

/** What became of a request's events. */
public sealed interface TallyResult {
    /**
     * Each event has its outcome.
     *
     * @param outcomes in the order of the events
     */
    record Counted(List<Outcome> outcomes) implements TallyResult {}

    /**
     * The request as a whole is to be sent again: nothing of it is known to be lost, and what was counted of it will come
     * back as duplicate.
     *
     * @param detail why, for people
     */
    record SendAgain(Reason reason, String detail) implements TallyResult {}

    /** Why a request is to be sent again. */
    enum Reason {
        /** Redis is away, slow, or its counters are not open. */
        COUNTERS_UNAVAILABLE,
        /** More events are under way than this node takes. */
        OVERLOADED,
        /** The lane of events that may have been seen before is full. */
        SUSPECTS_BUSY
    }
}
