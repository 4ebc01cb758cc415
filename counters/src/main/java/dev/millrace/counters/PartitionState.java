package dev.millrace.counters;

import dev.millrace.common.token.Retention;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A partition's state in Redis, as text; anything may be missing ({@code state.lua}).
 *
 * @param fields of {@code ctl}; {@link Ctl} has their names
 * @param shortLogIsSound whether the log of the short class is the one that {@code ctl} describes
 * @param longLogIsSound the same of the long class
 * @param noted the epoch up to which it is noted what publishers have spent; -1: there is no note
 * @param records entries in the stream of records of the epoch that was asked about, -1 where it is no stream
 */
public record PartitionState(
        Partition partition,
        Map<String, String> fields,
        boolean shortLogIsSound,
        boolean longLogIsSound,
        long records,
        long noted) {
    private static final Script SCRIPT = Script.withLog("state.lua");

    public PartitionState {
        fields = Map.copyOf(fields);
    }

    /**
     * Reads the state.
     *
     * @param epoch whose stream of records is measured
     */
    public static PartitionState read(Link link, Partition partition, long epoch) {
        List<Object> reply = SCRIPT.run(
                link,
                List.of(
                        partition.ctl(),
                        partition.log(Retention.SHORT),
                        partition.log(Retention.LONG),
                        partition.engage(epoch),
                        partition.spent()));
        String noted = Link.text(reply.get(4));
        Map<String, String> fields = new HashMap<>();
        List<?> flat = (List<?>) reply.get(0);
        for (int i = 0; i < flat.size(); i += 2) {
            fields.put(Link.text(flat.get(i)), Link.text(flat.get(i + 1)));
        }
        return new PartitionState(
                partition,
                fields,
                (Long) reply.get(1) == 1,
                (Long) reply.get(2) == 1,
                (Long) reply.get(3),
                noted.isEmpty() ? -1 : Numbers.orZero(noted));
    }

    /** Number of the open epoch, as text; null: there is none. */
    public @Nullable String pointer() {
        return fields.get(Ctl.EPOCH);
    }

    /** Its lineage, as text; null: there is none. */
    public @Nullable String lineageText() {
        return fields.get(Ctl.LINEAGE);
    }

    /** Its lineage; 0 where there is none. */
    public long lineage() {
        return number(Ctl.LINEAGE);
    }

    /** The process that was compared with the ledger; null: none. */
    public @Nullable String process() {
        return fields.get(Ctl.PROCESS);
    }

    /** A field as a number; 0 where it is missing or none. */
    public long number(String field) {
        return Numbers.orZero(fields.get(field));
    }

    /** Whether both logs are those that {@code ctl} describes. */
    public boolean logsAreSound() {
        return shortLogIsSound && longLogIsSound;
    }
}
