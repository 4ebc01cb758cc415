package dev.millrace.counters;

import java.util.ArrayList;
import java.util.List;

/** Gives the counters of settled epochs back to Redis ({@code release.lua}). */
public final class Release {
    private static final Script SCRIPT = new Script("release.lua");

    private Release() {}

    /**
     * Releases the epochs from one to another, both included.
     *
     * @param until the last second, by Redis' clock, at which this may happen
     * @param lineage in the ledger
     * @return whether it was done: the second was not over, and the lineage is this one
     */
    public static boolean release(Link link, Partition partition, long from, long to, long until, long lineage) {
        List<String> keys = new ArrayList<>(List.of(partition.ctl()));
        for (long epoch = from; epoch <= to; epoch++) {
            keys.addAll(List.of(partition.earn(epoch), partition.engage(epoch), partition.folded(epoch)));
        }
        return Link.text(SCRIPT.run(link, keys, until, lineage).getFirst()).equals("released");
    }
}
