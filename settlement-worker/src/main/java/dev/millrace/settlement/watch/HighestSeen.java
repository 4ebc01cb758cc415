package dev.millrace.settlement.watch;

import dev.millrace.common.money.Micros;
import dev.millrace.settlement.watch.RedisState.Total;
import java.util.HashMap;
import java.util.Map;

/**
 * Remembers how much each partition had counted when it was last looked at. A total only grows while a partition stays open,
 * so one that is lower than before tells that Redis came back without its last counts, also where its pointers are as they
 * were: then nothing was settled of what is lost, and nothing in the ledger knows of it. Remembers no longer than the process.
 */
final class HighestSeen {
    private final Map<Integer, Total> partitions = new HashMap<>();

    /**
     * Compares with the look before, and remembers this one.
     *
     * @param totals by partition
     * @return what has gone since the look before, by partition; without those that were opened anew since, which is told
     *     elsewhere
     */
    Map<Integer, Micros> lost(Map<Integer, Total> totals) {
        Map<Integer, Micros> lost = new HashMap<>();
        totals.forEach((partition, now) -> {
            Total before = partitions.put(partition, now);
            if (before != null
                    && before.opening().equals(now.opening())
                    && before.counted().compareTo(now.counted()) > 0) {
                lost.put(partition, before.counted().minus(now.counted()));
            }
        });
        return lost;
    }
}
