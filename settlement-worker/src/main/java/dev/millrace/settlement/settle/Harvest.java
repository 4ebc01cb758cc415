package dev.millrace.settlement.settle;

import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Link;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.Sealing;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import dev.millrace.settlement.cursor.PartitionCursor;
import dev.millrace.settlement.read.EpochContents;
import dev.millrace.settlement.read.EpochControl;
import dev.millrace.settlement.read.EpochTotals;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/**
 * Seals the open epoch of claimed partitions and reads every sealed one. A partition whose counters can't be read is left out,
 * with the epochs before that; the others go on.
 */
final class Harvest {
    private final RedisConnections redis;
    private final Sealing sealing;
    private final int page;
    private final CrashPoints crashPoints;

    /** @param page fields that Redis names at a time */
    Harvest(RedisConnections redis, Sealing.Spans spans, int page, CrashPoints crashPoints) {
        this.redis = redis;
        this.sealing = new Sealing(spans);
        this.page = page;
        this.crashPoints = crashPoints;
    }

    /**
     * @param second the database's
     * @param batch what it is gathered in, with what it holds in {@code staging}
     * @param alive called now and then
     */
    void gather(List<PartitionCursor> claimed, long second, Batch batch, Staging staging, Runnable alive) {
        for (PartitionCursor cursor : claimed) {
            try {
                gather(cursor, second, batch, staging, alive);
            } catch (MalformedCountersException e) {
                batch.halt(cursor.partition(), String.valueOf(e.getMessage()));
            } catch (RedisRefusedException e) {
                batch.halt(cursor.partition(), "Redis refuses: " + e.getMessage());
            }
            alive.run();
        }
    }

    private void gather(PartitionCursor cursor, long second, Batch batch, Staging staging, Runnable alive)
            throws MalformedCountersException {
        Partition partition = Partition.of(cursor.partition());
        Link link = redis.required(partition);
        crashPoints.reached(CrashPoint.SEALING);
        Sealing.Result sealed = sealing.seal(link, partition, cursor.settledEpoch(), cursor.lineage(), second);
        crashPoints.reached(CrashPoint.SEALED);
        switch (sealed) {
            case Sealing.Result.Lost(String what) -> throw new MalformedCountersException(what);
            case Sealing.Result.Unconfirmed() -> batch.incomplete(cursor.partition());
            case Sealing.Result.SealedBelow(long open, boolean now) -> {
                if (!now) {
                    batch.incomplete(cursor.partition());
                }
                if (now || isCompared(link, partition, cursor)) {
                    gather(link, partition, cursor, open, batch, staging, alive);
                }
            }
        }
    }

    private void gather(
            Link link,
            Partition partition,
            PartitionCursor cursor,
            long open,
            Batch batch,
            Staging staging,
            Runnable alive)
            throws MalformedCountersException {
        for (long epoch = cursor.settledEpoch() + 1; epoch < open; epoch++) {
            if (batch.isFull()) {
                batch.leave(cursor.partition());
                return;
            }
            batch.add(stage(link, partition, epoch, staging, alive));
            crashPoints.reached(CrashPoint.READ);
        }
    }

    /** Epochs that were sealed before are of this ledger only where their lineage is; seal.lua compares it where it seals. */
    private static boolean isCompared(Link link, Partition partition, PartitionCursor cursor) {
        List<String> found = EpochReader.values(link, partition.ctl(), Ctl.LINEAGE, Ctl.PROCESS);
        return Long.toString(cursor.lineage()).equals(found.get(0))
                && link.process().equals(found.get(1));
    }

    private EpochTotals stage(Link link, Partition partition, long epoch, Staging staging, Runnable alive)
            throws MalformedCountersException {
        int part = staging.begin();
        long before = staging.rows();
        try {
            EpochControl control = EpochControl.read(link, partition.earn(epoch), page, staging::earned, alive);
            Instant sealedAt = control.sealedAt();
            if (sealedAt == null) {
                throw new MalformedCountersException("it is before the open one, but its earnings are "
                        + (control.isEmpty() ? "gone" : "not marked as sealed"));
            }
            LocalDate day = EpochTotals.dayOf(sealedAt);
            EpochReader.records(
                    link,
                    partition,
                    epoch,
                    Math.min(page, EpochContents.ENTRIES),
                    () -> staging.beginUnits(day),
                    staging::engaged,
                    alive);
            staging.keep();
            return new EpochTotals(
                    part,
                    partition.number(),
                    epoch,
                    sealedAt,
                    control.micros(),
                    control.events(),
                    staging.rows() - before);
        } catch (MalformedCountersException e) {
            throw new MalformedCountersException("epoch %d: %s".formatted(epoch, e.getMessage()));
        }
    }
}
