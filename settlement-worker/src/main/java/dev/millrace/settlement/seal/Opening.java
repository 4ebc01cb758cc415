package dev.millrace.settlement.seal;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Opens a partition whose pointer is missing or behind what is settled: beyond the last settled epoch, with tokens already
 * out refused unless it is the very first time, and with what is in the way set aside for a person to decide.
 *
 * <p>All under the lock of the partition's cursor, so that of two workers only one decides. A worker that dies between
 * Redis and the commit leaves Redis with an opening number above the cursor's; the next confirmation evens that out.
 */
public final class Opening {
    private static final Logger log = LoggerFactory.getLogger(Opening.class);

    private final Script script;
    private final Cursors cursors;
    private final TransactionTemplate transaction;
    private final Duration delay;
    private final Fence fence;
    private final CrashPoints crashPoints;

    /**
     * @param delay tokens issued earlier than this long after a re-opening are refused
     */
    public Opening(
            StringRedisTemplate redis,
            Cursors cursors,
            TransactionTemplate transaction,
            Duration delay,
            CrashPoints crashPoints) {
        this.script = new Script(redis, "open.lua");
        this.cursors = cursors;
        this.transaction = transaction;
        this.delay = delay;
        this.fence = new Fence(redis);
        this.crashPoints = crashPoints;
    }

    /**
     * Opens it if this worker gets the lock and the pointer is still the one that was seen.
     *
     * @param pointer the pointer that was seen, or null for none
     * @return whether the counters had been open before, so that something may be lost
     */
    public boolean open(int partition, @Nullable String pointer, String runId) {
        return Boolean.TRUE.equals(transaction.execute(status -> cursors.claimFree(partition)
                .filter(cursor -> pointer == null || !isAhead(pointer, cursor.settledEpoch()))
                .map(cursor -> openLocked(cursor, pointer, runId))
                .orElse(false)));
    }

    private boolean openLocked(PartitionCursor cursor, @Nullable String pointer, String runId) {
        CounterKeys names = new CounterKeys(cursor.partition());
        long epoch = cursor.settledEpoch() + 1;
        long opening = cursor.opening() + 1;
        boolean again = opening > 1;
        long until = fence.until(cursors::databaseSecond);
        crashPoints.reached(CrashPoint.OPENING);
        List<Object> reply = script.run(
                keys(names, pointer, epoch, opening),
                pointer == null ? "" : pointer,
                epoch,
                opening,
                runId,
                again ? delay.toSeconds() : 0,
                cursor.settledMicros(),
                cursor.settledEvents(),
                until);
        crashPoints.reached(CrashPoint.OPENED);
        if (!reply.get(0).equals("opened")) {
            return false;
        }
        cursors.opened(cursor.partition(), opening);
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

    private static List<String> keys(CounterKeys names, @Nullable String pointer, long epoch, long opening) {
        List<String> keys = new ArrayList<>(List.of(
                names.epoch(),
                names.opening(),
                names.since(),
                names.clock(),
                names.run(),
                names.total(),
                names.earn(epoch),
                names.engage(epoch)));
        List<Long> inTheWay = new ArrayList<>(List.of(epoch));
        if (pointer != null && pointer.matches("[0-9]{1,18}") && Long.parseLong(pointer) != epoch) {
            inTheWay.add(Long.parseLong(pointer));
        }
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
