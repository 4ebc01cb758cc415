package dev.millrace.ingest.tally;

import com.google.common.base.Ticker;
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
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;

/** This node's knowledge of a partition, and its two logs. One thread reads on; thread-safe otherwise. */
final class FollowedPartition {
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

    private final Partition partition;
    private final LogFollower.Rules rules;
    private final Ticker ticker;
    private final TallyMetrics metrics;
    private final LogPages pages = new LogPages(PAGE_ENTRIES, PAGE_IDENTITIES);
    private final Map<Retention, LogTally> logs = new EnumMap<>(Retention.class);

    private volatile View view;
    private volatile String trouble = "";
    private volatile String obstacle = "Redis was not looked at yet";
    private volatile long clock;

    /** The highest lineage that this node has seen. Only the following thread uses it. */
    private long highestLineage;

    /**
     * The partition's state as this node last read it. The script checks it again.
     *
     * @param lineage the partition's lineage, 0: none known
     * @param epoch the open epoch, 0: none
     * @param confirmed whether the Redis process was compared with the ledger
     * @param ticks monotonic clock before the node asked Redis, in nanoseconds
     */
    record View(long lineage, long epoch, boolean confirmed, long ticks) {}

    /** @param sorter sorts the indexes' slices */
    FollowedPartition(
            Partition partition, LogFollower.Rules rules, Ticker ticker, TallyMetrics metrics, Executor sorter) {
        this.partition = partition;
        this.rules = rules;
        this.ticker = ticker;
        this.metrics = metrics;
        this.view = new View(0, 0, false, ticker.read() - ANSWERS_FOR.toNanos());
        for (Retention retention : Retention.values()) {
            logs.put(retention, new LogTally(partition, retention, new LogIndex(sorter)));
        }
    }

    LogTally log(Retention retention) {
        return Objects.requireNonNull(logs.get(retention));
    }

    LogIndex index(Retention retention) {
        return log(retention).index();
    }

    View view() {
        return view;
    }

    /** Whether the index may say that an event is a duplicate, as far as this view goes. */
    boolean mayAnswer(View now) {
        return now.confirmed() && now.epoch() > 0 && ticker.read() - now.ticks() < ANSWERS_FOR.toNanos();
    }

    /** A reply of this lineage has come to a call of that time. */
    synchronized void seen(long lineage, long asked) {
        View before = view;
        if (before.lineage() == lineage && asked > before.ticks()) {
            view = new View(lineage, before.epoch(), before.confirmed(), asked);
        }
    }

    /** A reply of this lineage says that another epoch is open. */
    synchronized void moved(long lineage, long epoch) {
        View before = view;
        if (before.lineage() == lineage) {
            view = new View(lineage, epoch, before.confirmed(), before.ticks());
        }
    }

    private synchronized void see(View now) {
        view = now;
    }

    /** The reason why nothing can be counted in this partition; empty: none. */
    String trouble() {
        return trouble;
    }

    /** Why an event of this partition can't be counted while the index is not read up to the log's end. */
    String whyUnread() {
        return trouble.isEmpty()
                ? "%s: this node reads what was counted; it can count in a moment".formatted(partition)
                : trouble;
    }

    /** The reason, found by the last look, why this node can't count anywhere; empty: none. */
    String obstacle() {
        return obstacle;
    }

    /** The highest second that the partition had seen when it was looked at; 0: none. */
    long clock() {
        return clock;
    }

    /** Whether both logs have been read up to their ends. */
    boolean isRead() {
        return logs.values().stream().allMatch(log -> log.index().isCaughtUp());
    }

    /** Reads on up to the end of both logs. */
    void follow(RedisConnections redis) {
        Link link = redis.link(partition).orElse(null);
        if (link == null) {
            trouble = "Redis: " + redis.trouble();
            return;
        }
        try {
            trouble = readOn(link);
        } catch (RedisUnavailableException | RedisRefusedException e) {
            trouble = "%s: %s".formatted(partition, e.getMessage());
        }
    }

    /** The reason why nothing can be counted; empty: none. */
    private String readOn(Link link) {
        LogIndex ofShort = index(Retention.SHORT);
        LogIndex ofLong = index(Retention.LONG);
        for (int read = 1; ; read++) {
            long asked = ticker.read();
            LogPosition shortFrom = ofShort.position();
            LogPosition longFrom = ofLong.position();
            LogPages.Page page = pages.read(link, partition, shortFrom, longFrom);
            if (page.lineage() < highestLineage) {
                return "%s: Redis is of a time that was given up (lineage %d, this node has seen %d); settlement-worker opens it anew"
                        .formatted(partition, page.lineage(), highestLineage);
            }
            highestLineage = page.lineage();
            ofShort.take(page.shortLog(), shortFrom, page.shortSpan());
            ofLong.take(page.longLog(), longFrom, page.longSpan());
            see(new View(page.lineage(), page.epoch(), page.confirmed(), asked));
            if (page.shortLog().status() == LogPages.Status.CORRUPT
                    || page.longLog().status() == LogPages.Status.CORRUPT) {
                metrics.corrupt();
                return "%s: a log in Redis is not the one that was written; settlement-worker begins it anew"
                        .formatted(partition);
            }
            clock = page.clock();
            obstacle = obstacle(page);
            boolean ended = page.shortLog().position().logged() >= 0
                    && page.longLog().position().logged() >= 0;
            if (isRead() && (ended || read >= MOST_PAGES)) {
                moveOn(link, page);
                return "";
            }
            if (page.lineage() == 0) {
                return "%s: its lineage in Redis is no number; settlement-worker opens it anew".formatted(partition);
            }
        }
    }

    /** A partition in which nothing is counted must not look as if Redis' clock had leapt, however long no worker has moved its clock on. */
    private void moveOn(Link link, LogPages.Page page) {
        long idle =
                Math.min(MOST_IDLE.toSeconds(), rules.clockLeap().dividedBy(2).toSeconds());
        if (page.confirmed() && page.clock() > 0 && page.second() > page.clock() + idle) {
            PartitionClock.tick(link, partition, page.lineage(), rules.clockLeap());
        }
    }

    private String obstacle(LogPages.Page page) {
        String leap = page.clock() > 0 ? clockTrouble(page.second(), page.clock(), rules) : "";
        if (!leap.isEmpty()) {
            return partition + ": " + leap;
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

    /**
     * Why Redis' clock can't be believed; empty: it can.
     *
     * @param second that it says now
     * @param clock the highest second seen on it before
     */
    static String clockTrouble(long second, long clock, LogFollower.Rules rules) {
        return second > clock + rules.clockLeap().toSeconds() || second < clock - MOST_BACK
                ? "Redis' clock says %d, after it had said %d".formatted(second, clock)
                : "";
    }
}
