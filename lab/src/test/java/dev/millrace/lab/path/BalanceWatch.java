package dev.millrace.lab.path;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the balance of one creator showed from its event to its settlement.
 *
 * @param states the different answers, in the order in which they were seen first
 * @param reads how often it was asked for
 */
record BalanceWatch(List<Api.Money> states, long reads) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Asks without a pause until nothing is pending any more. */
    static BalanceWatch untilSettled(Api api, String creator) {
        Set<Api.Money> states = new LinkedHashSet<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long reads = 0;
        Api.Money last;
        do {
            last = api.money(creator);
            states.add(last);
            reads++;
        } while (last.pending() != 0 && System.nanoTime() < deadline);
        return new BalanceWatch(List.copyOf(states), reads);
    }
}
