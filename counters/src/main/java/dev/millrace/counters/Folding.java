package dev.millrace.counters;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces the oldest records of an open epoch by their sums ({@code fold.lua}), so that memory follows the number of names and not of calls,
 * however long nothing is settled.
 */
public final class Folding {
    private static final Script SCRIPT = new Script("fold.lua");

    /** Entries that are summed at a time: a few milliseconds of Redis. */
    static final int MOST_ENTRIES = 256;

    /** Names that one call adds to. */
    static final int MOST_NAMES = 2_000;

    private Folding() {}

    /**
     * Folds the oldest entries.
     *
     * @return entries that are gone; 0 where there was nothing to fold, or somebody else was faster
     * @throws IllegalArgumentException when an entry is none of ours
     */
    public static int fold(Link link, Partition partition, long epoch, long lineage) {
        List<EpochReader.Entry> entries = EpochReader.entries(link, partition.engage(epoch), "-", MOST_ENTRIES);
        Map<String, Long> sums = new LinkedHashMap<>();
        int taken = 0;
        for (EpochReader.Entry entry : entries) {
            List<Records.Units> records = entry.records();
            if (taken > 0 && sums.size() + records.size() > MOST_NAMES) {
                break;
            }
            records.forEach(units -> add(sums, units));
            taken++;
        }
        if (taken == 0) {
            return 0;
        }
        List<Object> arguments = new ArrayList<>(List.of(
                lineage, epoch, entries.getFirst().id(), entries.get(taken - 1).id()));
        sums.forEach((name, units) -> arguments.addAll(List.of(name, units)));
        List<Object> reply = SCRIPT.run(
                link,
                List.of(partition.ctl(), partition.earn(epoch), partition.engage(epoch), partition.folded(epoch)),
                arguments.toArray());
        return switch (Link.text(reply.get(0))) {
            case "folded" -> taken;
            case "other" -> 0;
            default -> throw new IllegalArgumentException("%s holds no number".formatted(Link.text(reply.get(1))));
        };
    }

    private static void add(Map<String, Long> sums, Records.Units units) {
        try {
            sums.merge(units.name().encode(), units.units(), Math::addExact);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "units of %s are beyond 63 bits".formatted(units.name().encode()), e);
        }
    }
}
