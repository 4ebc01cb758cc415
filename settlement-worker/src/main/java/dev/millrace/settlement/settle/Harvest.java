package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.EpochTotals;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.read.SealedEpoch;
import dev.millrace.settlement.seal.Sealing;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisLoadingException;
import java.util.List;
import java.util.Optional;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;

/**
 * Seals the open epoch of claimed partitions and reads every sealed one. A partition that does not add up is left out,
 * with the sound epochs before that; the others go on.
 */
final class Harvest {
    private final Sealing sealing;
    private final EpochReader reader;
    private final CrashPoints crashPoints;

    /** @param page fields that Redis names at a time */
    Harvest(StringRedisTemplate redis, int page, CrashPoints crashPoints) {
        this.sealing = new Sealing(redis);
        this.reader = new EpochReader(redis, page);
        this.crashPoints = crashPoints;
    }

    /**
     * @param batch what it is gathered in, with what it holds in {@code staging}
     * @param alive called now and then
     */
    void gather(List<PartitionCursor> claimed, Rates.Known rates, Batch batch, Staging staging, Runnable alive) {
        for (PartitionCursor cursor : claimed) {
            try {
                gather(cursor, rates, batch, staging, alive);
            } catch (BrokenPartition e) {
                batch.halt(cursor.partition(), e.why());
            } catch (DataAccessException e) {
                batch.halt(cursor.partition(), refusal(e));
            }
            alive.run();
        }
    }

    private void gather(PartitionCursor cursor, Rates.Known rates, Batch batch, Staging staging, Runnable alive)
            throws BrokenPartition {
        crashPoints.reached(CrashPoint.SEALING);
        Sealing.Result sealed = sealing.seal(cursor.partition(), cursor.settledEpoch());
        crashPoints.reached(CrashPoint.SEALED);
        switch (sealed) {
            case Sealing.Result.Lost(String what) -> throw new BrokenPartition(what);
            case Sealing.Result.Unconfirmed() -> batch.incomplete();
            case Sealing.Result.SealedBelow(long open, boolean now) -> {
                for (long epoch = cursor.settledEpoch() + 1; epoch < open; epoch++) {
                    if (batch.isFull()) {
                        batch.leave(cursor.partition());
                        return;
                    }
                    batch.add(stage(cursor.partition(), epoch, rates, staging, alive));
                    crashPoints.reached(CrashPoint.READ);
                }
                if (!now) {
                    batch.incomplete();
                }
            }
        }
    }

    /** Most epochs add up at first sight. What does not is taken into memory and looked at field by field. */
    private EpochTotals stage(int partition, long epoch, Rates.Known rates, Staging staging, Runnable alive)
            throws BrokenPartition {
        staging.begin();
        Optional<EpochTotals> totals = reader.stream(partition, epoch, rates, staging, alive);
        if (totals.isPresent()) {
            staging.keep();
            return totals.get();
        }
        SealedEpoch exact = reader.read(partition, epoch, rates, alive);
        staging.take(exact, rates);
        return exact.totals();
    }

    /** What Redis says against a command on this partition; anything else concerns all of them and ends the run. */
    private static String refusal(DataAccessException e) {
        if (NestedExceptionUtils.getMostSpecificCause(e) instanceof RedisCommandExecutionException refused
                && !(refused instanceof RedisLoadingException || refused instanceof RedisBusyException)) {
            return "Redis refuses: " + refused.getMessage();
        }
        throw e;
    }
}
