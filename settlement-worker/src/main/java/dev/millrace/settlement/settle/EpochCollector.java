package dev.millrace.settlement.settle;

import dev.millrace.books.Cursors;
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
import dev.millrace.counters.Release;
import dev.millrace.counters.Sealing;
import dev.millrace.settlement.crash.CrashPoint;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Seals the open epoch of claimed partitions and reads every sealed one, for one run. It deletes epochs from Redis that were settled long ago.
 * If it can't read a partition's epoch, it keeps the epochs before it and halts the partition. If Redis can't be used, or its replicas lack the
 * seal, a later run settles the partition. The others go on.
 */
final class EpochCollector {
    /** Epochs of a partition that are given back at a time. */
    private static final int MOST_RELEASED = 1_000;

    private final RedisConnections redis;
    private final Sealing sealing;
    private final long second;
    private final int page;
    private final Batch batch;
    private final Staging staging;
    private final Runnable alive;
    private final Consumer<CrashPoint> crashPoints;

    /** Why the replicas of an address lack a seal; to wait for them once is enough. */
    private final Map<String, String> unreplicated = new HashMap<>();

    /**
     * @param second the database's
     * @param page fields that Redis names at a time
     * @param batch takes the epochs, with what they hold in {@code staging}
     * @param alive called now and then
     */
    EpochCollector(
            RedisConnections redis,
            Sealing sealing,
            long second,
            int page,
            Batch batch,
            Staging staging,
            Runnable alive,
            Consumer<CrashPoint> crashPoints) {
        this.redis = redis;
        this.sealing = sealing;
        this.second = second;
        this.page = page;
        this.batch = batch;
        this.staging = staging;
        this.alive = alive;
        this.crashPoints = crashPoints;
    }

    /** @throws RedisUnavailableException when Redis can't be used, and nothing was gathered */
    void collect(List<PartitionCursor> claimed) {
        RedisUnavailableException unavailable = null;
        for (PartitionCursor cursor : claimed) {
            try {
                collect(cursor);
            } catch (MalformedCountersException e) {
                batch.halt(cursor.partition(), String.valueOf(e.getMessage()));
            } catch (RedisRefusedException e) {
                batch.halt(cursor.partition(), "Redis refuses: " + e.getMessage());
            } catch (RedisUnavailableException e) {
                batch.leaveWaiting(cursor.partition(), String.valueOf(e.getMessage()));
                unavailable = e;
            }
            alive.run();
        }
        if (unavailable != null && batch.epochs().isEmpty()) {
            throw unavailable;
        }
    }

    private void collect(PartitionCursor cursor) throws MalformedCountersException {
        Partition partition = Partition.of(cursor.partition());
        Link link = redis.required(partition);
        String lacks = unreplicated.get(link.address());
        if (lacks != null) {
            batch.leaveWaiting(cursor.partition(), lacks);
            return;
        }
        crashPoints.accept(CrashPoint.SEALING);
        Sealing.Result sealed = sealing.seal(link, partition, cursor.settledEpoch(), cursor.lineage(), second);
        crashPoints.accept(CrashPoint.SEALED);
        switch (sealed) {
            case Sealing.Result.Lost(String what) -> throw new MalformedCountersException(what);
            case Sealing.Result.Unconfirmed() -> batch.incomplete(cursor.partition());
            case Sealing.Result.Unreplicated(String why) -> {
                unreplicated.put(link.address(), why);
                batch.leaveWaiting(cursor.partition(), why);
            }
            case Sealing.Result.SealedBelow(long open, boolean now) -> {
                if (!now) {
                    batch.incomplete(cursor.partition());
                }
                if (now || isCompared(link, partition, cursor)) {
                    read(link, partition, cursor, open);
                }
            }
        }
    }

    private void read(Link link, Partition partition, PartitionCursor cursor, long open)
            throws MalformedCountersException {
        for (long epoch = cursor.settledEpoch() + 1; epoch < open; epoch++) {
            if (batch.isFull()) {
                batch.leave(cursor.partition());
                return;
            }
            try {
                batch.add(stage(link, partition, epoch));
            } catch (MalformedCountersException e) {
                throw new MalformedCountersException("epoch %d: %s".formatted(epoch, e.getMessage()));
            }
            crashPoints.accept(CrashPoint.READ);
        }
    }

    /** Epochs that were sealed before are of this ledger only where their lineage is; seal.lua compares it where it seals. */
    private static boolean isCompared(Link link, Partition partition, PartitionCursor cursor) {
        List<String> found = EpochReader.values(link, partition.ctl(), Ctl.LINEAGE, Ctl.PROCESS);
        return Long.toString(cursor.lineage()).equals(found.get(0))
                && link.process().equals(found.get(1));
    }

    private EpochTotals stage(Link link, Partition partition, long epoch) throws MalformedCountersException {
        int part = staging.begin();
        long before = staging.rows();
        EpochControl control = EpochControl.read(
                link,
                partition.earn(epoch),
                page,
                staging::earned,
                (name, micros) -> staging.spent(name.publisher(), name.day(), micros),
                alive);
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
                this::engaged,
                alive);
        staging.keep();
        return new EpochTotals(
                part, partition.number(), epoch, sealedAt, control.micros(), control.events(), staging.rows() - before);
    }

    private void engaged(EngagementName name, long units) throws MalformedCountersException {
        try {
            staging.engaged(name, units);
        } catch (ArithmeticException e) {
            throw new MalformedCountersException("units of '%s' are beyond all bounds".formatted(name.encode()));
        }
    }

    /**
     * Gives the counters of settled epochs back to Redis once they are kept long enough, by the database's clock; never the last settled one. Only
     * epochs that an earlier, committed settlement covers are touched, so a rollback of the transaction costs nothing but doing it again.
     *
     * @param claimed partitions whose cursors this transaction holds
     * @return the last released epoch of each that had some
     */
    Map<Integer, Long> release(List<PartitionCursor> claimed, Cursors cursors, Duration keep) {
        Map<PartitionCursor, Link> links = new HashMap<>();
        claimed.forEach(
                cursor -> redis.link(Partition.of(cursor.partition())).ifPresent(link -> links.put(cursor, link)));
        Map<PartitionCursor, Long> until =
                new HashMap<>(); // the clocks are read before the statement that proves the lock
        links.forEach((cursor, link) -> until.put(cursor, link.leaseDeadline()));
        Map<Integer, Long> due = cursors.releasable(claimed, keep, MOST_RELEASED);
        if (due.isEmpty()) {
            return due;
        }
        crashPoints.accept(CrashPoint.RELEASING);
        Map<Integer, Long> released = new HashMap<>();
        links.forEach((cursor, link) -> {
            Long last = due.get(cursor.partition());
            if (last != null && release(link, cursor, last, until.getOrDefault(cursor, 0L))) {
                released.put(cursor.partition(), last);
            }
        });
        crashPoints.accept(CrashPoint.RELEASED);
        return released;
    }

    /** @param until the last second at which the partition may be touched */
    private static boolean release(Link link, PartitionCursor cursor, long last, long until) {
        try {
            return Release.release(
                    link, Partition.of(cursor.partition()), cursor.releasedEpoch() + 1, last, until, cursor.lineage());
        } catch (RedisUnavailableException e) {
            return false; // Done or not: done twice it is the same as once.
        }
    }
}
