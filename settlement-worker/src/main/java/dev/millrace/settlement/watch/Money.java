package dev.millrace.settlement.watch;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Holds Redis' running total against the ledger: counted = settled + pending, in every partition.
 *
 * <p>Cursors are read before and after Redis. Only where they stood still in between is anything compared; money.lua
 * reads total and pending at one moment. So a difference is real.
 */
public final class Money {
    /** A ledger further behind than this (a week of minutes) is no matter of drift; reading so many would hold Redis up. */
    private static final long MOST_EPOCHS = 10_000;

    private final Script script;

    public Money(StringRedisTemplate redis) {
        this.script = new Script(redis, "money.lua");
    }

    /**
     * One partition.
     *
     * @param counted micros counted since the beginning
     * @param settled micros in the ledger
     * @param pending micros in epochs not settled
     * @param settledEvents events in the ledger
     * @param waiting sealed epochs not settled
     */
    public record Part(
            int partition, Micros counted, Micros settled, Micros pending, long settledEvents, long waiting) {
        /** What is missing in the ledger and the counters (positive), or there without having been counted (negative). */
        public Micros drift() {
            return counted.minus(settled).minus(pending);
        }
    }

    /** All partitions, and the sums over them. */
    public record Reading(List<Part> parts) {
        public Reading {
            parts = List.copyOf(parts);
        }

        public Micros counted() {
            return sum(Part::counted);
        }

        public Micros settled() {
            return sum(Part::settled);
        }

        public Micros pending() {
            return sum(Part::pending);
        }

        public Micros drift() {
            return sum(Part::drift);
        }

        public long settledEvents() {
            return parts.stream().mapToLong(Part::settledEvents).sum();
        }

        public long waiting() {
            return parts.stream().mapToLong(Part::waiting).sum();
        }

        private Micros sum(Function<Part, Micros> what) {
            return parts.stream().map(what).reduce(Micros.ZERO, Micros::plus);
        }
    }

    /**
     * All partitions, as true as the cursors are: the caller looks whether they have stood still.
     *
     * @param before cursors read before
     * @param pointers the pointers as just read, by partition
     * @return empty when a pointer is no longer this one, or is far ahead
     */
    Optional<Reading> read(List<PartitionCursor> before, List<Long> pointers) {
        List<Part> parts = new ArrayList<>();
        for (PartitionCursor cursor : before) {
            Optional<Part> part = part(cursor, pointers.get(cursor.partition()));
            if (part.isEmpty()) {
                return Optional.empty();
            }
            parts.add(part.get());
        }
        return Optional.of(new Reading(parts));
    }

    /** Whether nothing was settled between these two readings of the cursors. */
    static boolean stoodStill(List<PartitionCursor> before, List<PartitionCursor> after) {
        return settledEpochs(before).equals(settledEpochs(after));
    }

    private static List<Long> settledEpochs(List<PartitionCursor> cursors) {
        return cursors.stream().map(PartitionCursor::settledEpoch).toList();
    }

    /** Whether the ledger is so far behind this pointer that its epochs are not read. */
    public static boolean isFarBehind(PartitionCursor cursor, long pointer) {
        return pointer - cursor.settledEpoch() > MOST_EPOCHS;
    }

    /**
     * One partition, as true as the cursor is: the caller looks whether that has stood still.
     *
     * @return empty when the pointer is no longer this one, or is far ahead
     */
    public Optional<Part> part(PartitionCursor cursor, long pointer) {
        if (isFarBehind(cursor, pointer)) {
            return Optional.empty();
        }
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
        if (!String.valueOf(reply.get(0)).equals(Long.toString(pointer))) {
            return Optional.empty();
        }
        return Optional.of(new Part(
                cursor.partition(),
                Micros.parse(String.valueOf(reply.get(1))),
                new Micros(cursor.settledMicros()),
                pending,
                cursor.settledEvents(),
                (Long) reply.get(3)));
    }
}
