package dev.millrace.lab.torture;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts things by name. Thread-safe. */
final class Tallies {
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    void add(String name) {
        add(name, 1);
    }

    void add(String name, long count) {
        counts.computeIfAbsent(name, n -> new LongAdder()).add(count);
    }

    long of(String name) {
        LongAdder count = counts.get(name);
        return count == null ? 0 : count.sum();
    }

    long total() {
        return counts.values().stream().mapToLong(LongAdder::sum).sum();
    }

    Map<String, Long> all() {
        Map<String, Long> all = new TreeMap<>();
        counts.forEach((name, count) -> all.put(name, count.sum()));
        return all;
    }

    /** {@code cut 12, kill 9}; {@code none} where nothing was counted. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        all().forEach((name, count) -> text.append(text.isEmpty() ? "" : ", ").append("%s %,d".formatted(name, count)));
        return text.isEmpty() ? "none" : text.toString();
    }
}
