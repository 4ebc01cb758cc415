package dev.millrace.local.replay;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** What a replay found in the file, what became of it, and the first lines that were left out. Thread-safe. */
public final class ReplayCounts {
    private static final int NAMED_LINES = 5;

    private final Map<Kind, Long> figures = new EnumMap<>(Kind.class);
    private final Map<String, Long> leftOut = new TreeMap<>();
    private final Map<String, List<String>> named = new TreeMap<>();

    /** What is counted. */
    public enum Kind {
        LINES,
        /** Lines that are not of the combined format. */
        UNREADABLE,
        /** Page views by people, which is what is sent. */
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

        private String words() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        private String camelCase() {
            String[] words = words().split(" ", -1);
            return words[0]
                    + (words.length == 1
                            ? ""
                            : words[1].substring(0, 1).toUpperCase(Locale.ROOT) + words[1].substring(1));
        }
    }

    synchronized void add(Kind kind, long count) {
        figures.merge(kind, count, Long::sum);
    }

    /** Names a line that was left out. */
    synchronized void leaveOut(String why, String line) {
        leftOut.merge(why, 1L, Long::sum);
        List<String> lines = named.computeIfAbsent(why, key -> new ArrayList<>());
        if (lines.size() < NAMED_LINES) {
            lines.add(line);
        }
    }

    public synchronized long get(Kind kind) {
        return figures.getOrDefault(kind, 0L);
    }

    /** A JSON object with a member a kind. */
    public String json() {
        return JsonMapper.shared().writeValueAsString(kinds(Kind::camelCase));
    }

    /** A line a kind. */
    public String table() {
        return kinds(Kind::words).entrySet().stream()
                .map(kind -> "%-14s %10d".formatted(kind.getKey(), kind.getValue()))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private Map<String, Long> kinds(Function<Kind, String> name) {
        Map<String, Long> kinds = new LinkedHashMap<>();
        Stream.of(Kind.values()).forEach(kind -> kinds.put(name.apply(kind), get(kind)));
        return kinds;
    }

    /** A line for people about each reason to leave lines out. */
    public synchronized List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        named.forEach((why, lines) -> {
            long count = leftOut.getOrDefault(why, 0L);
            remarks.add("%d %s: line %s%s"
                    .formatted(count, why, String.join(", ", lines), count > lines.size() ? " …" : ""));
        });
        return remarks;
    }
}
