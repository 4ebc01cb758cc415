package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.counters.Keyspace;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The metrics of the comparison. The gauges of money are NaN while no comparison of all partitions has succeeded for a minute and a half. */
final class WatchMeters {
    private static final Duration FRESH = Duration.ofSeconds(90);

    final Counter reopenings;
    final Counter lostMicros;
    final Counter foldedRecords;
    volatile double durable = Double.NaN;

    /** Of the last look; null: no limit is known. */
    volatile Keyspace.@Nullable Memory memory;

    volatile double clockAhead = Double.NaN;

    private final MeterRegistry registry;
    private final Ticker ticker;
    private final MultiGauge head;
    private volatile @Nullable CounterBalanceCheck money;
    private volatile long moneyTicks;

    /** The ledger as it was last seen, and the monotonic clock then, in nanoseconds. */
    private volatile Cursors.@Nullable Moment ledger;

    private volatile long ledgerTicks;

    WatchMeters(MeterRegistry registry, Ticker ticker) {
        this.registry = registry;
        this.ticker = ticker;
        head = MultiGauge.builder("millrace.ledger.head")
                .description("1; its labels are number and hash of the last journal")
                .register(registry);
        reopenings = counter("millrace.reopenings", "Partitions opened again after their counters were lost");
        foldedRecords = counter(
                "millrace.records.folded",
                "Entries of records that were replaced by their sums, while their epoch was open");
        lostMicros = counter(
                "millrace.lost.micros",
                "Micros that Redis had counted and has no more, in partitions whose pointer stands");
        money(
                "millrace.counted.micros",
                "Micros counted since the beginning",
                m -> m.counted().value());
        money(
                "millrace.settled.micros",
                "Micros in the ledger",
                m -> m.settled().value());
        money(
                "millrace.pending.micros",
                "Micros counted and not yet settled",
                m -> m.pending().value());
        money(
                "millrace.money.drift.micros",
                "counted - settled - pending; anything but 0 is an alarm",
                m -> m.drift().value());
        money("millrace.settled.events", "Events in the ledger", CounterBalanceCheck::settledEvents);
        money("millrace.epochs.waiting", "Sealed epochs that are not settled", CounterBalanceCheck::waiting);
        gauge("millrace.settlement.lag.seconds", "Age of the oldest partition's last settled seal", this::lagSeconds);
        ledger(
                "millrace.partitions.halted",
                "Partitions left out of the settlement",
                now -> now.cursors().stream().filter(c -> c.halted() != null).count());
        ledger(
                "millrace.openings",
                "How often partitions were opened since the beginning, all together, as the ledger has it",
                Cursors.Moment::openings);
        ledger(
                "millrace.lineage",
                "How often a history of a partition was begun, all together, as the ledger has it: openings, and new processes of Redis",
                now -> now.cursors().stream()
                        .mapToLong(PartitionCursor::lineage)
                        .sum());
        ledger("millrace.ledger.journal", "Number of the last journal", Cursors.Moment::journal);
        gauge(
                "millrace.redis.durable",
                "1: Redis loses nothing it has acknowledged and has a limit of memory; 0: not so",
                () -> durable);
        gauge(
                "millrace.redis.memory.ratio",
                "Redis' memory against its maxmemory; of a cluster, the node that is nearest to it",
                this::memoryRatio);
        gauge(
                "millrace.redis.clock.ahead.seconds",
                "By how much Redis' clock is ahead of the database's; negative: behind it",
                () -> clockAhead);
    }

    private double memoryRatio() {
        Keyspace.Memory now = memory;
        return now == null ? Double.NaN : now.used() / (double) now.limit();
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
    }

    /** Of the last comparison, while it is fresh: an old one must not look like "all is well". */
    private void money(String name, String description, ToLongFunction<CounterBalanceCheck> part) {
        gauge(name, description, () -> {
            CounterBalanceCheck last = money;
            boolean fresh = ticker.read() - moneyTicks < FRESH.toNanos();
            return last == null || !fresh ? Double.NaN : (double) part.applyAsLong(last);
        });
    }

    private void ledger(String name, String description, ToLongFunction<Cursors.Moment> part) {
        gauge(name, description, () -> {
            Cursors.Moment last = ledger;
            return last == null ? Double.NaN : (double) part.applyAsLong(last);
        });
    }

    /** Grows on while a store is away: an alarm on it must not sleep then. */
    private double lagSeconds() {
        Cursors.Moment last = ledger;
        return last == null
                ? Double.NaN
                : last.cursors().stream()
                                .mapToLong(c -> last.second() - c.sealedAt().getEpochSecond())
                                .max()
                                .orElse(0)
                        + (ticker.read() - ledgerTicks) / 1e9;
    }

    void money(CounterBalanceCheck reading) {
        moneyTicks = ticker.read();
        money = reading;
    }

    /** @param before the cursors, as they were read before Redis */
    void ledger(List<PartitionCursor> before, Cursors.Moment now) {
        ledgerTicks = ticker.read();
        Cursors.Moment last = ledger;
        ledger = now.with(before);
        if (last == null || !last.hash().equals(now.hash())) {
            Tags tags = Tags.of("journal", Long.toString(now.journal()), "hash", now.hash());
            head.register(List.of(MultiGauge.Row.of(tags, 1)), true);
        }
    }
}
