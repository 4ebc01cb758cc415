package dev.millrace.settlement.seal;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Opens a partition that has lost something ({@link #isLost}): beyond the last settled epoch, with tokens already
 * out refused unless it is the very first time, and with what is in the way set aside for a person to decide.
 *
 * <p>All under the lock of the partition's cursor, so that of two workers only one decides. A worker that dies between
 * Redis and the commit leaves Redis with an opening number above the cursor's; the next confirmation evens that out.
 */
public final class Opening {
    private static final Logger log = LoggerFactory.getLogger(Opening.class);

    /** Keys looked at a step. */
    private static final int STRIDE = 1_000;

    /** Epochs set aside at most: a backlog of more than a day of minutes. */
    private static final int MOST_ASIDE = 2_000;

    private final StringRedisTemplate redis;
    private final Script script;
    private final Cursors cursors;
    private final TransactionTemplate transaction;
    private final Duration delay;
    private final Duration clockTolerance;
    private final Fence fence;
    private final CrashPoints crashPoints;

    /**
     * @param delay tokens issued earlier than this long after a re-opening are refused
     * @param clockTolerance most by which Redis' clock and the database's may differ
     */
    public Opening(
            StringRedisTemplate redis,
            Cursors cursors,
            TransactionTemplate transaction,
            Duration delay,
            Duration clockTolerance,
            CrashPoints crashPoints) {
        this.redis = redis;
        this.script = new Script(redis, "open.lua");
        this.cursors = cursors;
        this.transaction = transaction;
        this.delay = delay;
        this.clockTolerance = clockTolerance;
        this.fence = new Fence(redis);
        this.crashPoints = crashPoints;
    }

    /**
     * Whether Redis has lost something that the ledger knows of: there is no pointer, it is not ahead of what is settled, or
     * this is a copy from before the partition was last opened.
     *
     * @param pointer number of the open epoch as Redis has it, or null
     * @param opening how often the partition was opened as Redis has it; 0 for never
     */
    public static boolean isLost(@Nullable String pointer, long opening, PartitionCursor cursor) {
        return pointer == null || !isAhead(pointer, cursor.settledEpoch()) || opening < cursor.opening();
    }

    /**
     * Opens it if this worker gets the lock, something is lost, and pointer and opening are still those that were seen.
     *
     * @param pointer the pointer that was seen, or null for none
     * @param opening the opening that was seen, or null for none
     * @return whether the counters had been open before, so that something may be lost
     * @throws IllegalStateException when the clocks of Redis and the database differ by more than is allowed
     */
    public boolean open(int partition, @Nullable String pointer, @Nullable String opening, String runId) {
        return Boolean.TRUE.equals(transaction.execute(status -> cursors.claimFree(partition)
                .filter(cursor -> isLost(pointer, number(opening), cursor))
                .map(cursor -> openLocked(cursor, pointer, opening, runId))
                .orElse(false)));
    }

    /** What Redis has as a number; 0 where it has none. */
    public static long number(@Nullable String text) {
        return text == null || !text.matches("[0-9]{1,18}") ? 0 : Long.parseLong(text);
    }

    private boolean openLocked(PartitionCursor cursor, @Nullable String pointer, @Nullable String seen, String runId) {
        CounterKeys names = new CounterKeys(cursor.partition());
        long epoch = cursor.settledEpoch() + 1;
        long opening = Math.max(cursor.opening(), number(seen)) + 1; // a number used twice would hide a loss
        boolean again = opening > 1;
        long origin = number(seen) == 0 ? cursor.opening() : number(seen);
        long settled = cursors.lastSettledOf(cursor, origin);
        List<Long> inTheWay = inTheWay(names, pointer, epoch, settled);
        long until = fence.until(cursors::databaseSecond);
        crashPoints.reached(CrashPoint.OPENING);
        List<Object> reply = script.run(
                keys(names, epoch, opening, inTheWay),
                pointer == null ? "" : pointer,
                epoch,
                opening,
                runId,
                again ? delay.toSeconds() : 0,
                cursor.settledMicros(),
                cursor.settledEvents(),
                until,
                seen == null ? "" : seen,
                origin,
                settled,
                cursors.databaseSecond(),
                clockTolerance.toSeconds());
        crashPoints.reached(CrashPoint.OPENED);
        if (reply.get(0).equals("clock")) {
            throw new IllegalStateException(
                    "Redis' clock is %d s ahead of the database's; no counters are opened until they agree within %d s: set the one that is wrong"
                            .formatted((Long) reply.get(1), clockTolerance.toSeconds()));
        }
        if (!reply.get(0).equals("opened")) {
            return false;
        }
        cursors.opened(cursor.partition(), opening, epoch);
        if (again) {
            log.error(
                    "partition {}: counters were lost (pointer {}, epoch {} is settled); re-opened at epoch {}, {} hashes set aside; tokens issued up to {} s from now are refused",
                    cursor.partition(),
                    pointer,
                    cursor.settledEpoch(),
                    epoch,
                    reply.get(1),
                    delay.toSeconds());
        } else {
            log.info("partition {}: counters opened at epoch {}", cursor.partition(), epoch);
        }
        return again;
    }

    /** Whether this pointer is a number beyond the settled epoch. */
    public static boolean isAhead(String pointer, long settled) {
        try {
            return Long.parseLong(pointer) > settled;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /**
     * Epochs whose hashes must not be counted into, nor be settled or released as others of their number: the one to open, the
     * pointer's, and whatever lies beyond what is settled of its time.
     */
    private List<Long> inTheWay(CounterKeys names, @Nullable String pointer, long toOpen, long settled) {
        Set<Long> epochs = new TreeSet<>();
        if (pointer != null && pointer.matches("[0-9]{1,18}")) {
            epochs.add(Long.parseLong(pointer));
        }
        String prefix = names.earn(0).substring(0, names.earn(0).length() - 1);
        try (Cursor<String> keys = redis.scan(
                ScanOptions.scanOptions().match(prefix + "*").count(STRIDE).build())) {
            keys.forEachRemaining(key -> {
                long epoch = number(key.substring(prefix.length()));
                if (epoch > settled) {
                    epochs.add(epoch);
                }
            });
        }
        return Stream.concat(Stream.of(toOpen), epochs.stream())
                .distinct()
                .limit(MOST_ASIDE)
                .toList();
    }

    private static List<String> keys(CounterKeys names, long epoch, long opening, List<Long> inTheWay) {
        List<String> keys = new ArrayList<>(List.of(
                names.epoch(),
                names.opening(),
                names.since(),
                names.clock(),
                names.run(),
                names.total(),
                names.earn(epoch),
                names.engage(epoch)));
        for (long old : inTheWay) {
            keys.addAll(List.of(
                    names.earn(old),
                    names.quarantine(opening, "earn", old),
                    names.engage(old),
                    names.quarantine(opening, "engage", old)));
        }
        return keys;
    }
}
