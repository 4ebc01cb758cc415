package dev.millrace.ingest.tally;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.CountersUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the logs of all partitions, at least once a second. At the start and after a change of lineage it reads the logs anew; until then nothing is
 * counted by them. Thread-safe.
 */
public final class LogFollower implements AutoCloseable {
    /** Beyond its setting an index may grow by a quarter for the short class; the long one is refused first. */
    private static final int RESERVE = 4;

    private static final Logger log = LoggerFactory.getLogger(LogFollower.class);

    private final RedisConnections redis;
    private final Ticker ticker;
    private final Rules rules;
    private final OutageLog outage;
    private final List<FollowedPartition> partitions;
    private final GrowthRate growth;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("log-follower").daemon().factory());
    private final ExecutorService sorter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("index-sorter").daemon().factory());

    private volatile long bytes;
    private volatile boolean read;
    private final long began;

    /**
     * The conditions for this node to count.
     *
     * @param identityKey fingerprint of the key that identities are hashed under
     * @param leastRemembered least time for which the short class must be remembered: a token's lifetime and two minutes
     * @param clockLeap most that Redis' clock may be ahead of the last second a partition has seen
     * @param indexBytes memory for the identities
     */
    record Rules(String identityKey, Duration leastRemembered, Duration clockLeap, long indexBytes) {}

    LogFollower(RedisConnections redis, Ticker ticker, Rules rules, TallyMetrics metrics) {
        this.redis = redis;
        this.ticker = ticker;
        this.rules = rules;
        this.outage = new OutageLog("Events are refused", ticker);
        this.growth = new GrowthRate(ticker);
        this.partitions = Partition.all().stream()
                .map(partition -> new FollowedPartition(partition, rules, ticker, metrics, sorter))
                .toList();
        this.began = ticker.read();
    }

    /** Follows at once, then again and again after so long a pause. */
    void follow(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::round, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The identities in a log, as far as this node has read it. */
    public LogIndex index(Partition partition, Retention retention) {
        return of(partition).index(retention);
    }

    FollowedPartition of(Partition partition) {
        return partitions.get(partition.number());
    }

    /** A reading of the clock that ages are measured by, in nanoseconds. */
    long now() {
        return ticker.read();
    }

    /** Reads a log from its beginning, now, as the script can't go on from this node's position. */
    void readAnew(LogTally from) {
        from.index().forget();
        if (!thread.isShutdown()) {
            thread.execute(() -> follow(of(from.partition())));
        }
    }

    /**
     * Returns where an identity of this class has room in the index.
     *
     * @throws CountersUnavailableException when it has none
     */
    void requireRoom(Retention retention) {
        long most =
                retention == Retention.LONG ? rules.indexBytes() : rules.indexBytes() + rules.indexBytes() / RESERVE;
        if (bytes >= most) {
            throw new CountersUnavailableException(
                    "this node's memory for what was counted (MILLRACE_INDEX_MEMORY, %d MiB) is full for events of the %s class"
                            .formatted(rules.indexBytes() >> 20, retention));
        }
    }

    private void round() {
        try {
            partitions.forEach(this::follow);
            if (partitions.stream()
                    .allMatch(one -> one.trouble().isEmpty() && one.obstacle().isEmpty())) {
                outage.over();
            }
            bytes = bytes(Retention.SHORT) + bytes(Retention.LONG);
            growth.observe(
                    sum(Retention.LONG, index -> Math.max(0, index.position().logged())));
            tellOfStart();
        } catch (Throwable e) { // an Error too: it would end the following, and the node would refuse events for good
            log.error("the logs can't be followed, trying again", e);
        }
    }

    private void follow(FollowedPartition partition) {
        partition.follow(redis);
        String why = partition.trouble().isEmpty() ? partition.obstacle() : partition.trouble();
        if (!why.isEmpty()) {
            outage.failed(why);
        }
    }

    private void tellOfStart() {
        if (!read && partitions.stream().allMatch(FollowedPartition::isRead)) {
            read = true;
            log.info("index of {} identities read in {} s", size(), "%.1f".formatted((ticker.read() - began) / 1e9));
        }
    }

    /** The reason why this node can't count anywhere: an unbelievable clock, another identity key, a span too short; empty: none. */
    public String obstacle() {
        for (FollowedPartition partition : partitions) {
            if (!partition.obstacle().isEmpty()) {
                return partition.obstacle();
            }
        }
        return "";
    }

    /**
     * Why Redis' clock can't be believed when it says this second; empty: it can. The clock is read at other moments than the logs.
     *
     * @param second in a cluster that of the node whose clock is the furthest behind
     */
    public String clockTrouble(long second) {
        long least = Long.MAX_VALUE;
        for (FollowedPartition partition : partitions) {
            long clock = partition.clock();
            least = clock > 0 ? Math.min(least, clock) : least;
        }
        return least == Long.MAX_VALUE ? "" : FollowedPartition.clockTrouble(second, least, rules);
    }

    /**
     * Why this node is not ready; empty: it is. A single partition that can't be counted in does not keep it from counting in the others.
     */
    public String trouble() {
        String obstacle = obstacle();
        if (!obstacle.isEmpty()) {
            return obstacle;
        }
        List<FollowedPartition> whole =
                partitions.stream().filter(one -> one.trouble().isEmpty()).toList();
        if (!whole.stream().allMatch(FollowedPartition::isRead)) {
            return "this node reads what was counted";
        }
        return whole.isEmpty() ? partitions.getFirst().trouble() : "";
    }

    /** Partitions with an open epoch; 16 is healthy. */
    public int openPartitions() {
        return (int) partitions.stream().filter(one -> one.view().epoch() > 0).count();
    }

    /** Age of the oldest view of a partition, in seconds. */
    public double ageSeconds() {
        long now = ticker.read();
        return partitions.stream()
                        .mapToLong(one -> now - one.view().ticks())
                        .max()
                        .orElse(0)
                / 1e9;
    }

    /** Identities in the index. */
    public long size() {
        return sum(Retention.SHORT, LogIndex::size) + sum(Retention.LONG, LogIndex::size);
    }

    /** Bytes of memory that the identities of a class take. */
    public long bytes(Retention retention) {
        return sum(retention, LogIndex::bytes);
    }

    /** Days until the setting is reached, at the rate of the last minutes at which identities of the long class are logged; infinite without any. */
    public double daysLeft() {
        long held = Math.max(1, size());
        double each = Math.max(Long.BYTES, (double) bytes / held);
        double bytesPerDay = growth.perSecond() * each * Duration.ofDays(1).toSeconds();
        return bytesPerDay == 0 ? Double.POSITIVE_INFINITY : Math.max(0, rules.indexBytes() - bytes) / bytesPerDay;
    }

    private long sum(Retention retention, ToLongFunction<LogIndex> what) {
        return partitions.stream()
                .mapToLong(one -> what.applyAsLong(one.index(retention)))
                .sum();
    }

    @Override
    public void close() {
        thread.shutdownNow();
        sorter.shutdownNow();
    }
}
