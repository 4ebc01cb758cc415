package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.message.Printable;
import dev.millrace.common.money.Micros;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Folding;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.settlement.seal.RedisDurability;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Looks at Redis alone: at each partition's state, at losses, and at its durability. It needs no ledger. For one
 * thread.
 */
final class RedisLook {
    /** Entries that a stream of records may have: less than a minute's where nothing is wrong, on a quiet installation. */
    static final long MOST_RECORDS = 2_000;

    /** Calls a partition and look that fold records, so that Redis is not held up. */
    private static final int MOST_FOLDS = 20;

    private static final Logger log = LoggerFactory.getLogger(RedisLook.class);

    private final RedisConnections redis;
    private final RedisDurability durability;
    private final WatchMeters meters;
    private final OutageLog losable;

    /** The partitions' totals in Redis at the last look that found them. */
    private final Map<Partition, PartitionState> before = new HashMap<>();

    /** Why the records of a partition can't be folded, as it was last told. */
    private final Map<Partition, String> unfoldable = new HashMap<>();

    RedisLook(RedisConnections redis, RedisDurability durability, WatchMeters meters, Ticker ticker) {
        this.redis = redis;
        this.durability = durability;
        this.meters = meters;
        this.losable = new OutageLog("Redis is not durable", Level.ERROR, ticker);
    }

    /** A partition's state, and the connection that read it. */
    record Seen(Link link, PartitionState state) {
        boolean isConfirmed() {
            return link.process().equals(state.process());
        }
    }

    /** Looks at all partitions, in their order. */
    List<Seen> look() {
        List<Seen> seen = read();
        for (Seen partition : seen) {
            tellOfLosses(partition.state());
            if (partition.isConfirmed()) {
                fold(partition.link(), partition.state());
            }
        }
        lookAtDurability();
        return seen;
    }

    /** The state of all partitions in Redis, in their order. */
    List<Seen> read() {
        return Partition.all().stream()
                .map(partition -> {
                    Link link = redis.required(partition);
                    return new Seen(link, read(link, partition));
                })
                .toList();
    }

    /** A key that is no hash holds nothing that the ledger knows; opening removes it. */
    private PartitionState read(Link link, Partition partition) {
        PartitionState last = before.get(partition);
        try {
            return PartitionState.read(link, partition, last == null ? 0 : last.number(Ctl.EPOCH));
        } catch (RedisRefusedException e) {
            if (!String.valueOf(e.getMessage()).contains("WRONGTYPE")) {
                throw e;
            }
            return new PartitionState(partition, Map.of(), false, false, -1, -1);
        }
    }

    /**
     * A total only grows while a partition stays open. One that is lower than at the last look tells that Redis came back without its last counts,
     * also where its pointer is as it was: nothing was settled of what is lost, and nothing in the ledger knows of it. This is told before anything
     * is confirmed, so that nothing is counted in between, and whether Postgres answers or not.
     */
    private void tellOfLosses(PartitionState now) {
        if (!now.fields().getOrDefault(Ctl.MICROS, "").matches("[0-9]{1,18}")) {
            return;
        }
        PartitionState last = before.put(now.partition(), now);
        if (last == null || last.number(Ctl.OPENED) != now.number(Ctl.OPENED)) {
            return; // an opening is told elsewhere
        }
        long lost = last.number(Ctl.MICROS) - now.number(Ctl.MICROS);
        if (lost > 0) {
            meters.lostMicros.increment((double) lost);
            log.error(
                    "partition {}: Redis has lost {} that it had counted a moment ago; its pointer stands, so nothing of it was settled, and events sent again are paid",
                    now.partition().number(),
                    new Micros(lost));
        }
    }

    /**
     * Keeps the records of an open epoch short, by folding the oldest of them. It needs no ledger: while that is away an epoch grows with the
     * names in it, and not with the calls. Records that can't be folded halt the settlement of their partition, later.
     */
    private void fold(Link link, PartitionState state) {
        long left = state.records();
        try {
            for (int call = 0; call < MOST_FOLDS && left > MOST_RECORDS; call++) {
                int folded = Folding.fold(link, state.partition(), state.number(Ctl.EPOCH), state.lineage());
                if (folded == 0) {
                    break;
                }
                left -= folded;
                meters.foldedRecords.increment(folded);
            }
            unfoldable.remove(state.partition());
        } catch (IllegalArgumentException | ArithmeticException | RedisRefusedException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(unfoldable.put(state.partition(), why))) {
                log.error(
                        "partition {}: its records can't be folded: {}",
                        state.partition().number(),
                        Printable.abbreviate(why));
            }
        }
    }

    /** Goes no further where a durable Redis is required. */
    private void lookAtDurability() {
        String lacking = durability.lacking();
        meters.durable = lacking == null ? 1 : 0;
        meters.memory = durability.fullest().orElse(null);
        if (lacking == null) {
            losable.over();
        } else {
            losable.failed(lacking + ". What it has acknowledged can be lost with it");
        }
        durability.require(lacking);
    }
}
