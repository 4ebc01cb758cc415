package dev.millrace.lab.torture;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whatever is not as it must be; of very many, the first are kept and the rest counted. Thread-safe. */
final class Deviations {
    private final List<Deviation> first = new ArrayList<>();
    private final int most;
    private long count;

    /**
     * @param what it is about
     * @param expected what must be
     * @param found what is
     */
    record Deviation(String what, String expected, String found) {
        @Override
        public String toString() {
            return what + ": expected " + expected + ", found " + found;
        }
    }

    /** @param most that are kept */
    Deviations(int most) {
        this.most = most;
    }

    synchronized void add(String what, String expected, @Nullable Object found) {
        count++;
        if (first.size() < most) {
            first.add(new Deviation(what, expected, String.valueOf(found)));
        }
    }

    /** Adds one where the numbers differ. */
    void expect(String what, long expected, long found) {
        if (expected != found) {
            add(what, Long.toString(expected), found);
        }
    }

    synchronized long count() {
        return count;
    }

    synchronized List<Deviation> first() {
        return List.copyOf(first);
    }
}
