package dev.millrace.settlement.watch;

import dev.millrace.counters.Ctl;
import dev.millrace.counters.Folding;
import dev.millrace.counters.Link;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.settlement.settle.Reason;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the records of open epochs short, by folding the oldest of them. It needs no ledger: while that is away an epoch grows with the
 * names in it, and not with the calls. For one thread.
 */
final class Backlog {
    /** Entries that a stream of records may have: less than a minute's where nothing is wrong, on a quiet installation. */
    static final long MOST_ENTRIES = 2_000;

    /** Calls a partition and look, so that Redis is not held up. */
    private static final int MOST_CALLS = 20;

    private static final Logger log = LoggerFactory.getLogger(Backlog.class);

    private final Map<Integer, String> told = new HashMap<>();

    /** Folds what is too much in this partition; entries that are gone. Whatever can't be folded halts the settlement of it, later. */
    long fold(Link link, PartitionState state) {
        long epoch = state.number(Ctl.EPOCH);
        long folded = 0;
        try {
            for (int call = 0; call < MOST_CALLS && state.records() - folded > MOST_ENTRIES; call++) {
                int gone = Folding.fold(link, state.partition(), epoch, state.lineage());
                if (gone == 0) {
                    break;
                }
                folded += gone;
            }
            told.remove(state.partition().number());
        } catch (IllegalArgumentException | ArithmeticException | RedisRefusedException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(told.put(state.partition().number(), why))) {
                log.error(
                        "partition {}: its records can't be folded: {}",
                        state.partition().number(),
                        Reason.of(why));
            }
        }
        return folded;
    }
}
