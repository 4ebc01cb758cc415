package dev.millrace.ingest.verdict;

import dev.millrace.common.token.Kid;
import dev.millrace.counters.LastVerdict;
import dev.millrace.counters.Verdicts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What became of one publisher's events at this node. Thread-safe: each method locks it, but for two whose caller does. */
final class PublisherVerdicts {
    static final int HOUR_SECONDS = 3_600;

    /** Hours for which an hour that Redis has not taken is kept. */
    private static final long MOST_HOURS = Verdicts.HOURS_KEPT.toHours();

    /** Seconds for which a silent key is kept. */
    private static final long SILENT = 24 * HOUR_SECONDS;

    private static final HourCounts NO_HOUR = new HourCounts(-1);

    private final String publisher;
    private final Map<Long, HourCounts> hours = new HashMap<>();
    private final Map<Integer, KeyVerdicts> keys = new HashMap<>();
    private HourCounts current = NO_HOUR;

    /** Counts of an hour by the verdict's number, and what of them Redis has. */
    private static final class HourCounts {
        private final long hour;
        private final long[] counts = new long[VerdictNames.COUNT];
        private final long[] written = new long[VerdictNames.COUNT];

        private HourCounts(long hour) {
            this.hour = hour;
        }

        private boolean isWritten() {
            return Arrays.equals(counts, written);
        }

        private boolean isNew() {
            return Arrays.stream(written).allMatch(count -> count == 0);
        }

        private Map<String, Long> named(boolean whole) {
            Map<String, Long> named = new LinkedHashMap<>();
            for (int i = 0; i < counts.length; i++) {
                if (whole ? counts[i] > 0 : counts[i] != written[i]) {
                    named.put(VerdictNames.name(i), counts[i]);
                }
            }
            return named;
        }
    }

    /**
     * What is on its way to Redis.
     *
     * @param arrived to be called when Redis has it
     */
    record Taken<T>(T what, Runnable arrived) {}

    PublisherVerdicts(String publisher) {
        this.publisher = publisher;
    }

    /**
     * The counts of an hour, by the verdict's number. The caller has locked this, and leaves them with the lock.
     *
     * @param second of Redis' clock
     */
    long[] counts(long second) {
        long hour = second / HOUR_SECONDS;
        if (current.hour != hour) {
            current = hours.computeIfAbsent(hour, HourCounts::new);
        }
        return current.counts;
    }

    /** The verdicts under a key. The caller has locked this, and leaves them with the lock. */
    KeyVerdicts key(Kid kid) {
        return keys.computeIfAbsent(kid.number(), _ -> new KeyVerdicts());
    }

    /** What was counted, by hour and verdict; an hour that is long over is not there any more. */
    synchronized Map<Long, Map<String, Long>> hours() {
        Map<Long, Map<String, Long>> all = new HashMap<>();
        hours.forEach((hour, counts) -> all.put(hour, counts.named(true)));
        return all;
    }

    /** A key's last verdicts, the newest first. */
    synchronized List<LastVerdict> last(Kid kid) {
        KeyVerdicts key = keys.get(kid.number());
        return key == null ? List.of() : key.last();
    }

    synchronized List<KeyWarning> warnings(Kid kid, long second) {
        KeyVerdicts key = keys.get(kid.number());
        return key == null ? List.of() : key.warnings(second);
    }

    /** Hands on the warnings that have not been logged within an hour. */
    synchronized void warn(long second, BiConsumer<Kid, KeyWarning> log) {
        keys.forEach((number, key) ->
                key.toLog(second, HOUR_SECONDS).forEach(warning -> log.accept(new Kid(publisher, number), warning)));
    }

    /** Forgets hours before the last one that Redis has, and keys that have been silent for a day. */
    synchronized void tidy(long second) {
        long now = second / HOUR_SECONDS;
        hours.values().removeIf(hour -> hour.hour < now - MOST_HOURS || (hour.hour < now - 1 && hour.isWritten()));
        if (!hours.containsKey(current.hour)) {
            current = NO_HOUR;
        }
        keys.values().removeIf(key -> key.newest() < second - SILENT);
    }

    /**
     * The hours that Redis does not have yet.
     *
     * @param whole also what it had: it may have lost it
     */
    synchronized List<Taken<Verdicts.Hour>> takeHours(boolean whole) {
        List<Taken<Verdicts.Hour>> taken = new ArrayList<>();
        for (HourCounts hour : hours.values()) {
            if (whole || !hour.isWritten()) {
                boolean all = whole || hour.isNew();
                long[] counts = hour.counts.clone();
                taken.add(new Taken<>(
                        new Verdicts.Hour(publisher, hour.hour, hour.named(all), all), () -> arrived(hour, counts)));
            }
        }
        return taken;
    }

    private synchronized void arrived(HourCounts hour, long[] counts) {
        System.arraycopy(counts, 0, hour.written, 0, counts.length);
    }

    /** The keys whose last verdicts Redis does not have yet. */
    synchronized List<Kid> unwrittenKeys() {
        return keys.entrySet().stream()
                .filter(key -> key.getValue().isUnwritten())
                .map(key -> new Kid(publisher, key.getKey()))
                .toList();
    }

    /** A key's last verdicts. */
    synchronized Taken<Verdicts.Last> takeLast(Kid kid) {
        KeyVerdicts key = key(kid);
        StringBuilder lines = new StringBuilder();
        key.last().forEach(one -> lines.append(one.line()).append('\n'));
        long order = key.order();
        return new Taken<>(new Verdicts.Last(kid, lines.toString(), key.isFirst()), () -> arrived(key, order));
    }

    private synchronized void arrived(KeyVerdicts key, long order) {
        key.written(order);
    }
}
