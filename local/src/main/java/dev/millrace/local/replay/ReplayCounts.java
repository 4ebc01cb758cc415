package dev.millrace.local.replay;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** The counts of a replay, and the first lines that were left out. Thread-safe. */
final class ReplayCounts {
    private static final int NAMED_LINES = 5;

    private final Map<Kind, Long> figures = new TreeMap<>();
    private final Map<String, Long> leftOut = new TreeMap<>();
    private final Map<String, List<String>> firstLeftOut = new TreeMap<>();

    enum Kind {
        LINES,
        /** Lines that are not of the combined format. */
        UNREADABLE,
        /** Page views by people; these are sent. */
        PAGE_VIEWS,
        /** Page views by robots, which are not sent. */
        ROBOTS_SKIPPED,
        /** Page views of articles that no token holds, which are not sent either. */
        TOO_LONG,
        ACCEPTED,
        /** Events that had counted before, from this file or an earlier run. */
        DUPLICATE,
        /** Events that the server refused for good. */
        REJECTED;

        private static final Pattern SECOND_WORD = Pattern.compile(" (.)");

        String words() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        private String camelCase() {
            return SECOND_WORD.matcher(words()).replaceAll(word -> word.group(1).toUpperCase(Locale.ROOT));
        }
    }

    synchronized void add(Kind kind, long count) {
        figures.merge(kind, count, Long::sum);
    }

    /** Names a line that was left out. */
    synchronized void leaveOut(String why, String line) {
        if (leftOut.merge(why, 1L, Long::sum) <= NAMED_LINES) {
            firstLeftOut.computeIfAbsent(why, _ -> new ArrayList<>()).add(line);
        }
    }

    synchronized long get(Kind kind) {
        return figures.getOrDefault(kind, 0L);
    }

    String json() {
        return JsonMapper.shared().writeValueAsString(by(Kind::camelCase));
    }

    /** A line a kind. */
    String table() {
        return by(Kind::words).entrySet().stream()
                .map(figure -> "%-14s %10d".formatted(figure.getKey(), figure.getValue()))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private Map<String, Long> by(Function<Kind, String> name) {
        Map<String, Long> all = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            all.put(name.apply(kind), get(kind));
        }
        return all;
    }

    /** A line for people about each reason to leave lines out. */
    synchronized List<String> remarks() {
        return firstLeftOut.entrySet().stream()
                .map(reason -> {
                    long count = leftOut.getOrDefault(reason.getKey(), 0L);
                    String more = count > reason.getValue().size() ? " …" : "";
                    return count + " " + reason.getKey() + ": line " + String.join(", ", reason.getValue()) + more;
                })
                .toList();
    }
}
