package dev.millrace.settlement.reconcile;

import dev.millrace.books.PartitionCursor;
import dev.millrace.books.Proof;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.EpochContents;
import dev.millrace.counters.EpochReader;
import dev.millrace.counters.Link;
import dev.millrace.counters.MalformedCountersException;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Pending;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.settlement.reconcile.ReconcileReport.Difference;
import dev.millrace.settlement.seal.PartitionOpening;
import dev.millrace.settlement.watch.CounterBalanceCheck;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares counted money that is not settled: pointers with cursors, the running totals with settled and pending, and
 * that every unsettled epoch adds up. The result holds if the cursors have not moved, which the caller checks.
 */
final class CounterCheck {
    /** An open epoch is read while its number of events has no more digits than this: below ten million. */
    private static final int MOST_DIGITS = 7;

    private static final int MOST_ATTEMPTS = 5;

    private final RedisConnections redis;
    private final Proof proof;
    private final ReconcileReport report;

    /** The counted, settled and pending money of the partitions that can be compared. */
    private CounterBalanceCheck money = CounterBalanceCheck.NONE;

    /** Of those, the number of the open epoch. */
    private final Map<Integer, Long> pointers = new HashMap<>();

    private final List<Difference> differences = new ArrayList<>();

    /** Parts that were not compared, with the reason. */
    private final List<String> notes = new ArrayList<>();

    CounterCheck(RedisConnections redis, Proof proof, ReconcileReport report) {
        this.redis = redis;
        this.proof = proof;
        this.report = report;
    }

    /** Looks at all partitions; false when a pointer moved meanwhile. */
    boolean look(List<PartitionCursor> cursors) {
        for (PartitionCursor cursor : cursors) {
            Optional<Long> pointer = pointer(cursor);
            if (pointer.isEmpty()) {
                continue;
            }
            Optional<CounterBalanceCheck> part = CounterBalanceCheck.read(redis, cursor, pointer.get());
            if (part.isEmpty()) {
                return false;
            }
            money = money.plus(part.get());
            pointers.put(cursor.partition(), pointer.get());
            compare(cursor.partition(), part.get());
            checkEpochs(cursor, pointer.get());
        }
        return true;
    }

    /** Reports the findings. */
    void tell() {
        report.counters(money, pointers.size(), notes);
        differences.forEach(report::difference);
    }

    private Optional<Long> pointer(PartitionCursor cursor) {
        Partition partition = Partition.of(cursor.partition());
        @Nullable String pointer = value(redis.required(partition), partition.ctl(), Ctl.EPOCH);
        if (pointer == null && cursor.lineage() == 0) {
            return Optional.empty(); // never opened
        }
        if (pointer == null || !PartitionOpening.isAhead(pointer, cursor.settledEpoch())) {
            differences.add(Difference.of("pointer", name(cursor.partition()), "not ahead of what is settled")
                    .with("pointer", String.valueOf(pointer))
                    .with("settled", cursor.settledEpoch()));
            return Optional.empty();
        }
        if (CounterBalanceCheck.isFarBehind(cursor, Long.parseLong(pointer))) {
            differences.add(
                    Difference.of("pointer", name(cursor.partition()), "so far ahead that its epochs are not read")
                            .with("pointer", pointer)
                            .with("settled", cursor.settledEpoch()));
            return Optional.empty();
        }
        return Optional.of(Long.parseLong(pointer));
    }

    private static @Nullable String value(Link link, String key, String field) {
        return EpochReader.values(link, key, field).getFirst();
    }

    private void compare(int partition, CounterBalanceCheck part) {
        if (part.drift().value() != 0) {
            differences.add(Difference.of("counters", name(partition), "counted is not settled + pending")
                    .with("counted", part.counted().value())
                    .with("settled", part.settled().value())
                    .with("pending", part.pending().value())
                    .with("drift", part.drift().value()));
        }
    }

    private void checkEpochs(PartitionCursor cursor, long pointer) {
        Partition partition = Partition.of(cursor.partition());
        for (long epoch = cursor.settledEpoch() + 1; epoch <= pointer; epoch++) {
            report.at(epoch - cursor.settledEpoch(), pointer - cursor.settledEpoch(), "epochs of a partition");
            Optional<String> wrong;
            try {
                wrong = epoch < pointer ? sealed(partition, epoch) : open(partition, epoch);
            } catch (MalformedCountersException e) {
                wrong = Optional.of(String.valueOf(e.getMessage()));
            } catch (RedisRefusedException e) {
                wrong = Optional.of("Redis refuses: " + e.getMessage());
            }
            String which = "epoch %d: ".formatted(epoch);
            wrong.ifPresent(why -> differences.add(Difference.of("pending", partition.toString(), which + why)));
        }
    }

    private Optional<String> sealed(Partition partition, long epoch) throws MalformedCountersException {
        EpochContents contents = contents(partition, epoch);
        return contents.control().sealedAt() == null
                ? Optional.of("it is before the open one, but its earnings are "
                        + (contents.control().isEmpty() ? "gone" : "not marked as sealed"))
                : culprit(contents);
    }

    /** Reads it piece by piece; the pieces are of one moment only if nothing was counted meanwhile. */
    private Optional<String> open(Partition partition, long epoch) throws MalformedCountersException {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            String before = events(partition, epoch);
            if (before.length() > MOST_DIGITS) {
                break;
            }
            EpochContents contents = contents(partition, epoch);
            if (before.equals(events(partition, epoch))) {
                return culprit(contents);
            }
        }
        notes.add(
                "%s: its open epoch is counted into, or too large to be read meanwhile; it is checked once it is sealed"
                        .formatted(name(partition.number())));
        return Optional.empty();
    }

    private Optional<String> culprit(EpochContents contents) {
        return proof.culprit(
                contents.control().micros(),
                contents.control().events(),
                contents.earned(),
                contents.spentByPublisher(),
                contents.engaged());
    }

    private String events(Partition partition, long epoch) {
        return String.valueOf(value(redis.required(partition), partition.earn(epoch), Ctl.EPOCH_EVENTS));
    }

    private EpochContents contents(Partition partition, long epoch) throws MalformedCountersException {
        return EpochContents.read(
                redis.required(partition), partition.earn(epoch), partition.engage(epoch), partition.folded(epoch));
    }

    /** A creator's earnings that are not settled; 0 where its partition can't be compared. */
    long pending(String creator, List<PartitionCursor> cursors) {
        Partition partition = Partition.of(creator);
        long settled = cursors.get(partition.number()).settledEpoch();
        Long pointer = pointers.get(partition.number());
        if (pointer == null) {
            return 0;
        }
        Pending.Reply reply = Pending.read(
                        redis.required(partition), partition, settled + 1, (int) (pointer - settled), List.of(creator))
                .join();
        if (!(reply instanceof Pending.Reply.Read read)) {
            return 0;
        }
        long pending = 0;
        for (Pending.Epoch epoch : read.epochs()) {
            String micros = epoch.micros().getFirst();
            pending += micros == null ? 0 : Long.parseLong(micros);
        }
        return pending;
    }

    private static String name(int partition) {
        return Partition.of(partition).toString();
    }
}
