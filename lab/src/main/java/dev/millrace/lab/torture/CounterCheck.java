package dev.millrace.lab.torture;

import com.google.common.base.Ticker;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Holds what Redis has at the end against the cursors: same epochs, same totals, same lineages, nothing left, nothing set aside; the logs
 * are those that were written, and every event that was counted is in them exactly once.
 */
final class CounterCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String url;

    /** @param url of Redis */
    CounterCheck(String url) {
        this.url = url;
    }

    List<Difference> against(List<Books.Cursor> cursors) {
        List<Difference> differences = new ArrayList<>();
        RedisSettings settings = new RedisSettings(url, PATIENCE, PATIENCE);
        try (RedisConnections redis = new RedisConnections(settings, Ticker.systemTicker())) {
            redis.look();
            for (Books.Cursor cursor : cursors) {
                Partition partition = Partition.of(cursor.partition());
                compare(redis.required(partition), partition, cursor, differences);
            }
            for (Link link : redis.all()) {
                Keyspace.scan(
                        link,
                        "*:quarantine:*",
                        key -> differences.add(new Difference("hashes set aside in Redis", "none", key)));
            }
        }
        return differences;
    }

    private static void compare(Link link, Partition partition, Books.Cursor cursor, List<Difference> differences) {
        long open = cursor.settledEpoch() + 1;
        PartitionState state = PartitionState.read(link, partition, open);
        expect(partition + ": pointer in Redis", open, state.number(Ctl.EPOCH), differences);
        expect(partition + ": lineage in Redis", cursor.lineage(), state.lineage(), differences);
        expect(partition + ": lineage of its opening", cursor.opened(), state.number(Ctl.OPENED), differences);
        expect(partition + ": micros ever counted", cursor.micros(), state.number(Ctl.MICROS), differences);
        expect(partition + ": events ever counted", cursor.events(), state.number(Ctl.EVENTS), differences);
        for (String key : List.of(partition.earn(open), partition.engage(open), partition.folded(open))) {
            if (Keyspace.exists(link, key)) {
                differences.add(new Difference("keys of the open epoch", "none", key));
            }
        }
        if (!state.logsAreSound()) {
            differences.add(new Difference(partition + ": logs", "as ctl describes them", state.toString()));
            return;
        }
        long logged = Logs.read(link, partition).stream()
                .mapToLong(identities -> onceEach(partition, identities, differences))
                .sum();
        expect(partition + ": identities in the logs", cursor.events(), logged, differences);
    }

    /** How many there are; none is there twice. */
    private static long onceEach(Partition partition, long[] identities, List<Difference> differences) {
        Arrays.sort(identities);
        for (int i = 1; i < identities.length; i++) {
            if (identities[i] == identities[i - 1]) {
                differences.add(new Difference(
                        partition + ": a log", "each identity once", "%016x twice".formatted(identities[i])));
            }
        }
        return identities.length;
    }

    private static void expect(String what, long expected, long found, List<Difference> differences) {
        if (expected != found) {
            differences.add(new Difference(what, Long.toString(expected), Long.toString(found)));
        }
    }
}
