package dev.millrace.settlement.watch;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.SettlementSettings;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.seal.Forgetting;
import dev.millrace.settlement.seal.Opening;
import dev.millrace.settlement.seal.RedisDurability;
import dev.millrace.settlement.seal.Script;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Compares Redis with the ledger: opens partitions that are not open, confirms a Redis process whose
 * pointers are ahead of what is settled (ingest nodes wait for that), keeps the partitions' clocks awake.
 *
 * <p>Redis is looked at every second. The ledger only where that finds something new, or now and then: nothing that the
 * watch has to act on happens to the ledger alone.
 *
 * <p>A process is confirmed under the lock of the partition's cursor: a settlement under way elsewhere may have sealed an
 * epoch that a Redis restored meanwhile knows nothing of.
 */
public final class Watch {
    /** A partition's clock older than this is moved on. Well below what ingest nodes take for a leap. */
    private static final long CLOCK_SECONDS = 30;

    /** Seconds that a canary has left to live: with less it is given a new life, and with less than the other at once. */
    private static final long CANARY_FRESH = Forgetting.CANARY.toSeconds() * 2 / 3;

    private static final long CANARY_LEFT = Forgetting.CANARY.toSeconds() / 2;

    /** Between two looks at a ledger that nothing has happened to. */
    private static final Duration MOST_PATIENCE = Duration.ofSeconds(30);

    /** Looks. */
    private static final int TELL_EVERY = 60;

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    private final RedisState redis;
    private final Cursors cursors;
    private final Opening opening;
    private final Script confirm;
    private final Money money;
    private final TransactionTemplate transaction;
    private final SettlementSettings settings;
    private final WatchMeters meters;
    private final RedisDurability durability;
    private final FrozenSessions frozen;
    private final HighestSeen highestSeen = new HighestSeen();
    private final Forgetting forgetting;
    private final Duration patience;
    private final AtomicBoolean again = new AtomicBoolean();
    private final AtomicBoolean held = new AtomicBoolean();
    private volatile boolean compared;

    /** The last one that found all in order, unless a later one did not. */
    private @Nullable Comparison comparison;

    private boolean ahead;
    private int ticks;

    Watch(
            StringRedisTemplate redis,
            Cursors cursors,
            TransactionTemplate transaction,
            SettlementSettings settings,
            WatchMeters meters,
            RedisDurability durability,
            FrozenSessions frozen,
            CrashPoints crashPoints) {
        this.redis = new RedisState(redis);
        this.cursors = cursors;
        this.opening = new Opening(
                redis, cursors, transaction, settings.openingDelay(), settings.clockTolerance(), crashPoints);
        this.forgetting = new Forgetting(redis, cursors, transaction, settings.openingDelay());
        this.confirm = new Script(redis, "confirm.lua");
        this.money = new Money(redis);
        this.transaction = transaction;
        this.settings = settings;
        this.meters = meters;
        this.durability = durability;
        this.frozen = frozen;
        Duration half = settings.settlementInterval().dividedBy(2);
        this.patience = half.compareTo(MOST_PATIENCE) < 0 ? half : MOST_PATIENCE;
    }

    /**
     * Redis as it was found when it was compared with the ledger.
     *
     * @param databaseSecond the database's clock then
     * @param ticks the monotonic clock then, in nanoseconds
     */
    private record Comparison(List<RedisState.Partition> partitions, long databaseSecond, long ticks) {
        Duration age() {
            return Duration.ofNanos(System.nanoTime() - ticks);
        }

        /** The database's clock by now, if nobody has set it since. */
        long databaseSecondNow() {
            return databaseSecond + age().toSeconds();
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
        lookAtRedis();
        if (held.getAndSet(false)) {
            frozen.end();
        }
        Comparison last = comparison;
        boolean wanted = again.getAndSet(false);
        if (wanted || last == null || last.age().compareTo(patience) >= 0 || !stillHolds(last)) {
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

    private void lookAtRedis() {
        tellOfLosses();
        lookAtDurability();
    }

    private boolean stillHolds(Comparison last) {
        String runId = redis.runId();
        long redisSecond = redis.second();
        List<RedisState.Partition> partitions = redis.partitions();
        long second = last.databaseSecondNow();
        return isAhead(redisSecond - second) == ahead
                && IntStream.range(0, partitions.size())
                        .allMatch(p ->
                                isAsBefore(partitions.get(p), last.partitions().get(p), runId, second));
    }

    /** Whether a look would find nothing to do about this partition. */
    private static boolean isAsBefore(
            RedisState.Partition now, RedisState.Partition before, String runId, long second) {
        return Objects.equals(now.opening(), before.opening())
                && runId.equals(now.run())
                && Opening.number(now.pointer()) >= Opening.number(before.pointer())
                && !now.hasForgotten(second)
                && second - Opening.number(now.clock()) <= CLOCK_SECONDS
                && Opening.number(now.canaryUntil()) - second >= CANARY_LEFT;
    }

    private void lookAtLedger() {
        comparison = null;
        String runId = redis.runId();
        List<PartitionCursor> ledger = cursors.all();
        long redisSecond = redis.second();
        List<RedisState.Partition> partitions = redis.partitions();
        Optional<Money.Reading> counted =
                isAhead(partitions, ledger) ? money.read(ledger, pointers(partitions)) : Optional.empty();
        Cursors.Moment now = cursors.now(); // read last: whoever falls asleep in between must not take that for a leap
        long ticks = System.nanoTime();
        long second = now.second();
        boolean leapt = leapt(redisSecond - second);
        boolean inOrder = true;
        for (RedisState.Partition partition : partitions) {
            inOrder &= look(partition, ledger.get(partition.partition()), runId, second, leapt);
        }
        compared |= partitions.stream().allMatch(partition -> runId.equals(partition.run()));
        meters.cursors(ledger, second);
        Optional<Money.Reading> reading = counted.filter(read -> Money.stoodStill(ledger, now.cursors()));
        reading.ifPresent(meters::money);
        if (inOrder && reading.isPresent()) {
            comparison = new Comparison(partitions, second, ticks);
        }
    }

    private static boolean isAhead(List<RedisState.Partition> partitions, List<PartitionCursor> ledger) {
        return partitions.stream()
                .allMatch(p -> p.pointer() != null
                        && Opening.isAhead(
                                p.pointer(), ledger.get(p.partition()).settledEpoch()));
    }

    private static List<Long> pointers(List<RedisState.Partition> partitions) {
        return partitions.stream().map(p -> Opening.number(p.pointer())).toList();
    }

    /** Before anything is confirmed, so that nothing is counted in between; whether Postgres answers or not. */
    private void tellOfLosses() {
        highestSeen.lost(redis.totals()).forEach((partition, micros) -> {
            meters.lost(micros);
            log.error(
                    "partition {}: Redis has lost {} that it had counted a moment ago; its pointer stands, so nothing of it was settled, and events sent again are paid",
                    partition,
                    micros);
        });
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

    /** Whether Redis' clock is ahead now and was not when it was last looked at. */
    private boolean leapt(long seconds) {
        boolean before = ahead;
        ahead = isAhead(seconds);
        return ahead && !before;
    }

    private boolean isAhead(long seconds) {
        return seconds > settings.clockTolerance().toSeconds();
    }

    /** Whether all is in order, once a clock and a canary are given what they need. */
    private boolean look(
            RedisState.Partition partition, PartitionCursor cursor, String runId, long second, boolean leapt) {
        if (Opening.isLost(partition.pointer(), Opening.number(partition.opening()), cursor)) {
            if (opening.open(partition.partition(), partition.pointer(), partition.opening(), runId)) {
                meters.reopened();
            }
            return false;
        }
        if (leapt || partition.hasForgotten(second)) {
            if (forgetting.ownUp(
                    partition.partition(), String.valueOf(partition.pointer()), String.valueOf(partition.opening()))) {
                meters.leapt();
            }
            return false;
        }
        if (!runId.equals(partition.run()) || Opening.number(partition.opening()) != cursor.opening()) {
            confirmLocked(partition, runId, second);
            return false;
        }
        if (second - Opening.number(partition.clock()) > CLOCK_SECONDS
                || Opening.number(partition.canaryUntil()) - second < CANARY_FRESH) {
            confirm(partition, cursor.opening(), runId, second);
        }
        return true;
    }

    private void confirmLocked(RedisState.Partition partition, String runId, long second) {
        transaction.executeWithoutResult(status -> cursors.claimFree(partition.partition())
                .filter(cursor -> !Opening.isLost(partition.pointer(), Opening.number(partition.opening()), cursor))
                .ifPresent(cursor -> {
                    long openings = Math.max(cursor.opening(), Opening.number(partition.opening()));
                    if (openings > cursor.opening()) {
                        noteOpening(cursor, openings);
                    }
                    confirm(partition, openings, runId, second);
                }));
    }

    /** Whoever opened it died before the ledger heard of it. */
    private void noteOpening(PartitionCursor cursor, long opening) {
        long first = redis.firstEpoch(cursor.partition()).orElse(cursor.settledEpoch() + 1);
        cursors.opened(cursor.partition(), opening, first);
        if (opening > 1) {
            meters.reopened();
            log.error(
                    "partition {}: something was lost, and it was opened again with epoch {} as the first by a worker that did not live to tell",
                    cursor.partition(),
                    first);
        }
    }

    private void confirm(RedisState.Partition partition, long openings, String runId, long second) {
        CounterKeys names = new CounterKeys(partition.partition());
        confirm.run(
                List.of(
                        names.epoch(),
                        names.opening(),
                        names.clock(),
                        names.run(),
                        names.canary(),
                        names.canaryUntil()),
                String.valueOf(partition.pointer()),
                openings,
                runId,
                second,
                settings.clockTolerance().toSeconds(),
                Forgetting.CANARY.toSeconds());
    }
}
