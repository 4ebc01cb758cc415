package dev.millrace.lab.torture;

import java.util.List;
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
    void sending(Sums sums) {
        sums.micros().forEach(sent::addAndGet);
        sentEvents.addAndGet(sums.events());
    }

    /** All of these have been accepted, or had been before. */
    void acknowledged(Sums sums) {
        sums.micros().forEach(acknowledged::addAndGet);
        acknowledgedEvents.addAndGet(sums.events());
    }

    /** Nobody will ever know whether these were counted. */
    void unanswered(Sums sums) {
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
    List<Difference> judge(int creator, long least, long total) {
        long most = of(sent, creator);
        highestSeen.accumulateAndGet(creator, total, Math::max);
        if (least <= total && total <= most) {
            return List.of();
        }
        return List.of(new Difference(
                "live balance of " + Cell.creatorName(creator), "%d to %d micros".formatted(least, most), total));
    }

    /**
     * Compares the ledger with what it must hold.
     *
     * @param ledger micros of each cell; a missing one holds nothing
     */
    List<Difference> compare(Map<Cell, Long> ledger) {
        return IntStream.range(0, Cell.COUNT)
                .mapToObj(index -> compare(index, ledger.getOrDefault(Cell.at(index), 0L)))
                .flatMap(List::stream)
                .toList();
    }

    private List<Difference> compare(int index, long found) {
        long least = acknowledged.get(index);
        long most = sent.get(index);
        boolean open = unanswered.get(index) > 0;
        if (found >= least && found <= most && (open || found == most)) {
            return List.of();
        }
        String expected = open ? "%d to %d micros".formatted(least, most) : most + " micros";
        return List.of(new Difference(Cell.at(index).toString(), expected, found));
    }

    private static long of(AtomicLongArray cells, int creator) {
        return LongStream.range(0, Cell.PUBLISHERS)
                .map(publisher -> cells.get(new Cell(creator, (int) publisher).index()))
                .sum();
    }
}
