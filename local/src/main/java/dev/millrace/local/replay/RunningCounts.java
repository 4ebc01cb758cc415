package dev.millrace.local.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts while a replay runs; the reader counts lines, the senders verdicts. Thread-safe. */
final class RunningCounts {
    private static final int NAMED_LINES = 5;

    private final List<Long> unreadableLines = new ArrayList<>();
    private final Map<String, Long> codes = new TreeMap<>();
    private long lines;
    private long unreadable;
    private long pageViews;
    private long robotsSkipped;
    private long accepted;
    private long duplicate;
    private long rejected;

    /** One more line; the number of it, from 1. */
    synchronized long line() {
        return ++lines;
    }

    synchronized void unreadable(long line) {
        unreadable++;
        if (unreadableLines.size() < NAMED_LINES) {
            unreadableLines.add(line);
        }
    }

    synchronized void robot() {
        robotsSkipped++;
    }

    synchronized void pageView() {
        pageViews++;
    }

    synchronized void verdicts(Verdicts verdicts) {
        accepted += verdicts.accepted();
        duplicate += verdicts.duplicate();
        rejected += verdicts.rejected();
        verdicts.codes().forEach((code, count) -> codes.merge(code, count, Long::sum));
    }

    synchronized ReplayCounts now() {
        return new ReplayCounts(lines, unreadable, pageViews, robotsSkipped, accepted, duplicate, rejected);
    }

    /** Lines for people about what was left out: which lines could not be read, why events were rejected. */
    synchronized List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (unreadable > 0) {
            String more = unreadable > unreadableLines.size() ? " …" : "";
            remarks.add("unreadable: line "
                    + String.join(
                            ", ", unreadableLines.stream().map(String::valueOf).toList()) + more);
        }
        codes.forEach((code, count) -> remarks.add("rejected: " + count + " × " + code));
        return remarks;
    }
}
