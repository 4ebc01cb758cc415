package dev.millrace.lab.torture;

import com.google.common.base.Ticker;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Holds what Redis has at the end against the cursors: same epochs, same totals, same lineages, nothing left, nothing in quarantine; the logs
 * are those that were written, and every event that was counted is in them exactly once.
 */
final class RedisReckoning {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String url;

    /** @param url of Redis */
    RedisReckoning(String url) {
        this.url = url;
    }

    void compare(List<Books.Cursor> cursors, Deviations deviations) {
        RedisSettings settings = new RedisSettings(url, PATIENCE, PATIENCE);
        try (RedisConnections redis = new RedisConnections(settings, Ticker.systemTicker())) {
            redis.look();
            for (Books.Cursor cursor : cursors) {
                Partition partition = Partition.of(cursor.partition());
                compare(redis.required(partition), partition, cursor, deviations);
            }
            for (Link link : redis.all()) {
                Keyspace.scan(link, "*:quarantine:*", key -> deviations.add("hashes in quarantine", "none", key));
            }
        }
    }

    private static void compare(Link link, Partition partition, Books.Cursor cursor, Deviations deviations) {
        long open = cursor.settledEpoch() + 1;
        PartitionState state = PartitionState.read(link, partition, open);
        deviations.expect(partition + ": pointer in Redis", open, state.number(Ctl.EPOCH));
        deviations.expect(partition + ": lineage in Redis", cursor.lineage(), state.lineage());
        deviations.expect(partition + ": lineage of its opening", cursor.opened(), state.number(Ctl.OPENED));
        deviations.expect(partition + ": micros ever counted", cursor.micros(), state.number(Ctl.MICROS));
        deviations.expect(partition + ": events ever counted", cursor.events(), state.number(Ctl.EVENTS));
        for (String key : List.of(partition.earn(open), partition.engage(open), partition.folded(open))) {
            if (Keyspace.exists(link, key)) {
                deviations.add("keys of the open epoch", "none", key);
            }
        }
        if (!state.logsAreSound()) {
            deviations.add(partition + ": logs", "as ctl describes them", state.toString());
            return;
        }
        long logged = Logs.read(link, partition).stream()
                .mapToLong(identities -> onceEach(partition, identities, deviations))
                .sum();
        deviations.expect(partition + ": identities in the logs", cursor.events(), logged);
    }

    /** How many there are; none is there twice. */
    private static long onceEach(Partition partition, long[] identities, Deviations deviations) {
        Arrays.sort(identities);
        for (int i = 1; i < identities.length; i++) {
            if (identities[i] == identities[i - 1]) {
                deviations.add(partition + ": a log", "each identity once", "%016x twice".formatted(identities[i]));
            }
        }
        return identities.length;
    }

    /** Reads the logs of what was counted, as a node does that starts. */
    private static final class Logs {
        private static final LogPages PAGES = new LogPages(1_000, 100_000);

        private final LongStream.Builder identities = LongStream.builder();
        private LogPosition position = LogPosition.NONE;

        private Logs() {}

        /** The identities in both logs of a partition, of the short class first; each as often as it stands there. */
        static List<long[]> read(Link link, Partition partition) {
            Logs ofShort = new Logs();
            Logs ofLong = new Logs();
            LogPages.Page page;
            do {
                page = PAGES.read(link, partition, ofShort.position, ofLong.position);
                ofShort.take(page.shortLog());
                ofLong.take(page.longLog());
            } while (!page.shortLog().entries().isEmpty()
                    || !page.longLog().entries().isEmpty());
            return List.of(
                    ofShort.identities.build().toArray(),
                    ofLong.identities.build().toArray());
        }

        private void take(LogPages.LogPage page) {
            page.entries().forEach(entry -> {
                for (int i = 0; i < entry.size(); i++) {
                    identities.add(entry.identities().get(i));
                }
            });
            position = page.position();
        }
    }
}
