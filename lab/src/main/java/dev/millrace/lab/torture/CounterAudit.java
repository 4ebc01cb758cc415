package dev.millrace.lab.torture;

import com.google.common.base.Ticker;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.LogEntry;
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
 * Holds Redis at the end against the cursors: same epochs, same totals, same lineages, nothing left, nothing in quarantine. The logs
 * are those that were written, and every event that was counted is in them exactly once.
 */
final class CounterAudit {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final LogPages PAGES = new LogPages(1_000, 100_000);

    private final Deviations deviations;

    CounterAudit(Deviations deviations) {
        this.deviations = deviations;
    }

    /** @param url of Redis */
    void compare(String url, List<LedgerAudit.Cursor> cursors) {
        RedisSettings settings = new RedisSettings(url, PATIENCE, PATIENCE);
        try (RedisConnections redis = new RedisConnections(settings, Ticker.systemTicker())) {
            redis.look();
            for (LedgerAudit.Cursor cursor : cursors) {
                Partition partition = Partition.of(cursor.partition());
                compare(redis.required(partition), partition, cursor);
            }
            for (Link link : redis.all()) {
                Keyspace.scan(link, "*:quarantine:*", key -> deviations.add("hashes in quarantine", "none", key));
            }
        }
    }

    private void compare(Link link, Partition partition, LedgerAudit.Cursor cursor) {
        long open = cursor.epoch() + 1;
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
        LongStream.Builder ofShort = LongStream.builder();
        LongStream.Builder ofLong = LongStream.builder();
        LogPages.Page page = PAGES.read(link, partition, LogPosition.NONE, LogPosition.NONE);
        while (!page.shortLog().entries().isEmpty() || !page.longLog().entries().isEmpty()) {
            page.shortLog().entries().forEach(entry -> take(entry, ofShort));
            page.longLog().entries().forEach(entry -> take(entry, ofLong));
            page = PAGES.read(
                    link, partition, page.shortLog().position(), page.longLog().position());
        }
        long logged = onceEach(partition, ofShort) + onceEach(partition, ofLong);
        deviations.expect(partition + ": identities in the logs", cursor.events(), logged);
    }

    private static void take(LogEntry entry, LongStream.Builder identities) {
        for (int i = 0; i < entry.size(); i++) {
            identities.add(entry.identities().get(i));
        }
    }

    /** How many identities a log has; none is there twice. */
    private long onceEach(Partition partition, LongStream.Builder log) {
        long[] identities = log.build().toArray();
        Arrays.sort(identities);
        for (int i = 1; i < identities.length; i++) {
            if (identities[i] == identities[i - 1]) {
                deviations.add(partition + ": a log", "each identity once", "%016x twice".formatted(identities[i]));
            }
        }
        return identities.length;
    }
}
