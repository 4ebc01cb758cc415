package dev.millrace.lab.torture;

import com.google.common.collect.Sets;
import com.google.common.util.concurrent.AtomicLongMap;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Knows what the ledger must hold: what was sent, each distinct event once, and what was acknowledged. Its memory does not
 * grow with the number of events. Thread-safe.
 *
 * <p>What is sent is added before the first byte goes out and what is acknowledged after the answer has come, so that at any
 * moment acknowledged ≤ counted ≤ sent.
 */
final class Oracle {
    /** Events that were about to be sent for the first time. */
    final Tally sent = new Tally();

    /** Events that have been accepted, or had been before. */
    final Tally acknowledged = new Tally();

    /** Events without an answer: they may or may not have counted. */
    final Tally unanswered = new Tally();

    private final AtomicLongMap<String> highestSeen = AtomicLongMap.create();

    /** What a creator earns from one publisher: the finest money that the ledger keeps apart. */
    record Cell(String creator, String publisher) {
        static final int CREATORS = 1_000;
        static final int PUBLISHERS = 3;

        /** By numbers from 0. */
        static Cell of(int creator, int publisher) {
            return new Cell(creator(creator), publisher(publisher));
        }

        static String creator(int number) {
            return "creator-" + number;
        }

        static String publisher(int number) {
            return "publisher-" + number;
        }

        @Override
        public String toString() {
            return creator + " from " + publisher;
        }
    }

    /** How many events, units and visitors, and their micros cell by cell: those paid, and those that robots' events would have paid. */
    static final class Tally {
        private final AtomicLongMap<Cell> micros = AtomicLongMap.create();
        private final AtomicLongMap<Cell> lost = AtomicLongMap.create();
        private final AtomicLong filtered = new AtomicLong();
        private final AtomicLong events = new AtomicLong();
        private final AtomicLong identities = new AtomicLong();
        private final AtomicLong units = new AtomicLong();
        private final AtomicLong visitors = new AtomicLong();

        void add(Collection<Readership.Event> added) {
            added.forEach(event -> {
                micros.addAndGet(event.cell(), event.micros());
                lost.addAndGet(event.cell(), event.lost());
                filtered.addAndGet(event.filtered() ? 1 : 0);
                units.addAndGet(event.units());
                identities.addAndGet(event.identities());
                visitors.addAndGet(event.begins() ? 1 : 0);
            });
            events.addAndGet(added.size());
        }

        /** Events with those that they carry. */
        long identities() {
            return identities.get();
        }

        long units() {
            return units.get();
        }

        /** Visitors who are known, each with one visit. */
        long visitors() {
            return visitors.get();
        }

        /** Events of robots. */
        long filtered() {
            return filtered.get();
        }

        long events() {
            return events.get();
        }

        long micros() {
            return micros.sum();
        }

        private long of(String creator) {
            return IntStream.range(0, Cell.PUBLISHERS)
                    .mapToLong(publisher -> micros.get(new Cell(creator, Cell.publisher(publisher))))
                    .sum();
        }
    }

    /** The least that a balance asked for from now on may show: what is acknowledged, and what was ever seen. */
    long leastOf(String creator) {
        return Math.max(acknowledged.of(creator), highestSeen.get(creator));
    }

    /**
     * Judges a balance that a reader got.
     *
     * @param least {@link #leastOf} before it was asked for
     * @param total the answer
     * @param moved the most that operators may have taken from it
     */
    void judge(String creator, long least, long total, long moved, Deviations deviations) {
        long most = sent.of(creator);
        highestSeen.accumulateAndGet(creator, total, Math::max);
        if (total < least - moved || total > most) {
            deviations.add("live balance of " + creator, "%d to %d micros".formatted(least - moved, most), total);
        }
    }

    /**
     * Compares the ledger with what it must hold.
     *
     * @param ledger micros of each cell; a missing one holds nothing
     */
    void compare(Map<Cell, Long> ledger, Deviations deviations) {
        compare("", tally -> tally.micros, ledger, deviations);
    }

    /**
     * Compares what the ledger has of robots' events with what it must have.
     *
     * @param ledger micros that they would have paid, of each cell; a missing one holds nothing
     */
    void compareFiltered(Map<Cell, Long> ledger, Deviations deviations) {
        compare("filtered of ", tally -> tally.lost, ledger, deviations);
    }

    private void compare(
            String what, Function<Tally, AtomicLongMap<Cell>> of, Map<Cell, Long> ledger, Deviations deviations) {
        for (Cell cell : Sets.union(of.apply(sent).asMap().keySet(), ledger.keySet())) {
            long found = ledger.getOrDefault(cell, 0L);
            long most = of.apply(sent).get(cell);
            boolean open = of.apply(unanswered).get(cell) > 0;
            long least = open ? of.apply(acknowledged).get(cell) : most;
            if (found < least || found > most) {
                deviations.add(what + cell, open ? "%d to %d micros".formatted(least, most) : most + " micros", found);
            }
        }
    }
}
