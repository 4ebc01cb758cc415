package dev.millrace.settlement.settle;

import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.BrokenPartition;
import dev.millrace.settlement.read.EpochReader;
import dev.millrace.settlement.read.Rates;
import dev.millrace.settlement.seal.Sealing;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisLoadingException;
import java.util.List;
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

    Harvest(StringRedisTemplate redis, CrashPoints crashPoints) {
        this.sealing = new Sealing(redis);
        this.reader = new EpochReader(redis);
        this.crashPoints = crashPoints;
    }

    /**
     * @param alive called now and then
     */
    Batch gather(List<PartitionCursor> claimed, Rates.Known rates, Runnable alive) {
        Batch batch = new Batch();
        for (PartitionCursor cursor : claimed) {
            try {
                gather(cursor, rates, alive, batch);
            } catch (BrokenPartition e) {
                batch.halt(cursor.partition(), e.why());
            } catch (DataAccessException e) {
                batch.halt(cursor.partition(), refusal(e));
            }
            alive.run();
        }
        return batch;
    }

    private void gather(PartitionCursor cursor, Rates.Known rates, Runnable alive, Batch batch) throws BrokenPartition {
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
                    batch.add(reader.read(cursor.partition(), epoch, rates, alive));
                    crashPoints.reached(CrashPoint.READ);
                }
                if (!now) {
                    batch.incomplete();
                }
            }
        }
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
