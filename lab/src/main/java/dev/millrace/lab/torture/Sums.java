package dev.millrace.lab.torture;

import java.util.HashMap;
import java.util.Map;

/** Micros and events of some events, cell by cell. Not thread-safe. */
final class Sums {
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
