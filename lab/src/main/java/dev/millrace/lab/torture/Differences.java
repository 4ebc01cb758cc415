package dev.millrace.lab.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** All differences of a run; of very many, the first are kept and the rest counted. Thread-safe. */
final class Differences {
    private static final int MOST = 200;

    private final List<Difference> first = new ArrayList<>();
    private long count;

    synchronized void add(Difference difference) {
        count++;
        if (first.size() < MOST) {
            first.add(difference);
        }
    }

    void addAll(Collection<Difference> differences) {
        differences.forEach(this::add);
    }

    synchronized long count() {
        return count;
    }

    synchronized List<Difference> first() {
        return List.copyOf(first);
    }
}
