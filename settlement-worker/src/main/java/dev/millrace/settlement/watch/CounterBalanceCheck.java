package dev.millrace.settlement.watch;

import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Totals;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Holds Redis' running total against the ledger: counted = settled + pending, in every partition.
 *
 * <p>Cursors are read before and after Redis. Only where they stood still in between is anything compared; Redis tells
 * total and pending of one moment. So a difference is real.
 */
public final class CounterBalanceCheck {
    /** A ledger further behind than this (a week of minutes) is no matter of drift; reading so many would hold Redis up. */
    private static final long MOST_EPOCHS = 10_000;

    private final RedisConnections redis;

    public CounterBalanceCheck(RedisConnections redis) {
        this.redis = redis;
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
        Partition partition = Partition.of(cursor.partition());
        Totals totals = Totals.read(redis.required(partition), partition, cursor.settledEpoch() + 1, pointer);
        if (!totals.pointer().equals(Long.toString(pointer))) {
            return Optional.empty();
        }
        Micros pending = Micros.ZERO;
        for (String micros : totals.pending()) {
            pending = pending.plus(Micros.parse(micros));
        }
        return Optional.of(new Part(
                cursor.partition(),
                Micros.parse(totals.micros()),
                new Micros(cursor.settledMicros()),
                pending,
                cursor.settledEvents(),
                totals.sealed()));
    }
}
