package dev.millrace.settlement.watch;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Holds Redis' running total against the ledger: counted = settled + pending, in every partition.
 *
 * <p>Cursors are read before and after Redis. Only a partition whose cursor stood still in between is compared; money.lua
 * reads total and pending at one moment. So a difference is real.
 */
final class Money {
    /** A ledger further behind than this (a week of minutes) is no matter of drift; reading so many would hold Redis up. */
    private static final long MOST_EPOCHS = 10_000;

    private final Script script;
    private final Cursors cursors;

    Money(StringRedisTemplate redis, Cursors cursors) {
        this.script = new Script(redis, "money.lua");
        this.cursors = cursors;
    }

    /**
     * Sums over all partitions.
     *
     * @param counted micros counted since the beginning
     * @param settled micros in the ledger
     * @param pending micros in epochs not settled
     * @param settledEvents events in the ledger
     * @param waiting sealed epochs not settled
     */
    record Reading(Micros counted, Micros settled, Micros pending, long settledEvents, long waiting) {
        /** What is missing in the ledger and the counters (positive), or there without having been counted (negative). */
        Micros drift() {
            return counted.minus(settled).minus(pending);
        }
    }

    private record Part(long pointer, Micros total, Micros pending, long sealed) {}

    /**
     * @param before cursors read before
     * @param pointers the pointers as just read, by partition
     * @return the sums, or empty when something moved meanwhile or a partition is far behind
     */
    Optional<Reading> read(List<PartitionCursor> before, List<Long> pointers) {
        List<Part> parts = new ArrayList<>();
        for (PartitionCursor cursor : before) {
            if (pointers.get(cursor.partition()) - cursor.settledEpoch() > MOST_EPOCHS) {
                return Optional.empty();
            }
            Part part = part(cursor, pointers.get(cursor.partition()));
            if (part.pointer() != pointers.get(cursor.partition())) {
                return Optional.empty();
            }
            parts.add(part);
        }
        if (!settledEpochs(before).equals(settledEpochs(cursors.all()))) {
            return Optional.empty();
        }
        return Optional.of(new Reading(
                parts.stream().map(Part::total).reduce(Micros.ZERO, Micros::plus),
                before.stream().map(c -> new Micros(c.settledMicros())).reduce(Micros.ZERO, Micros::plus),
                parts.stream().map(Part::pending).reduce(Micros.ZERO, Micros::plus),
                before.stream().mapToLong(PartitionCursor::settledEvents).sum(),
                parts.stream().mapToLong(Part::sealed).sum()));
    }

    private static List<Long> settledEpochs(List<PartitionCursor> cursors) {
        return cursors.stream().map(PartitionCursor::settledEpoch).toList();
    }

    private Part part(PartitionCursor cursor, long pointer) {
        CounterKeys names = new CounterKeys(cursor.partition());
        List<String> keys = new ArrayList<>(List.of(names.epoch(), names.total()));
        for (long epoch = cursor.settledEpoch() + 1; epoch <= pointer; epoch++) {
            keys.add(names.earn(epoch));
        }
        List<Object> reply = script.run(keys, cursor.settledEpoch() + 1);
        Micros pending = Micros.ZERO;
        for (String micros : String.valueOf(reply.get(2)).split(" ", -1)) {
            pending = pending.plus(Micros.parse(micros));
        }
        String now = String.valueOf(reply.get(0));
        return new Part(
                now.isEmpty() ? -1 : Long.parseLong(now), Micros.parse(String.valueOf(reply.get(1))), pending, (Long)
                        reply.get(3));
    }
}
