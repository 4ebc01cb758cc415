package dev.millrace.settlement.reconcile;

import dev.millrace.books.QuarantineDecision;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.util.List;
import java.util.Optional;

/** Takes what was found, in this order, as it is found: none of it is kept. */
interface Report {
    /** Creators of a quarantined epoch that a report names. */
    int NAMED = 5;

    /**
     * What is counted, settled and pending.
     *
     * @param notes what was not looked at, and why
     */
    void counters(CounterBalanceCheck.Reading money, List<String> notes);

    void difference(Difference difference);

    /**
     * A quarantined epoch.
     *
     * @param whyNotAdopted why it must not be paid; empty when it can be
     */
    void quarantined(QuarantinedEpoch epoch, Optional<String> whyNotAdopted, Optional<QuarantineDecision> decision);

    /** The last word of a comparison. */
    void end(Verdict verdict);

    /** The only word about a decision. */
    void outcome(Decisions.Outcome outcome);

    /**
     * What a comparison came to.
     *
     * @param journals journals whose hash was computed again
     * @param differences what is not as it must be
     * @param undecided quarantined epochs that nobody has decided about
     */
    record Verdict(long journals, long differences, long undecided) {
        boolean isClean() {
            return differences == 0 && undecided == 0;
        }
    }
}
