package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.FrozenSessions;
import dev.millrace.books.PartitionCursor;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.message.Printable;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Names;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.seal.NameLoader;
import dev.millrace.settlement.seal.PartitionOpening;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.seal.SpentNotes;
import dev.millrace.settlement.watch.RedisLook.Seen;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Compares Redis with the ledger: opens partitions that are not open, begins a new lineage in a Redis process that was not compared yet (ingest
 * nodes wait for that), keeps the partitions' clocks right and their records short.
 *
 * <p>Redis is looked at every second. The ledger only where that finds something new, or now and then: nothing that the
 * watch has to act on happens to the ledger alone.
 *
 * <p>A lineage begins under the lock of the partition's cursor: a settlement under way elsewhere may have sealed an
 * epoch that a Redis restored meanwhile knows nothing of.
 */
public final class Watch {
    /** A partition's clock older than this is moved on. Well below what ingest nodes take for a leap. */
    private static final long CLOCK_SECONDS = 30;

    /** A partition's clock so far ahead of Redis' refuses all events: it followed a leap that is over. */
    private static final long AHEAD_SECONDS = 5;

    /** Between two looks at a ledger that nothing has happened to. */
    private static final Duration MOST_PATIENCE = Duration.ofSeconds(30);

    /** A key that every Redis with data of Millrace 0.1 has. */
    private static final String OF_VERSION_0_1 = "{p00}:epoch";

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final RedisConnections redis;
    private final Cursors cursors;
    private final PartitionOpening opening;
    private final SpentNotes notes;
    private final NameLoader names;
    private final WatchMeters meters;
    private final RedisLook redisLook;
    private final FrozenSessions frozen;
    private final Ticker ticker;
    private final long clockTolerance;
    private final String spans;
    private final Duration patience;
    private final AtomicBoolean again = new AtomicBoolean();
    private final AtomicBoolean held = new AtomicBoolean();
    private volatile boolean compared;
    private final OutageLog clocks;
    private boolean toldOfSpans;

    /** Whether this worker has written its spans, or found them, by partition. */
    private final boolean[] ownSpans = new boolean[Partition.COUNT];

    /** The last comparison, if it found no difference; else null. */
    private @Nullable Comparison comparison;

    Watch(
            RedisConnections redis,
            JdbcClient jdbc,
            TransactionTemplate transaction,
            SettlementSettings settings,
            MeterRegistry registry,
            RedisDurability durability,
            Ticker ticker,
            Consumer<CrashPoint> crashPoints) {
        this.redis = redis;
        this.cursors = new Cursors(jdbc);
        this.opening = new PartitionOpening(
                cursors,
                transaction,
                settings.openingDelay(),
                settings.clockTolerance(),
                settings.spans(),
                settings.redisAckReplicas(),
                crashPoints);
        this.notes = new SpentNotes(jdbc, redis);
        this.names = new NameLoader(jdbc, redis);
        this.meters = new WatchMeters(registry, ticker);
        this.redisLook = new RedisLook(redis, durability, meters, ticker);
        this.frozen = new FrozenSessions(jdbc, settings.mostIdle());
        this.ticker = ticker;
        this.clocks = new OutageLog("The clocks of Redis and the database differ", Level.ERROR, ticker);
        this.clockTolerance = settings.clockTolerance().toSeconds();
        this.spans = settings.rememberShort().toSeconds() + " "
                + settings.rememberLong().toSeconds();
        Duration half = settings.settlementInterval().dividedBy(2);
        this.patience = half.compareTo(MOST_PATIENCE) < 0 ? half : MOST_PATIENCE;
    }

    /**
     * Redis as it was found when it was compared with the ledger.
     *
     * @param databaseSecond the database's clock then
     * @param ticks the monotonic clock then, in nanoseconds
     */
    private record Comparison(List<Seen> partitions, long databaseSecond, long ticks) {
        Duration age(Ticker ticker) {
            return Duration.ofNanos(ticker.read() - ticks);
        }
    }

    /**
     * Whether a look has found every partition of Redis' process compared with the ledger, since this worker started. A first look may
     * leave that to the next: it waits for no partition that is being settled.
     */
    public boolean hasCompared() {
        return compared;
    }

    /**
     * One turn of the watch, to be taken every second: looks at Redis, and at the ledger too where it was asked for
     * ({@link #lookAgain}), where Redis is no longer as it was when the two were compared, or where that was too long ago.
     *
     * <p>Fails with what Redis or the database says when one of them does not answer.
     */
    public void turn() {
        List<Seen> seen = redisLook.look();
        if (held.getAndSet(false)) {
            frozen.end();
        }
        Comparison last = comparison;
        boolean wanted = again.getAndSet(false);
        if (wanted || last == null || last.age(ticker).compareTo(patience) >= 0 || !stillHolds(last, seen)) {
            lookAtLedger();
        }
    }

    /**
     * The next turn looks at the ledger. Any thread may ask for it.
     *
     * @param isHeld whether somebody waits for what another worker holds
     */
    public void lookAgain(boolean isHeld) {
        if (isHeld) {
            held.set(true);
        }
        again.set(true);
    }

    /** One look at both stores. Fails as {@link #turn} does. */
    public void look() {
        lookAgain(true);
        turn();
    }

    private boolean stillHolds(Comparison last, List<Seen> seen) {
        long second =
                last.databaseSecond() + last.age(ticker).toSeconds(); // if nobody has set the database's clock since
        return IntStream.range(0, seen.size())
                .allMatch(p -> isAsBefore(seen.get(p), last.partitions().get(p), second));
    }

    /** Whether a look at the ledger would find nothing to do about this partition. */
    private boolean isAsBefore(Seen now, Seen before, long second) {
        return now.isConfirmed()
                && Objects.equals(now.state().lineageText(), before.state().lineageText())
                && now.state().number(Ctl.EPOCH) >= before.state().number(Ctl.EPOCH)
                && now.state().logsAreSound()
                && now.state().noted() >= before.state().noted()
                && !isToBeTold(now, second);
    }

    private void lookAtLedger() {
        comparison = null;
        List<PartitionCursor> ledger = cursors.all();
        List<Seen> seen = redisLook.read();
        Optional<CounterBalanceCheck> counted = CounterBalanceCheck.read(
                redis,
                ledger,
                seen.stream().map(one -> one.state().number(Ctl.EPOCH)).toList());
        Cursors.Moment now = cursors.now(); // read last: a freeze in between must not look like a clock jump
        long ticksNow = ticker.read();
        lookAtClocks(seen, now.second());
        lookAtSpans(seen);
        boolean inOrder = true;
        Map<String, RedisUnavailableException> unavailable = new HashMap<>(); // by address; the others go on
        for (Seen partition : seen) {
            PartitionCursor cursor = ledger.get(partition.state().partition().number());
            String address = partition.link().address();
            try {
                inOrder &= !unavailable.containsKey(address) && look(partition, cursor, now.second());
            } catch (RedisUnavailableException e) {
                unavailable.put(address, e);
            }
        }
        compared |= seen.stream().allMatch(Seen::isConfirmed);
        meters.ledger(ledger, now);
        Optional<CounterBalanceCheck> reading =
                counted.filter(read -> CounterBalanceCheck.stoodStill(ledger, now.cursors()));
        reading.ifPresent(meters::money);
        for (RedisUnavailableException one : unavailable.values()) {
            throw one;
        }
        names.load();
        if (inOrder && reading.isPresent()) {
            comparison = new Comparison(seen, now.second(), ticksNow);
        }
    }

    /** By Redis' clock tokens are judged: where it is wrong, good ones expire or are not yet valid. */
    private void lookAtClocks(List<Seen> seen, long databaseSecond) {
        long ahead = seen.stream()
                .map(partition -> partition.link().second() - databaseSecond)
                .max(Comparator.comparingLong(Math::abs))
                .orElse(0L);
        meters.clockAhead = (double) ahead;
        if (Math.abs(ahead) > clockTolerance) {
            clocks.failed(
                    "Redis' is %d s ahead (negative: behind); by Redis' tokens are judged, so set the one that is wrong; no counters are opened until they agree within %d s"
                            .formatted(ahead, clockTolerance));
        } else {
            clocks.over();
        }
    }

    /** Each worker writes its own retention to Redis and trims the logs by it. So the shortest retention applies. */
    private void lookAtSpans(List<Seen> seen) {
        for (Seen partition : seen) {
            int number = partition.state().partition().number();
            String found = partition.state().fields().getOrDefault(Ctl.SPANS, "");
            if (found.equals(spans)) {
                ownSpans[number] = true;
            } else if (ownSpans[number] && !toldOfSpans) {
                toldOfSpans = true;
                log.warn(
                        "another worker has written that identities are remembered for '{}' s (short and long class), this one has '{}': give all workers the same MILLRACE_REMEMBER_SHORT and MILLRACE_REMEMBER_LONG",
                        Printable.abbreviate(found),
                        spans);
            }
        }
    }

    /** Whether all is in order, once a clock is given what it needs. */
    private boolean look(Seen partition, PartitionCursor cursor, long second) {
        PartitionState state = partition.state();
        boolean lost = PartitionOpening.isLost(state, cursor);
        if (lost || !partition.isConfirmed() || state.lineage() != cursor.lineage() || !state.logsAreSound()) {
            if (lost) {
                refuseVersion01(partition.link());
            }
            if (opening.renew(partition.link(), state)) {
                meters.reopenings.increment();
                Names.forget(partition.link(), state.partition());
            }
            notes.note(List.of(cursor.partition()));
            return false;
        }
        if (state.noted() < cursor.settledEpoch()) {
            notes.note(List.of(cursor.partition()));
        }
        if (isToBeTold(partition, second)) {
            opening.confirm(
                    partition.link(), state.partition(), String.valueOf(state.pointer()), state.lineage(), second);
            ownSpans[state.partition().number()] = true;
        }
        return true;
    }

    /** Whether the partition's clock is not right although Redis' is, or it has other spans. */
    private boolean isToBeTold(Seen partition, long databaseSecond) {
        long second = partition.link().second();
        long ahead = partition.state().number(Ctl.CLOCK) - second;
        boolean wrong = ahead < -CLOCK_SECONDS || ahead > AHEAD_SECONDS;
        return (wrong && Math.abs(second - databaseSecond) <= clockTolerance)
                || !spans.equals(partition.state().fields().get(Ctl.SPANS));
    }

    /** Millrace 0.1 does not support a Redis Cluster, so one server has all its keys. */
    private void refuseVersion01(Link link) {
        if (!redis.isCluster() && Keyspace.exists(link, OF_VERSION_0_1)) {
            throw new IllegalStateException(
                    "Redis at %s holds the counters of Millrace 0.1 (%s); 0.2 starts with an empty Redis and an empty database, and opens nothing here"
                            .formatted(link.address(), OF_VERSION_0_1));
        }
    }
}
