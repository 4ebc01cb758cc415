package dev.millrace.ingest.verdict;

import dev.millrace.counters.LastVerdict;
import dev.millrace.ingest.verdict.RecentlyCounted.Cause;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The last verdicts under one key, and its duplicates of the last hour, as this node saw them. Its {@link PublisherVerdicts} guards it. */
final class KeyVerdicts {
    private final Map<LastVerdict.Kind, Deque<Entry>> last = new EnumMap<>(LastVerdict.Kind.class);
    private @Nullable DuplicateWindow duplicates;

    /** Grows with each verdict. */
    private long order;

    private long writtenOrder;
    private long newest;

    /** When each warning was logged last, by Redis' clock. */
    private final Map<KeyWarning.Code, Long> logged = new EnumMap<>(KeyWarning.Code.class);

    private static final class Entry {
        private final String type;
        private final int verdict;
        private long at;
        private long count;
        private long order;

        private Entry(String type, int verdict) {
            this.type = type;
            this.verdict = verdict;
        }
    }

    void add(String type, int verdict, long second) {
        LastVerdict.Kind kind = VerdictNames.kind(verdict);
        Deque<Entry> entries = last.computeIfAbsent(kind, _ -> new ArrayDeque<>());
        Entry entry = entries.peekFirst();
        if (entry == null || entry.verdict != verdict || !entry.type.equals(type)) {
            if (entries.size() == kind.most()) {
                entries.removeLast();
            }
            entry = new Entry(type, verdict);
            entries.addFirst(entry);
        }
        entry.at = second;
        entry.count++;
        entry.order = ++order;
        newest = second;
    }

    void duplicate(Cause cause, int article, long second) {
        if (duplicates == null) {
            duplicates = new DuplicateWindow();
        }
        duplicates.add(cause, article, second);
    }

    /** The newest first. */
    List<LastVerdict> last() {
        List<Entry> all = new ArrayList<>();
        last.values().forEach(all::addAll);
        all.sort(Comparator.comparingLong((Entry entry) -> entry.order).reversed());
        return all.stream()
                .map(entry -> new LastVerdict(entry.at, entry.count, entry.type, VerdictNames.name(entry.verdict)))
                .toList();
    }

    List<KeyWarning> warnings(long second) {
        return KeyWarning.of(duplicates == null ? DuplicateWindow.Sums.NONE : duplicates.sums(second));
    }

    /** The warnings that have not been logged within so many seconds; they count as logged now. */
    List<KeyWarning> toLog(long second, long pause) {
        List<KeyWarning> due = new ArrayList<>();
        for (KeyWarning warning : warnings(second)) {
            Long before = logged.get(warning.code());
            if (before == null || second >= before + pause) {
                logged.put(warning.code(), second);
                due.add(warning);
            }
        }
        return due;
    }

    boolean isUnwritten() {
        return order != writtenOrder;
    }

    boolean isFirst() {
        return writtenOrder == 0;
    }

    long order() {
        return order;
    }

    void written(long upTo) {
        writtenOrder = upTo;
    }

    /** The second of the newest verdict. */
    long newest() {
        return newest;
    }
}
