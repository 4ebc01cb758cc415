package dev.millrace.ingest.index;

import dev.millrace.counters.LogEntry;
import dev.millrace.counters.LogPages.LogPage;
import dev.millrace.counters.LogPages.Status;
import dev.millrace.counters.LogPosition;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** A log in memory that does what tally.lua, page.lua, seal.lua and raise.lua do with one in Redis, and remembers everything. */
final class SimulatedLog {
    /** Identities; of tally.lua, but for the number. */
    private static final int MOST_BEHIND = 40;

    private TreeMap<String, long[]> entries = new TreeMap<>(LogPosition::compare);
    private String last = LogPosition.BEGINNING;
    private long lineage = 1;
    private long logged;
    private long floor;
    private boolean corrupt;

    /** Seconds. */
    long now = 1_000_000;

    /** The entry of each identity that a lineage has ever had, trimmed ones too. */
    private final Map<Long, Map<Long, String>> histories = new HashMap<>(Map.of(1L, new HashMap<>()));

    /** Everything that was ever counted, in whatever lineage. */
    private final Set<Long> counted = new HashSet<>();

    /** What tally.lua answers. */
    sealed interface Reply {
        record Counted(LogPosition position, List<LogEntry> tail, LongBuffer own) implements Reply {}

        record Behind(List<LogEntry> tail) implements Reply {}

        record Refused() implements Reply {}
    }

    /** @param born the first second at which it may have counted, by identity */
    Reply tally(LogPosition from, Map<Long, Long> born) {
        if (corrupt || from.lineage() != lineage || !holds(from)) {
            return new Reply.Refused();
        }
        boolean far = logged - from.logged() > MOST_BEHIND;
        List<LogEntry> tail = behind(from.id(), far ? MOST_BEHIND : Integer.MAX_VALUE, Integer.MAX_VALUE);
        if (far) {
            return new Reply.Behind(tail);
        }
        Map<Long, Long> left = new HashMap<>(born);
        tail.forEach(entry -> {
            for (int i = 0; i < entry.size(); i++) {
                left.remove(entry.identities().get(i));
            }
        });
        left.values().removeIf(second -> second < floor);
        long[] own = left.keySet().stream().mapToLong(Long::longValue).toArray();
        if (own.length > 0) {
            append(own);
        }
        return new Reply.Counted(new LogPosition(lineage, last, logged), tail, LongBuffer.wrap(own));
    }

    private void append(long[] identities) {
        last = nextId();
        entries.put(last, identities);
        logged += identities.length;
        for (long identity : identities) {
            if (!counted.add(identity)) {
                throw new AssertionError("identity %d is counted twice, at second %d".formatted(identity, now));
            }
            history().put(identity, last);
        }
    }

    private String nextId() {
        String fresh = now * 1_000 + "-0";
        int dash = last.indexOf('-');
        return LogPosition.compare(fresh, last) > 0
                ? fresh
                : last.substring(0, dash) + "-" + (Long.parseLong(last.substring(dash + 1)) + 1);
    }

    LogPage page(LogPosition from, int mostEntries, int mostIdentities) {
        if (corrupt) {
            return new LogPage(Status.CORRUPT, floor, new LogPosition(lineage, LogPosition.BEGINNING, -1), List.of());
        }
        boolean on = from.lineage() == lineage && holds(from);
        List<LogEntry> page = behind(on ? from.id() : LogPosition.BEGINNING, mostIdentities, mostEntries);
        String to = page.isEmpty() ? last : page.getLast().id();
        return new LogPage(
                on ? Status.ON : Status.ANEW, floor, new LogPosition(lineage, to, to.equals(last) ? logged : -1), page);
    }

    private boolean holds(LogPosition position) {
        return position.id().equals(LogPosition.BEGINNING)
                || position.id().equals(last)
                || entries.containsKey(position.id());
    }

    private List<LogEntry> behind(String id, int mostIdentities, int mostEntries) {
        List<LogEntry> tail = new ArrayList<>();
        int identities = 0;
        for (Map.Entry<String, long[]> entry : entries.tailMap(id, false).entrySet()) {
            if (identities >= mostIdentities || tail.size() >= mostEntries) {
                break;
            }
            tail.add(new LogEntry(entry.getKey(), LongBuffer.wrap(entry.getValue())));
            identities += entry.getValue().length;
        }
        return tail;
    }

    /** Forgets what was logged before this second, but for some entries: Redis trims whole nodes of its tree. */
    void trim(long second, int kept) {
        List<String> old =
                new ArrayList<>(entries.headMap(second * 1_000 + "-0").keySet());
        old.subList(0, Math.max(0, old.size() - kept)).forEach(entries::remove);
        floor = Math.max(floor, second);
    }

    /** A new lineage of the same log. */
    void raise() {
        begin(history());
    }

    /** A new lineage, and a log without what was in it. */
    void beginAnew() {
        begin(new HashMap<>());
        entries = new TreeMap<>(LogPosition::compare);
        last = LogPosition.BEGINNING;
        logged = 0;
        floor = now + 61;
        corrupt = false;
    }

    private void begin(Map<Long, String> history) {
        lineage++;
        histories.put(lineage, history);
    }

    /** A copy that {@link #restore} goes back to. */
    record Copy(TreeMap<String, long[]> entries, String last, long logged, Map<Long, String> history) {}

    Copy copy() {
        return new Copy(new TreeMap<>(entries), last, logged, new HashMap<>(history()));
    }

    /** As it was when the copy was made, under a new lineage; what is born until then is refused. */
    void restore(Copy copy) {
        begin(new HashMap<>(copy.history()));
        entries = new TreeMap<>(copy.entries());
        last = copy.last();
        logged = copy.logged();
        floor = Math.max(floor, now + 61);
    }

    /** Somebody has written to it. */
    void corrupt() {
        corrupt = true;
    }

    boolean isCorrupt() {
        return corrupt;
    }

    long lineage() {
        return lineage;
    }

    long logged() {
        return logged;
    }

    /** Whether it is in the log that the position belongs to, at or below it; or was, and is trimmed. */
    boolean isBelow(long identity, LogPosition position) {
        String id = entryOf(identity, position);
        return !id.isEmpty() && LogPosition.compare(id, position.id()) <= 0;
    }

    /** The same, and the floor is not above it. */
    boolean isRemembered(long identity, LogPosition position) {
        return isBelow(identity, position) && secondOf(entryOf(identity, position)) >= floor;
    }

    private String entryOf(long identity, LogPosition position) {
        return histories.getOrDefault(position.lineage(), Map.of()).getOrDefault(identity, "");
    }

    private Map<Long, String> history() {
        return Objects.requireNonNull(histories.get(lineage));
    }

    private static long secondOf(String id) {
        return Long.parseLong(id.substring(0, id.indexOf('-'))) / 1_000;
    }

    int everCounted() {
        return counted.size();
    }

    boolean wasCounted(long identity) {
        return counted.contains(identity);
    }
}
