package dev.millrace.ingest.tally;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Link;
import dev.millrace.counters.LogPages;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionClock;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ingest.index.LogIndex;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the logs of all partitions, at least once a second, and knows what this node believes of each: lineage, epoch, how long ago that was seen.
 * At the start and after a change of lineage it reads the logs anew; until then nothing is counted by them. Thread-safe.
 */
public final class LogFollower implements AutoCloseable {
    /** Read at a time: a millisecond of Redis. */
    private static final int PAGE_ENTRIES = 512;

    private static final int PAGE_IDENTITIES = 8_192;

    /** Read of a partition that counts already before the next one's turn: two million identities. */
    private static final int MOST_PAGES = 256;

    /** An index answers for so long after the partition was last seen. */
    private static final Duration ANSWERS_FOR = Duration.ofSeconds(2);

    /** Redis' clock may step back by so many seconds; tally.lua says the same. */
    private static final long MOST_BACK = 5;

    /** A partition's clock older than this is moved on, where no worker does that: they do it after half of this time. */
    private static final Duration MOST_IDLE = Duration.ofMinutes(1);

    /** Beyond its setting an index may grow by a quarter for the short class; the long one is refused first. */
    private static final int RESERVE = 4;

    private static final Logger log = LoggerFactory.getLogger(LogFollower.class);

    private final RedisConnections redis;
    private final Ticker ticker;
    private final Rules rules;
    private final TallyMetrics metrics;
    private final OutageLog outage;
    private final LogPages pages = new LogPages(PAGE_ENTRIES, PAGE_IDENTITIES);
    private final List<Map<Retention, LogTally>> logs;
    private final AtomicReferenceArray<View> views = new AtomicReferenceArray<>(Partition.COUNT);

    /** What keeps a partition from being counted in; empty: nothing. */
    private final AtomicReferenceArray<String> troubles = new AtomicReferenceArray<>(Partition.COUNT);

    /** What a look at a partition found that keeps this node from counting anywhere; empty: nothing. */
    private final AtomicReferenceArray<String> obstacles = new AtomicReferenceArray<>(Partition.COUNT);

    /** The highest second that each partition had seen when it was looked at; 0: none. */
    private final AtomicLongArray clocks = new AtomicLongArray(Partition.COUNT);

    /** The highest lineage of each partition that this node has seen. Only the following thread uses it. */
    private final long[] highest = new long[Partition.COUNT];

    private final GrowthRate growth;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("log-follower").daemon().factory());
    private final ExecutorService sorter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("index-sorter").daemon().factory());

    private volatile long bytes;
    private volatile boolean read;
    private final long began;

    /**
     * What must hold for this node to count.
     *
     * @param identityKey fingerprint of the key that identities are hashed under
     * @param leastRemembered least time for which the short class must be remembered: a token's lifetime and two minutes
     * @param clockLeap most that Redis' clock may be ahead of the last second a partition has seen
     * @param indexBytes memory for the identities
     */
    record Rules(String identityKey, Duration leastRemembered, Duration clockLeap, long indexBytes) {}

    /**
     * What this node believes of a partition. It compares; the script checks.
     *
     * @param lineage its history, 0: none known
     * @param epoch the open epoch, 0: none
     * @param confirmed whether the Redis process was compared with the ledger
     * @param ticks reading of the monotonic clock, in nanoseconds, before this was asked for
     */
    record View(long lineage, long epoch, boolean confirmed, long ticks) {
        View withEpoch(long moved) {
            return new View(lineage, moved, confirmed, ticks);
        }

        View seenAt(long later) {
            return new View(lineage, epoch, confirmed, Math.max(ticks, later));
        }
    }

    LogFollower(RedisConnections redis, Ticker ticker, Rules rules, TallyMetrics metrics) {
        this.redis = redis;
        this.ticker = ticker;
        this.rules = rules;
        this.metrics = metrics;
        this.outage = new OutageLog("Events are refused", ticker);
        this.growth = new GrowthRate(ticker);
        this.logs = Partition.all().stream().map(this::logsOf).toList();
        this.began = ticker.read();
        View unknown = new View(0, 0, false, began - ANSWERS_FOR.toNanos());
        for (int p = 0; p < Partition.COUNT; p++) {
            views.set(p, unknown);
            troubles.set(p, "");
            obstacles.set(p, "Redis was not looked at yet");
        }
    }

    private Map<Retention, LogTally> logsOf(Partition partition) {
        Map<Retention, LogTally> both = new EnumMap<>(Retention.class);
        for (Retention retention : Retention.values()) {
            both.put(retention, new LogTally(partition, retention, new LogIndex(sorter)));
        }
        return both;
    }

    /** Follows at once, then again and again after so long a pause. */
    void follow(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::round, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    LogTally log(Partition partition, Retention retention) {
        return Objects.requireNonNull(logs.get(partition.number()).get(retention));
    }

    View view(Partition partition) {
        return views.get(partition.number());
    }

    /** Whether the index may say of this partition that an event is a duplicate. */
    boolean mayAnswer(View view) {
        return view.confirmed() && view.epoch() > 0 && ticker.read() - view.ticks() < ANSWERS_FOR.toNanos();
    }

    /** A reading of the clock that ages are measured by, in nanoseconds. */
    long now() {
        return ticker.read();
    }

    /** A reply of this lineage has come to what was asked then. */
    void seen(Partition partition, long lineage, long asked) {
        views.updateAndGet(partition.number(), view -> view.lineage() == lineage ? view.seenAt(asked) : view);
    }

    /** A reply of this lineage says that another epoch is open. */
    void moved(Partition partition, long lineage, long epoch) {
        views.updateAndGet(partition.number(), view -> view.lineage() == lineage ? view.withEpoch(epoch) : view);
    }

    /** What is known of a log can't be gone on from: it is read from its beginning, now. */
    void readAnew(LogTally from) {
        from.index().forget();
        if (!thread.isShutdown()) {
            thread.execute(() -> follow(from.partition()));
        }
    }

    /**
     * Returns where an identity of this class has room in the index.
     *
     * @throws CountersUnavailableException when it has none
     */
    void requireRoom(Retention retention) throws CountersUnavailableException {
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
            for (Partition partition : Partition.all()) {
                follow(partition);
            }
            tellWhatIsOver();
            long sum = 0;
            for (Map<Retention, LogTally> both : logs) {
                for (LogTally one : both.values()) {
                    sum += one.index().bytes();
                }
            }
            bytes = sum;
            growth.observe(
                    sum(Retention.LONG, index -> Math.max(0, index.position().logged())));
            tellOfStart();
        } catch (Throwable e) { // an Error too: it would end the following, and the node would refuse events for good
            log.error("the logs can't be followed, trying again", e);
        }
    }

    private void follow(Partition partition) {
        Link link = redis.link(partition).orElse(null);
        String trouble;
        if (link == null) {
            trouble = "Redis: " + redis.trouble();
        } else {
            try {
                trouble = readOn(link, partition);
            } catch (RedisUnavailableException | RedisRefusedException e) {
                trouble = "%s: %s".formatted(partition, e.getMessage());
            }
        }
        troubles.set(partition.number(), trouble);
        String why = trouble.isEmpty() ? obstacles.get(partition.number()) : trouble;
        if (!why.isEmpty()) {
            outage.failed(why);
        }
    }

    private void tellWhatIsOver() {
        boolean isOver = Partition.all().stream()
                .allMatch(partition -> troubles.get(partition.number()).isEmpty()
                        && obstacles.get(partition.number()).isEmpty());
        if (isOver) {
            outage.over();
        }
    }

    /** Reads up to the end of both logs; what is in the way of counting, empty: nothing. */
    private String readOn(Link link, Partition partition) {
        int read = 0;
        LogIndex ofShort = log(partition, Retention.SHORT).index();
        LogIndex ofLong = log(partition, Retention.LONG).index();
        while (true) {
            long asked = ticker.read();
            LogPosition shortFrom = ofShort.position();
            LogPosition longFrom = ofLong.position();
            LogPages.Page page = pages.read(link, partition, shortFrom, longFrom);
            if (page.lineage() < highest[partition.number()]) {
                return "%s: Redis is of a time that was given up (lineage %d, this node has seen %d); settlement-worker opens it anew"
                        .formatted(partition, page.lineage(), highest[partition.number()]);
            }
            highest[partition.number()] = page.lineage();
            ofShort.take(page.shortLog(), shortFrom, page.shortSpan());
            ofLong.take(page.longLog(), longFrom, page.longSpan());
            views.set(partition.number(), new View(page.lineage(), page.epoch(), page.confirmed(), asked));
            if (page.shortLog().status() == LogPages.Status.CORRUPT
                    || page.longLog().status() == LogPages.Status.CORRUPT) {
                metrics.corrupt();
                return "%s: a log in Redis is not the one that was written; settlement-worker begins it anew"
                        .formatted(partition);
            }
            clocks.set(partition.number(), page.clock());
            obstacles.set(partition.number(), obstacle(partition, page));
            boolean ended = page.shortLog().position().logged() >= 0
                    && page.longLog().position().logged() >= 0;
            if (ofShort.isCaughtUp() && ofLong.isCaughtUp() && (ended || ++read >= MOST_PAGES)) {
                moveOn(link, partition, page);
                return "";
            }
            if (page.lineage() == 0) {
                return "%s: its lineage in Redis is no number; settlement-worker opens it anew".formatted(partition);
            }
        }
    }

    /** A partition in which nothing is counted must not look as if Redis' clock had leapt, however long no worker has moved its clock on. */
    private void moveOn(Link link, Partition partition, LogPages.Page page) {
        long idle =
                Math.min(MOST_IDLE.toSeconds(), rules.clockLeap().dividedBy(2).toSeconds());
        if (page.confirmed() && page.clock() > 0 && page.second() > page.clock() + idle) {
            PartitionClock.tick(link, partition, page.lineage(), rules.clockLeap());
        }
    }

    private String obstacle(Partition partition, LogPages.Page page) {
        if (page.clock() > 0 && !isBelievable(page.second(), page.clock())) {
            return partition + ": " + saying(page.second(), page.clock());
        }
        if (!page.identityKey().isEmpty() && !page.identityKey().equals(rules.identityKey())) {
            return "identities in Redis are of the key with fingerprint %s, this node has %s; MILLRACE_IDENTITY_KEY must be the same everywhere, for ever"
                    .formatted(page.identityKey(), rules.identityKey());
        }
        if (page.shortSpan() > 0 && page.shortSpan() < rules.leastRemembered().toSeconds()) {
            return "identities are remembered for %d s (MILLRACE_REMEMBER_SHORT of settlement-worker), but tokens live for up to %d s less 120 (MILLRACE_TOKEN_LIFETIME)"
                    .formatted(page.shortSpan(), rules.leastRemembered().toSeconds());
        }
        return "";
    }

    private void tellOfStart() {
        if (!read && isRead()) {
            read = true;
            log.info("index of {} identities read in {} s", size(), "%.1f".formatted((ticker.read() - began) / 1e9));
        }
    }

    private boolean isRead() {
        return Partition.all().stream().allMatch(this::isRead);
    }

    private boolean isRead(Partition partition) {
        return logs.get(partition.number()).values().stream()
                .allMatch(one -> one.index().isCaughtUp());
    }

    /** What keeps this node from counting anywhere: a clock that can't be believed, another identity key, a span too short; empty: nothing. */
    public String obstacle() {
        for (int p = 0; p < Partition.COUNT; p++) {
            if (!obstacles.get(p).isEmpty()) {
                return obstacles.get(p);
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
        for (int p = 0; p < Partition.COUNT; p++) {
            long clock = clocks.get(p);
            least = clock > 0 ? Math.min(least, clock) : least;
        }
        return least == Long.MAX_VALUE || isBelievable(second, least) ? "" : saying(second, least);
    }

    private boolean isBelievable(long second, long clock) {
        return second <= clock + rules.clockLeap().toSeconds() && second >= clock - MOST_BACK;
    }

    private static String saying(long second, long clock) {
        return "Redis' clock says %d, after it had said %d".formatted(second, clock);
    }

    /** What keeps this partition from being counted in. */
    String trouble(Partition partition) {
        String trouble = troubles.get(partition.number());
        return trouble.isEmpty()
                ? "%s: this node reads what was counted; it can count in a moment".formatted(partition)
                : trouble;
    }

    /**
     * Why this node is not ready; empty: it is. A single partition that can't be counted in does not keep it from counting in the others.
     */
    public String trouble() {
        String obstacle = obstacle();
        if (!obstacle.isEmpty()) {
            return obstacle;
        }
        boolean anyCounts = false;
        for (Partition partition : Partition.all()) {
            boolean isWhole = troubles.get(partition.number()).isEmpty();
            if (isWhole && !isRead(partition)) {
                return "this node reads what was counted";
            }
            anyCounts |= isWhole;
        }
        return anyCounts ? "" : troubles.get(0);
    }

    /** Partitions with an open epoch; 16 is healthy. */
    public int openPartitions() {
        return (int) Partition.all().stream().filter(p -> view(p).epoch() > 0).count();
    }

    /** Age of what is known of the partition that was seen the longest ago, in seconds. */
    public double ageSeconds() {
        long now = ticker.read();
        return Partition.all().stream()
                        .mapToLong(p -> now - view(p).ticks())
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
        return logs.stream()
                .mapToLong(both -> what.applyAsLong(
                        Objects.requireNonNull(both.get(retention)).index()))
                .sum();
    }

    @Override
    public void close() {
        thread.shutdownNow();
        sorter.shutdownNow();
    }
}
