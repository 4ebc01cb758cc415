package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.money.Micros;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What operators see of the comparison. CounterBalanceCheck gauges are NaN while no comparison of all partitions has succeeded for a minute and a half. */
final class WatchMeters {
    private static final Duration FRESH = Duration.ofSeconds(90);

    private final Ticker ticker;
    private final Counter reopenings;
    private final Counter lost;
    private final Counter folded;
    private volatile CounterBalanceCheck.@Nullable Reading money;
    private volatile long moneyTicks;
    private volatile @Nullable Lag lag;
    private volatile double halted = Double.NaN;
    private volatile double openings = Double.NaN;
    private volatile double lineage = Double.NaN;
    private volatile double durable = Double.NaN;
    private volatile double clockAhead = Double.NaN;

    WatchMeters(MeterRegistry registry, Ticker ticker) {
        this.ticker = ticker;
        reopenings = Counter.builder("millrace.reopenings")
                .description("Partitions opened again after their counters were lost")
                .register(registry);
        folded = Counter.builder("millrace.records.folded")
                .description("Entries of records that were replaced by their sums, while their epoch was open")
                .register(registry);
        lost = Counter.builder("millrace.lost.micros")
                .description("Micros that Redis had counted and has no more, in partitions whose pointer stands")
                .register(registry);
        money(
                registry,
                "millrace.counted.micros",
                "Micros counted since the beginning",
                CounterBalanceCheck.Reading::counted);
        money(registry, "millrace.settled.micros", "Micros in the ledger", CounterBalanceCheck.Reading::settled);
        money(
                registry,
                "millrace.pending.micros",
                "Micros counted and not yet settled",
                CounterBalanceCheck.Reading::pending);
        money(
                registry,
                "millrace.money.drift.micros",
                "counted - settled - pending; anything but 0 is an alarm",
                CounterBalanceCheck.Reading::drift);
        gauge(
                registry,
                "millrace.settled.events",
                "Events in the ledger",
                m -> m.ofMoney(r -> (double) r.settledEvents()));
        gauge(
                registry,
                "millrace.epochs.waiting",
                "Sealed epochs that are not settled",
                m -> m.ofMoney(r -> (double) r.waiting()));
        gauge(
                registry,
                "millrace.settlement.lag.seconds",
                "Age of the oldest partition's last settled seal",
                WatchMeters::lagSeconds);
        gauge(registry, "millrace.partitions.halted", "Partitions left out of the settlement", m -> m.halted);
        gauge(
                registry,
                "millrace.openings",
                "How often partitions were opened since the beginning, all together, as the ledger has it",
                m -> m.openings);
        gauge(
                registry,
                "millrace.lineage",
                "How often a history of a partition was begun, all together, as the ledger has it: openings, and new processes of Redis",
                m -> m.lineage);
        gauge(
                registry,
                "millrace.redis.durable",
                "1: Redis loses nothing it has acknowledged and has a limit of memory; 0: not so",
                m -> m.durable);
        gauge(
                registry,
                "millrace.redis.clock.ahead.seconds",
                "By how much Redis' clock is ahead of the database's; negative: behind it",
                m -> m.clockAhead);
    }

    private void money(
            MeterRegistry registry,
            String name,
            String description,
            Function<CounterBalanceCheck.Reading, Micros> part) {
        gauge(
                registry,
                name,
                description,
                m -> m.ofMoney(r -> (double) part.apply(r).value()));
    }

    private void gauge(MeterRegistry registry, String name, String description, Function<WatchMeters, Number> value) {
        Gauge.builder(name, this, m -> value.apply(m).doubleValue())
                .description(description)
                .register(registry);
    }

    /**
     * Age of the oldest seal when both stores were last seen.
     *
     * @param ticks the monotonic clock at that moment, in nanoseconds
     */
    private record Lag(double seconds, long ticks) {}

    /** Grows on while a store is away: an alarm on it must not sleep then. */
    private double lagSeconds() {
        Lag last = lag;
        return last == null ? Double.NaN : last.seconds() + (ticker.read() - last.ticks()) / 1e9;
    }

    void reopened() {
        reopenings.increment();
    }

    void folded(long entries) {
        folded.increment((double) entries);
    }

    void lost(Micros micros) {
        lost.increment((double) micros.value());
    }

    void durable(boolean yes) {
        durable = yes ? 1 : 0;
    }

    void clockAhead(long seconds) {
        clockAhead = (double) seconds;
    }

    void money(CounterBalanceCheck.Reading reading) {
        moneyTicks = ticker.read();
        money = reading;
    }

    /** Of the last comparison, while it is fresh: an old one must not look like "all is well". */
    private double ofMoney(ToDoubleFunction<CounterBalanceCheck.Reading> part) {
        CounterBalanceCheck.Reading reading = money;
        boolean fresh = ticker.read() - moneyTicks < FRESH.toNanos();
        return reading == null || !fresh ? Double.NaN : part.applyAsDouble(reading);
    }

    void cursors(List<PartitionCursor> cursors, Cursors.Moment now) {
        double seconds = cursors.stream()
                .mapToDouble(c -> now.second() - c.sealedAt().getEpochSecond())
                .max()
                .orElse(Double.NaN);
        lag = new Lag(seconds, ticker.read());
        halted = cursors.stream().filter(c -> c.halted() != null).count();
        openings = now.openings();
        lineage = cursors.stream().mapToLong(PartitionCursor::lineage).sum();
    }
}
