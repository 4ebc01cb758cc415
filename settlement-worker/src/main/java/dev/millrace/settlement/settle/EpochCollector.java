package dev.millrace.settlement.settle;

import dev.millrace.books.EpochTotals;
import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Staging;
import dev.millrace.common.token.EngagementName;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochContents;
import dev.millrace.counters.EpochControl;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Link;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Sealing;
import dev.millrace.settlement.crash.CrashPoint;
import dev.millrace.settlement.crash.CrashPoints;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals the open epoch of claimed partitions and reads every sealed one. A partition whose counters can't be read is left out,
 * with the epochs before that; one whose Redis can't be used now, or whose replicas lack the seal, is left to another run. The others go on.
 */
final class EpochCollector {
    /** Longest wait for the replicas; the next run tries again. */
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(EpochCollector.class);

    private final RedisConnections redis;
    private final Sealing sealing;
    private final int page;
    private final CrashPoints crashPoints;

    /** Why partitions were left to another run when that was last told; empty: they were not. Runs take turns. */
    private String told = "";

    /**
     * @param ackReplicas replicas that must have a seal
     * @param page fields that Redis names at a time
     */
    EpochCollector(RedisConnections redis, Sealing.Spans spans, int ackReplicas, int page, CrashPoints crashPoints) {
        this.redis = redis;
        this.sealing = new Sealing(spans, ackReplicas, ACK_TIMEOUT);
        this.page = page;
        this.crashPoints = crashPoints;
    }

    /**
     * @param second the database's
     * @param batch what it is gathered in, with what it holds in {@code staging}
     * @param alive called now and then
     * @throws RedisUnavailableException when Redis can't be used, and nothing was gathered
     */
    void collect(List<PartitionCursor> claimed, long second, Batch batch, Staging staging, Runnable alive) {
        Run run = new Run(second, batch, staging, alive);
        for (PartitionCursor cursor : claimed) {
            try {
                collect(cursor, run);
            } catch (MalformedCountersException e) {
                batch.halt(cursor.partition(), String.valueOf(e.getMessage()));
            } catch (RedisRefusedException e) {
                batch.halt(cursor.partition(), "Redis refuses: " + e.getMessage());
            } catch (RedisUnavailableException e) {
                run.leave(cursor, String.valueOf(e.getMessage()));
                run.unavailable = e;
            }
            alive.run();
        }
        if (run.unavailable != null && batch.epochs().isEmpty()) {
            throw run.unavailable;
        }
        tell(run.why);
    }

    /** What one run gathers, and what it leaves to the next. */
    private static final class Run {
        private final long second;
        private final Batch batch;
        private final Staging staging;
        private final Runnable alive;

        /** Addresses whose replicas were waited for in vain; once is enough. */
        private final Set<String> unreplicated = new HashSet<>();

        private @Nullable RedisUnavailableException unavailable;
        private String why = "";

        Run(long second, Batch batch, Staging staging, Runnable alive) {
            this.second = second;
            this.batch = batch;
            this.staging = staging;
            this.alive = alive;
        }

        void leave(PartitionCursor cursor, String why) {
            batch.leaveWaiting(cursor.partition());
            this.why = why;
        }
    }

    private void tell(String why) {
        if (!why.isEmpty() && !why.equals(told)) {
            log.warn("some partitions are left to a later settlement: {}", why);
        }
        told = why;
    }

    private void collect(PartitionCursor cursor, Run run) throws MalformedCountersException {
        Partition partition = Partition.of(cursor.partition());
        Link link = redis.required(partition);
        if (run.unreplicated.contains(link.address())) {
            run.batch.leaveWaiting(cursor.partition());
            return;
        }
        crashPoints.reached(CrashPoint.SEALING);
        Sealing.Result sealed = sealing.seal(link, partition, cursor.settledEpoch(), cursor.lineage(), run.second);
        crashPoints.reached(CrashPoint.SEALED);
        switch (sealed) {
            case Sealing.Result.Lost(String what) -> throw new MalformedCountersException(what);
            case Sealing.Result.Unconfirmed() -> run.batch.incomplete(cursor.partition());
            case Sealing.Result.Unreplicated(String why) -> {
                run.unreplicated.add(link.address());
                run.leave(cursor, why);
            }
            case Sealing.Result.SealedBelow(long open, boolean now) -> {
                if (!now) {
                    run.batch.incomplete(cursor.partition());
                }
                if (now || isCompared(link, partition, cursor)) {
                    read(link, partition, cursor, open, run.batch, run.staging, run.alive);
                }
            }
        }
    }

    private void read(
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
                    (name, units) -> engaged(staging, name, units),
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

    private static void engaged(Staging staging, EngagementName name, long units) throws MalformedCountersException {
        try {
            staging.engaged(name, units);
        } catch (ArithmeticException e) {
            throw new MalformedCountersException("units of '%s' are beyond all bounds".formatted(name.encode()));
        }
    }
}
