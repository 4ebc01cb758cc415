package dev.millrace.counters;

import java.util.ArrayList;
import java.util.List;

/**
 * A partition's totals and its sums that are not settled, at one moment ({@code totals.lua}).
 *
 * @param pointer the open epoch as text, empty: none
 * @param micros counted since the beginning, as text
 * @param events the same of events
 * @param sealed number of sealed epochs among those asked for
 * @param pending Σ micros of each of them, as text
 */
public record Totals(String pointer, String micros, String events, long sealed, List<String> pending) {
    private static final Script SCRIPT = new Script("totals.lua");

    public Totals {
        pending = List.copyOf(pending);
    }

    /**
     * Reads the totals, and the sums of the epochs from one to another, both included.
     *
     * @param from the first epoch that is not settled
     * @param to the pointer as it is known
     */
    public static Totals read(Link link, Partition partition, long from, long to) {
        List<String> keys = new ArrayList<>(List.of(partition.ctl()));
        for (long epoch = from; epoch <= to; epoch++) {
            keys.add(partition.earn(epoch));
        }
        List<Object> reply = SCRIPT.run(link, keys);
        return new Totals(
                Link.text(reply.get(0)),
                Link.text(reply.get(1)),
                Link.text(reply.get(2)),
                (Long) reply.get(3),
                ((List<?>) reply.get(4)).stream().map(Link::text).toList());
    }
}
