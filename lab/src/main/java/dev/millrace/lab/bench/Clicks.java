package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.util.Arrays;
import java.util.List;

/**
 * The events of a round written out beforehand: ids and creators, in the order of the events.
 *
 * @param ids by which each counts once
 * @param creators who earns by each
 */
record Clicks(List<String> ids, List<String> creators) {
    static Clicks of(Events events) {
        String[] ids = new String[events.size()];
        String[] creators = new String[events.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = events.id(i);
            creators[i] = events.creator(i).intern();
        }
        return new Clicks(Arrays.asList(ids), Arrays.asList(creators));
    }

    int size() {
        return ids.size();
    }

    /** Those from {@code from} up to, but not including, {@code to}. */
    Clicks lot(int from, int to) {
        return new Clicks(ids.subList(from, to), creators.subList(from, to));
    }
}
