package dev.millrace.settlement.reconcile;

import dev.millrace.settlement.watch.Money;
import java.util.List;

/** Takes what was found, in this order, as it is found: none of it is kept. */
interface Report {
    /**
     * What is counted, settled and pending.
     *
     * @param notes what was not looked at, and why
     */
    void counters(Money.Reading money, List<String> notes);

    void difference(Difference difference);

    void quarantined(Quarantined quarantined);

    /** The last word of a comparison. */
    void end(Verdict verdict);

    /** The only word about a decision. */
    void outcome(Request.Decide wanted, Decisions.Outcome outcome);

    /**
     * What a comparison came to.
     *
     * @param journals journals whose hash was computed again
     * @param differences what is not as it must be
     * @param undecided epochs set aside that nobody has decided about
     */
    record Verdict(long journals, long differences, long undecided) {
        boolean isClean() {
            return differences == 0 && undecided == 0;
        }
    }
}
