package dev.millrace.lab.torture;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Knows what the ledger must hold: what was sent, each distinct event once, and what was acknowledged. Its memory does not
 * grow with the number of events. Thread-safe.
 *
 * <p>What is sent is added before the first byte goes out and what is acknowledged after the answer has come, so that at any
 * moment acknowledged ≤ counted ≤ sent.
 */
final class Oracle {
    private final AtomicLongArray sent = new AtomicLongArray(Cell.COUNT);
    private final AtomicLongArray acknowledged = new AtomicLongArray(Cell.COUNT);
    private final AtomicIntegerArray unanswered = new AtomicIntegerArray(Cell.COUNT);
    private final AtomicLongArray highestSeen = new AtomicLongArray(Cell.CREATORS);
    private final AtomicLong sentEvents = new AtomicLong();
    private final AtomicLong acknowledgedEvents = new AtomicLong();
    private final AtomicLong unansweredEvents = new AtomicLong();

    /** These are about to be sent for the first time. */
    void sending(CellSums sums) {
        sums.micros().forEach(sent::addAndGet);
        sentEvents.addAndGet(sums.events());
    }

    /** All of these have been accepted, or had been before. */
    void acknowledged(CellSums sums) {
        sums.micros().forEach(acknowledged::addAndGet);
        acknowledgedEvents.addAndGet(sums.events());
    }

    /** Nobody will ever know whether these were counted. */
    void unanswered(CellSums sums) {
        sums.micros().keySet().forEach(unanswered::incrementAndGet);
        unansweredEvents.addAndGet(sums.events());
    }

    long sentEvents() {
        return sentEvents.get();
    }

    long acknowledgedEvents() {
        return acknowledgedEvents.get();
    }

    long unansweredEvents() {
        return unansweredEvents.get();
    }

    long sentMicros() {
        return IntStream.range(0, Cell.COUNT).mapToLong(sent::get).sum();
    }

    long acknowledgedMicros() {
        return IntStream.range(0, Cell.COUNT).mapToLong(acknowledged::get).sum();
    }

    /** The least that a balance asked for from now on may show: what is acknowledged, and what was ever seen. */
    long leastOf(int creator) {
        return Math.max(of(acknowledged, creator), highestSeen.get(creator));
    }

    /**
     * Judges a balance that a reader got.
     *
     * @param least {@link #leastOf} before it was asked for
     * @param total what was answered
     */
    void judge(int creator, long least, long total, Deviations deviations) {
        long most = of(sent, creator);
        highestSeen.accumulateAndGet(creator, total, Math::max);
        if (total < least || total > most) {
            deviations.add(
                    "live balance of " + Cell.creatorName(creator), "%d to %d micros".formatted(least, most), total);
        }
    }

    /**
     * Compares the ledger with what it must hold.
     *
     * @param ledger micros of each cell; a missing one holds nothing
     */
    void compare(Map<Cell, Long> ledger, Deviations deviations) {
        for (int index = 0; index < Cell.COUNT; index++) {
            Cell cell = Cell.at(index);
            long found = ledger.getOrDefault(cell, 0L);
            long least = acknowledged.get(index);
            long most = sent.get(index);
            boolean open = unanswered.get(index) > 0;
            if (found < least || found > most || (!open && found != most)) {
                deviations.add(
                        cell.toString(), open ? "%d to %d micros".formatted(least, most) : most + " micros", found);
            }
        }
    }

    private static long of(AtomicLongArray cells, int creator) {
        return LongStream.range(0, Cell.PUBLISHERS)
                .map(publisher -> cells.get(new Cell(creator, (int) publisher).index()))
                .sum();
    }

    /** Micros and events of some events, cell by cell. Not thread-safe. */
    static final class CellSums {
        private final Map<Integer, Long> micros = new HashMap<>();
        private long events;

        void add(Cell cell, long price) {
            micros.merge(cell.index(), price, Math::addExact);
            events++;
        }

        /** By {@link Cell#index}. */
        Map<Integer, Long> micros() {
            return micros;
        }

        long events() {
            return events;
        }
    }
}
