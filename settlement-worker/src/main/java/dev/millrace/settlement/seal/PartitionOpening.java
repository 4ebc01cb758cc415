package dev.millrace.settlement.seal;

import dev.millrace.books.Cursors;
import dev.millrace.books.PartitionCursor;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Keyspace;
import dev.millrace.counters.Link;
import dev.millrace.counters.Opening;
import dev.millrace.counters.Partition;
import dev.millrace.counters.PartitionState;
import dev.millrace.counters.Sealing;
import dev.millrace.settlement.crash.CrashPoint;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Decides, under the lock of a partition's cursor, in which lineage its counters may count. A partition that has lost something is opened
 * beyond the last settled epoch: tokens that are out are refused, unless it is the very first time, and what is in the way is quarantined for a
 * person to decide. One that is whole in a process that was not compared yet gets a new lineage.
 *
 * <p>Always in this order: the ledger issues a number for the lineage, Redis has it and counts nothing, the cursor notes it, the transaction
 * commits, Redis counts. So the ledger knows every lineage that anything was counted in, and no two histories have the same; a number can
 * stay unused. A worker that dies in between leaves counters that count nothing, and the next look finds their lineage above the cursor's, or
 * no process confirmed.
 */
public final class PartitionOpening {
    private static final Logger log = LoggerFactory.getLogger(PartitionOpening.class);

    /** Longest wait for the replicas; the next look tries again. */
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(1);

    /** Epochs quarantined at most: a backlog of more than a day of minutes. */
    private static final int MOST_ASIDE = 2_000;

    private static final Pattern EPOCH = Pattern.compile("(?:earn|engage|folded):([0-9]{1,18})");

    private final Cursors cursors;
    private final TransactionTemplate transaction;
    private final Duration delay;
    private final Duration clockTolerance;
    private final Sealing.Spans spans;
    private final int ackReplicas;
    private final Consumer<CrashPoint> crashPoints;

    /**
     * @param delay tokens issued earlier than this long after a re-opening are refused
     * @param clockTolerance most by which Redis' clock and the database's may differ
     * @param spans for how long identities are remembered, for the ingest nodes
     * @param ackReplicas replicas that must have a lineage before the ledger notes it: else one that is promoted is below the ledger's, and
     *     what it acknowledged is quarantined
     */
    public PartitionOpening(
            Cursors cursors,
            TransactionTemplate transaction,
            Duration delay,
            Duration clockTolerance,
            Sealing.Spans spans,
            int ackReplicas,
            Consumer<CrashPoint> crashPoints) {
        this.cursors = cursors;
        this.transaction = transaction;
        this.delay = delay;
        this.clockTolerance = clockTolerance;
        this.spans = spans;
        this.ackReplicas = ackReplicas;
        this.crashPoints = crashPoints;
    }

    /**
     * A lineage that was begun.
     *
     * @param pointer the open epoch
     * @param lost whether the counters had been open before and something was lost
     */
    private record Begun(String pointer, long lineage, boolean lost) {}

    /**
     * Whether Redis has lost something that the ledger knows of: there is no pointer, it is not ahead of what is settled, or
     * this is a copy from a lineage that was given up.
     */
    public static boolean isLost(PartitionState state, PartitionCursor cursor) {
        String pointer = state.pointer();
        return pointer == null || !isAhead(pointer, cursor.settledEpoch()) || state.lineage() < cursor.lineage();
    }

    /** Whether this pointer is a number beyond the settled epoch. */
    public static boolean isAhead(String pointer, long settled) {
        return pointer.matches("[0-9]{1,18}") && Long.parseLong(pointer) > settled;
    }

    /**
     * Opens a partition that has lost something, or begins a new lineage of one that is whole, and lets it count; nothing where another worker
     * holds its cursor, or pointer and lineage are no longer those that were seen.
     *
     * @param state as it was seen
     * @return whether something was lost
     * @throws IllegalStateException when it has to be opened and the clocks of Redis and the database differ by more than is allowed
     */
    public boolean renew(Link link, PartitionState state) {
        int partition = state.partition().number();
        Optional<Long> issued = Objects.requireNonNull(transaction.execute(status ->
                cursors.claimFree(partition).map(cursor -> cursors.issueLineage(partition, state.lineage()))));
        Optional<Begun> begun = issued.flatMap(lineage ->
                Objects.requireNonNull(transaction.execute(status -> cursors.claimFree(partition)
                        .filter(cursor -> cursor.lineage() < lineage) // else another worker has been faster
                        .flatMap(cursor -> isLost(state, cursor)
                                ? open(link, state, cursor, lineage)
                                : raise(link, state, cursor, lineage)))));
        begun.ifPresent(now -> {
            crashPoints.accept(CrashPoint.CONFIRMING);
            confirm(link, state.partition(), now.pointer(), now.lineage(), cursors.databaseSecond());
        });
        return begun.map(Begun::lost).orElse(false);
    }

    /**
     * Lets this process count, and sets the partition's clock right; nothing where pointer, lineage or process is another by now.
     *
     * @param second the database's
     */
    public void confirm(Link link, Partition partition, String pointer, long lineage, long second) {
        Opening.confirm(link, partition, pointer, lineage, second, clockTolerance.toSeconds(), spans);
    }

    private Optional<Begun> open(Link link, PartitionState state, PartitionCursor cursor, long lineage) {
        Partition partition = state.partition();
        long epoch = cursor.settledEpoch() + 1;
        boolean again = cursor.lineage() > 0 || state.lineage() > 0;
        long origin = state.lineage() == 0 ? cursor.lineage() : state.lineage();
        long settled = cursors.lastSettledOf(cursor, origin);
        List<Long> inTheWay = inTheWay(link, state, epoch, settled);
        long until = link.leaseDeadline();
        long second = cursors.databaseSecond(); // behind it: fails where the lock is lost
        crashPoints.accept(CrashPoint.OPENING);
        Opening.Result result = Opening.open(
                link,
                partition,
                new Opening.Plan(
                        text(state.pointer()),
                        text(state.lineageText()),
                        epoch,
                        lineage,
                        again ? delay.toSeconds() : 0,
                        cursor.settledMicros(),
                        cursor.settledEvents(),
                        until,
                        origin,
                        settled,
                        second,
                        clockTolerance.toSeconds(),
                        inTheWay));
        crashPoints.accept(CrashPoint.OPENED);
        return switch (result) {
            case Opening.Result.Late() -> Optional.empty();
            case Opening.Result.ClocksDiffer(long ahead) ->
                throw new IllegalStateException(
                        "Redis' clock is %d s ahead of the database's; no counters are opened until they agree within %d s: set the one that is wrong"
                                .formatted(ahead, clockTolerance.toSeconds()));
            case Opening.Result.Opened(long quarantined) -> {
                link.awaitReplicas(ackReplicas, ACK_TIMEOUT);
                cursors.opened(partition.number(), lineage, epoch);
                cursors.raised(partition.number(), lineage);
                tell(state, cursor, epoch, quarantined, again);
                yield Optional.of(new Begun(Long.toString(epoch), lineage, again));
            }
        };
    }

    private void tell(PartitionState state, PartitionCursor cursor, long epoch, long quarantined, boolean again) {
        if (again) {
            log.error(
                    "partition {}: counters were lost (pointer {}, epoch {} is settled); re-opened at epoch {}, {} keys quarantined; tokens issued up to {} s from now are refused",
                    cursor.partition(),
                    state.pointer(),
                    cursor.settledEpoch(),
                    epoch,
                    quarantined,
                    delay.toSeconds());
        } else {
            log.info("partition {}: counters opened at epoch {}", cursor.partition(), epoch);
        }
    }

    private Optional<Begun> raise(Link link, PartitionState state, PartitionCursor cursor, long lineage) {
        Partition partition = state.partition();
        String pointer = text(state.pointer());
        crashPoints.accept(CrashPoint.RAISING);
        long anew = Opening.raise(
                link,
                partition,
                pointer,
                text(state.lineageText()),
                lineage,
                delay.toSeconds(),
                cursors.databaseSecond());
        crashPoints.accept(CrashPoint.RAISED);
        if (anew < 0) {
            return Optional.empty();
        }
        link.awaitReplicas(ackReplicas, ACK_TIMEOUT);
        boolean lost = noteOpening(state, cursor);
        cursors.raised(partition.number(), lineage);
        if (anew > 0) {
            log.error(
                    "partition {}: {} logs are not what was written, and were begun anew; the counters are whole, tokens issued up to {} s from now are refused",
                    cursor.partition(),
                    anew,
                    delay.toSeconds());
        }
        log.info("partition {}: lineage {} begins at {}", cursor.partition(), lineage, link.address());
        return Optional.of(new Begun(pointer, lineage, lost));
    }

    /** An opening that the ledger has not heard of: the worker that did it died before its commit. */
    private boolean noteOpening(PartitionState state, PartitionCursor cursor) {
        long opened = state.number(Ctl.OPENED);
        if (opened <= cursor.lineage()) {
            return false;
        }
        long first = Math.max(1, state.number(Ctl.FIRST));
        cursors.opened(cursor.partition(), opened, first);
        if (cursor.lineage() == 0) {
            return false;
        }
        log.error(
                "partition {}: something was lost, and it was opened again with epoch {} as the first by a worker that did not live to tell",
                cursor.partition(),
                first);
        return true;
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    /**
     * Epochs whose counters must not be counted into, nor be settled or released as others of their number: the one to open, the
     * pointer's, and whatever lies beyond what is settled of its time.
     */
    private static List<Long> inTheWay(Link link, PartitionState state, long toOpen, long settled) {
        Set<Long> epochs = new TreeSet<>();
        if (state.number(Ctl.EPOCH) > 0) {
            epochs.add(state.number(Ctl.EPOCH));
        }
        String tag = state.partition().tag();
        Keyspace.scan(link, tag + "*", key -> {
            Matcher epoch = EPOCH.matcher(key.substring(tag.length()));
            if (epoch.matches() && Long.parseLong(epoch.group(1)) > settled) {
                epochs.add(Long.parseLong(epoch.group(1)));
            }
        });
        return Stream.concat(Stream.of(toOpen), epochs.stream())
                .distinct()
                .limit(MOST_ASIDE)
                .toList();
    }
}
