package dev.millrace.lab.torture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Differences; of very many, the first are kept and the rest counted. Thread-safe. */
final class Differences {
    private final List<Difference> first = new ArrayList<>();
    private final int most;
    private long count;

    /** @param most that are kept */
    Differences(int most) {
        this.most = most;
    }

    synchronized void add(Difference difference) {
        count++;
        if (first.size() < most) {
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
