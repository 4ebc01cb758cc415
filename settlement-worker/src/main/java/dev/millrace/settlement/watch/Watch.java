package dev.millrace.settlement.watch;

import com.google.common.base.Ticker;
import dev.millrace.books.Cursors;
import dev.millrace.books.FrozenSessions;
import dev.millrace.books.PartitionCursor;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.seal.PartitionOpening;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.settle.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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

    /** Looks. */
    private static final int TELL_EVERY = 60;

    /** A key that every Redis of version 0.1 has. */
    private static final String OF_VERSION_0_1 = "{p00}:epoch";

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final RedisConnections redis;
    private final Cursors cursors;
    private final PartitionOpening opening;
    private final CounterBalanceCheck money;
    private final WatchMeters meters;
    private final RedisDurability durability;
    private final FrozenSessions frozen;
    private final Ticker ticker;
    private final HighWaterMark highWaterMark = new HighWaterMark();
    private final Backlog backlog = new Backlog();
    private final long clockTolerance;
    private final String spans;
    private final Duration patience;
    private final AtomicBoolean again = new AtomicBoolean();
    private final AtomicBoolean held = new AtomicBoolean();
    private volatile boolean compared;
    private boolean toldOfClocks;
    private boolean toldOfSpans;

    /** Whether this worker has written its spans, or found them, by partition. */
    private final boolean[] ownSpans = new boolean[Partition.COUNT];

    /** Open epochs as they were last seen, by partition. */
    private final long[] open = new long[Partition.COUNT];

    /** The last one that found all in order, unless a later one did not. */
    private @Nullable Comparison comparison;

    private int ticks;

    Watch(
            RedisConnections redis,
            Cursors cursors,
            TransactionTemplate transaction,
            SettlementSettings settings,
            WatchMeters meters,
            RedisDurability durability,
            FrozenSessions frozen,
            Ticker ticker,
            CrashPoints crashPoints) {
        this.redis = redis;
        this.cursors = cursors;
        this.opening = new PartitionOpening(
                cursors,
                transaction,
                settings.openingDelay(),
                settings.clockTolerance(),
                settings.spans(),
                settings.redisAckReplicas(),
                crashPoints);
        this.money = new CounterBalanceCheck(redis);
        this.meters = meters;
        this.durability = durability;
        this.frozen = frozen;
        this.ticker = ticker;
        this.clockTolerance = settings.clockTolerance().toSeconds();
        this.spans = settings.rememberShort().toSeconds() + " "
                + settings.rememberLong().toSeconds();
        Duration half = settings.settlementInterval().dividedBy(2);
        this.patience = half.compareTo(MOST_PATIENCE) < 0 ? half : MOST_PATIENCE;
    }

    /** A partition as it was found, and the connection by which. */
    private record Seen(Link link, PartitionState state) {
        boolean isConfirmed() {
            return link.process().equals(state.process());
        }
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

        /** The database's clock by now, if nobody has set it since. */
        long databaseSecondNow(Ticker ticker) {
            return databaseSecond + age(ticker).toSeconds();
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
        List<Seen> seen = lookAtRedis();
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
        lookAtRedis();
        frozen.end();
        lookAtLedger();
    }

    private List<Seen> lookAtRedis() {
        List<Seen> seen = read();
        tellOfLosses(seen);
        fold(seen);
        lookAtDurability();
        return seen;
    }

    private List<Seen> read() {
        List<Seen> seen = new ArrayList<>(Partition.COUNT);
        for (Partition partition : Partition.all()) {
            Link link = redis.required(partition);
            PartitionState state = read(link, partition);
            open[partition.number()] = state.number(Ctl.EPOCH);
            seen.add(new Seen(link, state));
        }
        return seen;
    }

    /** A key that is no hash holds nothing that the ledger knows; opening removes it. */
    private PartitionState read(Link link, Partition partition) {
        try {
            return PartitionState.read(link, partition, open[partition.number()]);
        } catch (RedisRefusedException e) {
            if (!String.valueOf(e.getMessage()).contains("WRONGTYPE")) {
                throw e;
            }
            return new PartitionState(partition, Map.of(), false, false, -1);
        }
    }

    /** Before anything is confirmed, so that nothing is counted in between; whether Postgres answers or not. */
    private void tellOfLosses(List<Seen> seen) {
        highWaterMark.lost(seen.stream().map(Seen::state).toList()).forEach((partition, micros) -> {
            meters.lost(micros);
            log.error(
                    "partition {}: Redis has lost {} that it had counted a moment ago; its pointer stands, so nothing of it was settled, and events sent again are paid",
                    partition,
                    micros);
        });
    }

    private void fold(List<Seen> seen) {
        for (Seen partition : seen) {
            if (partition.isConfirmed()) {
                meters.folded(backlog.fold(partition.link(), partition.state()));
            }
        }
    }

    /** Tells it loudly, at the start and again and again; goes no further where it is required. */
    private void lookAtDurability() {
        String lacking = durability.lacking();
        meters.durable(lacking == null);
        if (lacking != null && ticks++ % TELL_EVERY == 0) {
            log.error("Redis is not durable: {}. What it has acknowledged can be lost with it", lacking);
        }
        durability.require(lacking);
    }

    private boolean stillHolds(Comparison last, List<Seen> seen) {
        long second = last.databaseSecondNow(ticker);
        return IntStream.range(0, seen.size())
                .allMatch(p -> isAsBefore(seen.get(p), last.partitions().get(p), second));
    }

    /** Whether a look at the ledger would find nothing to do about this partition. */
    private boolean isAsBefore(Seen now, Seen before, long second) {
        return now.isConfirmed()
                && Objects.equals(now.state().lineageText(), before.state().lineageText())
                && now.state().number(Ctl.EPOCH) >= before.state().number(Ctl.EPOCH)
                && now.state().logsAreSound()
                && !isToBeTold(now, second);
    }

    private void lookAtLedger() {
        comparison = null;
        List<PartitionCursor> ledger = cursors.all();
        List<Seen> seen = read();
        Optional<CounterBalanceCheck.Reading> counted =
                isAhead(seen, ledger) ? money.read(ledger, pointers(seen)) : Optional.empty();
        Cursors.Moment now = cursors.now(); // read last: whoever falls asleep in between must not take that for a leap
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
        meters.cursors(ledger, now);
        Optional<CounterBalanceCheck.Reading> reading =
                counted.filter(read -> CounterBalanceCheck.stoodStill(ledger, now.cursors()));
        reading.ifPresent(meters::money);
        for (RedisUnavailableException one : unavailable.values()) {
            throw one;
        }
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
        meters.clockAhead(ahead);
        boolean differ = Math.abs(ahead) > clockTolerance;
        if (differ && !toldOfClocks) {
            log.error(
                    "Redis' clock is {} s ahead of the database's (negative: behind it): by Redis' tokens are judged, so set the one that is wrong; no counters are opened until they agree within {} s",
                    ahead,
                    clockTolerance);
        } else if (!differ && toldOfClocks) {
            log.info("the clocks of Redis and the database agree again");
        }
        toldOfClocks = differ;
    }

    /** Each worker writes its own and trims by them, so the shortest of all is what counts. */
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
                        Reason.of(found),
                        spans);
            }
        }
    }

    private static boolean isAhead(List<Seen> seen, List<PartitionCursor> ledger) {
        return seen.stream().map(Seen::state).allMatch(state -> {
            String pointer = state.pointer();
            return pointer != null
                    && PartitionOpening.isAhead(
                            pointer, ledger.get(state.partition().number()).settledEpoch());
        });
    }

    private static List<Long> pointers(List<Seen> seen) {
        return seen.stream().map(one -> one.state().number(Ctl.EPOCH)).toList();
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
                meters.reopened();
            }
            return false;
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

    /** It had no cluster, so one node has all of its keys. */
    private void refuseVersion01(Link link) {
        if (!redis.isCluster() && Keyspace.exists(link, OF_VERSION_0_1)) {
            throw new IllegalStateException(
                    "Redis at %s holds the counters of Millrace 0.1 (%s); 0.2 starts with an empty Redis and an empty database, and opens nothing here"
                            .formatted(link.address(), OF_VERSION_0_1));
        }
    }
}
