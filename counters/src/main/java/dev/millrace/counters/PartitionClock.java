package dev.millrace.counters;

import java.time.Duration;
import java.util.List;

/** Moves the clock of a partition on in which nothing is counted ({@code tick.lua}). */
public final class PartitionClock {
    private static final Script SCRIPT = new Script("tick.lua");

    private PartitionClock() {}

    /**
     * Moves it on to Redis' second.
     *
     * @param lineage the caller believes in
     * @param leap most that Redis' clock may be ahead of the partition's
     * @return whether it was done: process and lineage are these, and Redis' clock can be believed
     */
    public static boolean tick(Link link, Partition partition, long lineage, Duration leap) {
        return Link.text(SCRIPT.run(link, List.of(partition.ctl()), link.process(), lineage, leap.toSeconds())
                        .getFirst())
                .equals("ticked");
    }
}
