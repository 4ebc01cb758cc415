package dev.millrace.lab.overload;

import dev.millrace.lab.report.Spread;
import dev.millrace.lab.stack.Sums;
import java.util.List;
import java.util.stream.Stream;

/**
 * Balances read while events came in.
 *
 * @param few looked at by few, at {@value Balances#PERCENT} % of the peak
 * @param many the same by many
 * @param without events a second in a closed loop, nothing read
 * @param with the same with {@value Balances#PER_SECOND} reads a second
 * @param others sums of the events besides
 */
record BalancesRun(Followed few, Followed many, Spread without, Spread with, List<Sums> others) {
    BalancesRun {
        others = List.copyOf(others);
    }

    /**
     * Reads at a fixed rate while events arrive at a fixed rate.
     *
     * @param perSecond reads
     * @param goodput events accepted a second
     * @param events what became of their arrivals
     * @param reads what became of the reads meanwhile
     * @param sums of the events
     */
    record Followed(int perSecond, double goodput, Score events, BalanceReads.Read reads, Sums sums) {}

    List<Followed> followed() {
        return List.of(few, many);
    }

    /** Of all events. */
    List<Sums> sums() {
        return Stream.concat(followed().stream().map(Followed::sums), others.stream())
                .toList();
    }

    /** What the reads take from ingest, as a part of what it does without; below 0 where the machine was busier without. */
    double cost() {
        return 1 - with.median() / without.median();
    }
}
