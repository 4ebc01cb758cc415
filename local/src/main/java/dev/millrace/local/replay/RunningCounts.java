package dev.millrace.local.replay;

import dev.millrace.common.token.ArticleId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts while a replay runs, and the first lines of each kind that was left out. Thread-safe. */
final class RunningCounts {
    private static final int NAMED_LINES = 5;

    private final List<String> unreadableLines = new ArrayList<>();
    private final List<String> longLines = new ArrayList<>();
    private final Map<String, List<String>> rejectedLines = new TreeMap<>();
    private final Map<String, Long> codes = new TreeMap<>();
    private long lines;
    private long unreadable;
    private long pageViews;
    private long robotsSkipped;
    private long tooLong;
    private long accepted;
    private long duplicate;
    private long rejected;

    /** One more line; its number, from 1. */
    synchronized long line() {
        return ++lines;
    }

    synchronized void unreadable(long line) {
        unreadable++;
        name(unreadableLines, Long.toString(line));
    }

    synchronized void robot() {
        robotsSkipped++;
    }

    synchronized void tooLong(long line, int characters) {
        tooLong++;
        name(longLines, "%d (%d characters)".formatted(line, characters));
    }

    synchronized void pageView() {
        pageViews++;
    }

    synchronized void answered(long accepted, long duplicate, long rejected) {
        this.accepted += accepted;
        this.duplicate += duplicate;
        this.rejected += rejected;
    }

    synchronized void rejected(String code, long line) {
        codes.merge(code, 1L, Long::sum);
        name(rejectedLines.computeIfAbsent(code, key -> new ArrayList<>()), Long.toString(line));
    }

    private static void name(List<String> named, String line) {
        if (named.size() < NAMED_LINES) {
            named.add(line);
        }
    }

    synchronized ReplayCounts now() {
        return new ReplayCounts(lines, unreadable, pageViews, robotsSkipped, tooLong, accepted, duplicate, rejected);
    }

    /** Lines for people about what was left out and why. */
    synchronized List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (unreadable > 0) {
            remarks.add("unreadable: " + lines(unreadableLines, unreadable));
        }
        if (tooLong > 0) {
            remarks.add("too long: %s; an article id takes %d"
                    .formatted(lines(longLines, tooLong), ArticleId.MOST_CHARACTERS));
        }
        rejectedLines.forEach((code, named) -> {
            long count = codes.getOrDefault(code, 0L);
            remarks.add("rejected: %d × %s, %s".formatted(count, code, lines(named, count)));
        });
        return remarks;
    }

    private static String lines(List<String> named, long count) {
        return "line " + String.join(", ", named) + (count > named.size() ? " …" : "");
    }
}
