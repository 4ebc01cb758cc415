package dev.millrace.settlement.verdict;

import dev.millrace.books.VerdictHours;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Verdicts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Keeps the verdicts of publishers' events in the ledger. Each run reads this hour and the last one, and what an earlier run could not read: at first all
 * that Redis still has. Counts only grow, and only a greater one is kept. So any number of workers may do this at any time. For one thread.
 */
public final class VerdictKeeper {
    /** Hours that Redis has, the present one included. */
    private static final long HOURS = Verdicts.HOURS_KEPT.toHours();

    private static final int HOUR_SECONDS = 3_600;

    /** Rows of one statement, but for those of its last hour. */
    private static final int ENOUGH_ROWS = 20_000;

    private final VerdictHours ledger;
    private final RedisConnections redis;

    /** The first hour that the next run reads, by partition. */
    private final long[] next = new long[Partition.COUNT];

    public VerdictKeeper(JdbcClient jdbc, RedisConnections redis) {
        this.ledger = new VerdictHours(jdbc);
        this.redis = redis;
    }

    /** Hours that were read and are to be written. */
    private final class Batch {
        private final List<VerdictHours.Count> counts = new ArrayList<>();
        private final List<Runnable> read = new ArrayList<>();

        void read(Link link, Partition partition, long hour, long now) {
            Set<String> publishers = Verdicts.publishers(link, partition, hour).stream()
                    .filter(publisher -> Kid.PUBLISHER.matcher(publisher).matches()) // others were written by hand
                    .collect(Collectors.toSet());
            Verdicts.hour(link, hour, publishers)
                    .forEach((publisher, verdicts) -> verdicts.forEach(
                            (verdict, events) -> counts.add(new VerdictHours.Count(publisher, hour, verdict, events))));
            read.add(() -> next[partition.number()] = Math.min(hour + 1, now - 1));
            if (counts.size() >= ENOUGH_ROWS) {
                write();
            }
        }

        void write() {
            ledger.keep(counts);
            read.forEach(Runnable::run);
            counts.clear();
            read.clear();
        }
    }

    /**
     * Reads and keeps. A partition that can't be read does not keep the others waiting.
     *
     * @throws RedisUnavailableException when one could not be read; the next run reads its hours
     * @throws RedisRefusedException likewise
     */
    public void keep() {
        Batch batch = new Batch();
        RuntimeException failure = null;
        for (Partition partition : Partition.all()) {
            RuntimeException failed = read(partition, batch);
            failure = failed == null ? failure : failed;
        }
        batch.write();
        if (failure != null) {
            throw failure;
        }
    }

    private @Nullable RuntimeException read(Partition partition, Batch batch) {
        try {
            Link link = redis.required(partition);
            long now = link.second() / HOUR_SECONDS;
            // A clock that was set back is no reason to leave an hour out.
            long from = Math.min(Math.max(next[partition.number()], now - HOURS + 1), now - 1);
            for (long hour = from; hour <= now; hour++) {
                batch.read(link, partition, hour, now);
            }
            return null;
        } catch (RedisUnavailableException | RedisRefusedException e) {
            return e;
        }
    }
}
