package dev.millrace.counters;

import dev.millrace.common.token.Retention;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens a partition anew ({@code open.lua}), or begins a new lineage of one that is whole ({@code raise.lua}); {@link #confirm} lets it count,
 * once the ledger has noted the lineage.
 */
public final class Opening {
    private static final Script OPEN = Script.withLog("open.lua");
    private static final Script RAISE = Script.withLog("raise.lua");
    private static final Script CONFIRM = new Script("confirm.lua");
    private static final List<String> KINDS = List.of("earn", "engage", "folded");

    private Opening() {}

    /**
     * How a partition is to be opened.
     *
     * @param pointer and
     * @param lineage that the caller saw, empty for none
     * @param newEpoch first epoch of the opening
     * @param newLineage its lineage
     * @param delay seconds from now before which tokens must not have been issued; 0 at the first opening
     * @param settledMicros and
     * @param settledEvents that the ledger has settled of this partition since the beginning
     * @param until the last second, by Redis' clock, at which this may happen
     * @param origin lineage that what lies there was counted in
     * @param settledThen the last epoch of that time which was settled
     * @param databaseSecond the database's clock
     * @param clockTolerance seconds by which the two clocks may differ
     * @param inTheWay epochs whose counters are quarantined
     */
    public record Plan(
            String pointer,
            String lineage,
            long newEpoch,
            long newLineage,
            long delay,
            long settledMicros,
            long settledEvents,
            long until,
            long origin,
            long settledThen,
            long databaseSecond,
            long clockTolerance,
            List<Long> inTheWay) {}

    /** The result of opening. */
    public sealed interface Result {
        /** @param quarantined keys that were in the way */
        record Opened(long quarantined) implements Result {}

        /** Pointer or lineage is not the one that the caller saw, or the last second is over; nothing has changed. */
        record Late() implements Result {}

        /** Redis' clock is ahead of the database's by so many seconds, or behind; nothing has changed. */
        record ClocksDiffer(long ahead) implements Result {}
    }

    /** Opens a partition under a new lineage. It counts nothing before {@link #confirm}. */
    public static Result open(Link link, Partition partition, Plan plan) {
        List<String> keys = new ArrayList<>(logs(partition));
        for (long epoch : plan.inTheWay()) {
            List<String> old = List.of(partition.earn(epoch), partition.engage(epoch), partition.folded(epoch));
            for (int i = 0; i < KINDS.size(); i++) {
                keys.add(old.get(i));
                keys.add(partition.quarantine(plan.newLineage(), KINDS.get(i), epoch));
            }
        }
        List<Object> reply = OPEN.run(
                link,
                keys,
                plan.pointer(),
                plan.lineage(),
                plan.newEpoch(),
                plan.newLineage(),
                plan.delay(),
                plan.settledMicros(),
                plan.settledEvents(),
                plan.until(),
                plan.origin(),
                plan.settledThen(),
                plan.databaseSecond(),
                plan.clockTolerance());
        return switch (Link.text(reply.get(0))) {
            case "opened" -> new Result.Opened((Long) reply.get(1));
            case "clock" -> new Result.ClocksDiffer((Long) reply.get(1));
            default -> new Result.Late();
        };
    }

    /**
     * Begins a new lineage of a partition whose counters are whole. A log that is not the one that {@code ctl} describes is begun anew, and
     * tokens that are out are refused.
     *
     * @param pointer and
     * @param lineage that the caller saw
     * @param delay seconds from now before which tokens must not have been issued, where a log is begun anew
     * @return logs that were begun anew; -1 where pointer or lineage is not the one that the caller saw and nothing has changed
     */
    public static long raise(
            Link link,
            Partition partition,
            String pointer,
            String lineage,
            long newLineage,
            long delay,
            long databaseSecond) {
        List<Object> reply = RAISE.run(link, logs(partition), pointer, lineage, newLineage, delay, databaseSecond);
        return Link.text(reply.get(0)).equals("raised") ? (Long) reply.get(1) : -1;
    }

    /**
     * Lets this process count, if pointer, lineage and process are those that were compared with the ledger; sets the partition's clock right
     * where Redis' agrees with the database's.
     *
     * @return whether they are
     */
    public static boolean confirm(
            Link link,
            Partition partition,
            String pointer,
            long lineage,
            long databaseSecond,
            long clockTolerance,
            Sealing.Spans spans) {
        List<Object> reply = CONFIRM.run(
                link,
                List.of(partition.ctl()),
                pointer,
                lineage,
                link.process(),
                databaseSecond,
                clockTolerance,
                spans.text());
        return Link.text(reply.get(0)).equals("confirmed");
    }

    private static List<String> logs(Partition partition) {
        return List.of(partition.ctl(), partition.log(Retention.SHORT), partition.log(Retention.LONG));
    }
}
