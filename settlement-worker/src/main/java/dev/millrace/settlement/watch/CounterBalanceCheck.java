package dev.millrace.settlement.watch;

import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.Totals;
import java.util.List;
import java.util.Optional;

/**
 * Holds Redis' running total against the ledger: counted = settled + pending, in every partition.
 *
 * <p>Cursors are read before and after Redis. Only where they stood still in between is anything compared; Redis tells
 * total and pending of one moment. So a difference is real.
 *
 * @param counted micros counted since the beginning
 * @param settled micros in the ledger
 * @param pending micros in epochs not settled
 * @param settledEvents events in the ledger
 * @param waiting sealed epochs not settled
 */
public record CounterBalanceCheck(Micros counted, Micros settled, Micros pending, long settledEvents, long waiting) {
    /** Of no partition. */
    public static final CounterBalanceCheck NONE = new CounterBalanceCheck(Micros.ZERO, Micros.ZERO, Micros.ZERO, 0, 0);

    /** A ledger further behind than this (a week of minutes) is no matter of drift; reading so many would hold Redis up. */
    private static final long MOST_EPOCHS = 10_000;

    /** Money missing in ledger and counters (positive), or there without having been counted (negative). */
    public Micros drift() {
        return counted.minus(settled).minus(pending);
    }

    /** The sums of this and another partition. */
    public CounterBalanceCheck plus(CounterBalanceCheck other) {
        return new CounterBalanceCheck(
                counted.plus(other.counted),
                settled.plus(other.settled),
                pending.plus(other.pending),
                settledEvents + other.settledEvents,
                waiting + other.waiting);
    }

    /**
     * The sums of all partitions, as true as the cursors are: the caller looks whether they have {@link #stoodStill}.
     *
     * @param cursors read before
     * @param pointers the pointers as just read, by partition
     * @return empty when a pointer is not ahead, is no longer this one, or is far ahead
     */
    static Optional<CounterBalanceCheck> read(
            RedisConnections redis, List<PartitionCursor> cursors, List<Long> pointers) {
        CounterBalanceCheck sum = NONE;
        for (PartitionCursor cursor : cursors) {
            long pointer = pointers.get(cursor.partition());
            Optional<CounterBalanceCheck> part =
                    pointer > cursor.settledEpoch() ? read(redis, cursor, pointer) : Optional.empty();
            if (part.isEmpty()) {
                return part;
            }
            sum = sum.plus(part.get());
        }
        return Optional.of(sum);
    }

    /** One partition, as true as its cursor is; empty as of all partitions. */
    public static Optional<CounterBalanceCheck> read(RedisConnections redis, PartitionCursor cursor, long pointer) {
        if (isFarBehind(cursor, pointer)) {
            return Optional.empty();
        }
        Partition partition = Partition.of(cursor.partition());
        Totals totals = Totals.read(redis.required(partition), partition, cursor.settledEpoch() + 1, pointer);
        if (!totals.pointer().equals(Long.toString(pointer))) {
            return Optional.empty();
        }
        return Optional.of(new CounterBalanceCheck(
                Micros.parse(totals.micros()),
                new Micros(cursor.settledMicros()),
                totals.pending().stream().map(Micros::parse).reduce(Micros.ZERO, Micros::plus),
                cursor.settledEvents(),
                totals.sealed()));
    }

    /** Whether nothing was settled between these two readings of the cursors. */
    public static boolean stoodStill(List<PartitionCursor> before, List<PartitionCursor> after) {
        return before.stream()
                .map(PartitionCursor::settledEpoch)
                .toList()
                .equals(after.stream().map(PartitionCursor::settledEpoch).toList());
    }

    /** Whether the ledger is so far behind this pointer that its epochs are not read. */
    public static boolean isFarBehind(PartitionCursor cursor, long pointer) {
        return pointer - cursor.settledEpoch() > MOST_EPOCHS;
    }
}
