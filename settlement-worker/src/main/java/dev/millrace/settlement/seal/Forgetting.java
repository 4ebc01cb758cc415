package dev.millrace.settlement.seal;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.settlement.cursor.Cursors;
import dev.millrace.settlement.cursor.PartitionCursor;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is done when Redis has forgotten events before their time: the sets of what was seen expire by its clock, so a clock that
 * leaps ahead empties them, and nothing else shows it once the clock is right again. The counters are whole; what must
 * not happen is that a token which was paid is paid again. So all tokens that are out are refused (forget.lua).
 *
 * <p>Noticed by a canary: a key that is given {@link #CANARY} again and again and can only die before that by such a leap. A leap
 * that is shorter does no harm, as events are remembered for longer than their tokens live, by more than that.
 */
public final class Forgetting {
    /** How long a canary lives: below the two minutes by which events are remembered longer than tokens live, at the least. */
    public static final Duration CANARY = Duration.ofSeconds(60);

    private static final Logger log = LoggerFactory.getLogger(Forgetting.class);

    private final Script script;
    private final Cursors cursors;
    private final TransactionTemplate transaction;
    private final Duration delay;

    /**
     * @param delay tokens issued earlier than this long after it was noticed are refused
     */
    public Forgetting(StringRedisTemplate redis, Cursors cursors, TransactionTemplate transaction, Duration delay) {
        this.script = new Script(redis, "forget.lua");
        this.cursors = cursors;
        this.transaction = transaction;
        this.delay = delay;
    }

    /**
     * Refuses the tokens that are out, if this worker gets the lock and pointer and opening are still those that were seen.
     *
     * @return whether it was done
     */
    public boolean ownUp(int partition, String pointer, String opening) {
        return Boolean.TRUE.equals(transaction.execute(status -> cursors.claimFree(partition)
                .map(cursor -> ownUpLocked(cursor, pointer, opening))
                .orElse(false)));
    }

    private boolean ownUpLocked(PartitionCursor cursor, String pointer, String seen) {
        CounterKeys names = new CounterKeys(cursor.partition());
        long opening = Math.max(cursor.opening(), Opening.number(seen)) + 1;
        long first = Long.parseLong(pointer) + 1;
        long second = cursors.databaseSecond();
        List<Object> reply = script.run(
                List.of(
                        names.epoch(),
                        names.opening(),
                        names.since(),
                        names.total(),
                        names.canary(),
                        names.canaryUntil()),
                pointer,
                seen,
                opening,
                first,
                second + delay.toSeconds(),
                second + CANARY.toSeconds(),
                CANARY.toSeconds());
        if (!reply.getFirst().equals("forgotten")) {
            return false;
        }
        cursors.opened(cursor.partition(), opening, first);
        log.error(
                "partition {}: Redis' clock has leapt ahead, and what it remembered of events has expired; the counters are whole, tokens issued up to {} s from now are refused",
                cursor.partition(),
                delay.toSeconds());
        return true;
    }
}
