package dev.millrace.lab.overload;

import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Sums;
import java.util.List;

/**
 * Balances read while events came in.
 *
 * @param goodput events accepted a second at {@value Balances#PERCENT} % of the peak
 * @param events what became of their arrivals
 * @param reads what became of the reads meanwhile
 * @param without events a second in a closed loop, nothing read
 * @param with the same with as many reads a second
 * @param sums of the events
 */
record BalancesRun(
        double goodput, Score events, BalanceReads.Read reads, Spread without, Spread with, List<Sums> sums) {
    BalancesRun {
        sums = List.copyOf(sums);
    }

    /** What the reads take from ingest, as a part of what it does without; below 0 where the machine was busier without. */
    double cost() {
        return 1 - with.median() / without.median();
    }
}
