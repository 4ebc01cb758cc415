package dev.millrace.settlement.seal;

import dev.millrace.books.SettledSpending;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Spent;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Notes in Redis what publishers have spent in settled epochs, from the ledger, so that ingest nodes can judge budgets. A note that is older than the
 * ledger is still right while the epochs above it are kept; a missing one costs publishers with a budget their events, so the watch looks for it.
 */
public final class SpentNotes {
    private static final Logger log = LoggerFactory.getLogger(SpentNotes.class);

    private final JdbcClient jdbc;
    private final RedisConnections redis;

    public SpentNotes(JdbcClient jdbc, RedisConnections redis) {
        this.jdbc = jdbc;
        this.redis = redis;
    }

    /** Notes that of these partitions; leaves one to the watch where Redis can't be used, or its counters are of another history by now. */
    public void note(Collection<Integer> partitions) {
        if (!partitions.isEmpty()) {
            SettledSpending.of(jdbc, partitions).forEach(this::note);
        }
    }

    private void note(SettledSpending spending) {
        Partition partition = Partition.of(spending.partition());
        try {
            Spent.note(
                    redis.required(partition),
                    partition,
                    spending.lineage(),
                    spending.settledEpoch(),
                    spending.micros());
        } catch (RedisUnavailableException | RedisRefusedException e) {
            log.debug("{}: what is spent could not be noted", partition, e);
        }
    }
}
