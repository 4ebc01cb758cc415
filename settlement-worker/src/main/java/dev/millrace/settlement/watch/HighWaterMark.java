package dev.millrace.settlement.watch;

import dev.millrace.common.money.Micros;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.PartitionState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers how much each partition had counted when it was last looked at. A total only grows while a partition stays open,
 * so one that is lower than before tells that Redis came back without its last counts, also where its pointers are as they
 * were: then nothing was settled of what is lost, and nothing in the ledger knows of it. Remembers no longer than the process.
 */
final class HighWaterMark {
    private final Map<Integer, Total> partitions = new HashMap<>();

    /** @param opened the lineage under which the partition was last opened */
    private record Total(long opened, long micros) {}

    /**
     * Compares with the look before, and remembers this one. A partition whose total is missing or no number is left out.
     *
     * @return what has gone since the look before, by partition; without those that were opened anew since, which is told
     *     elsewhere
     */
    Map<Integer, Micros> lost(List<PartitionState> states) {
        Map<Integer, Micros> lost = new HashMap<>();
        for (PartitionState state : states) {
            if (!state.fields().getOrDefault(Ctl.MICROS, "").matches("[0-9]{1,18}")) {
                continue;
            }
            int partition = state.partition().number();
            Total now = new Total(state.number(Ctl.OPENED), state.number(Ctl.MICROS));
            Total before = partitions.put(partition, now);
            if (before != null && before.opened() == now.opened() && before.micros() > now.micros()) {
                lost.put(partition, new Micros(before.micros() - now.micros()));
            }
        }
        return lost;
    }
}
