package dev.millrace.settlement.settle;

import dev.millrace.books.EpochTotals;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What one run settles: sealed epochs of several partitions, whose rows lie in the staging tables. */
final class Batch {
    private final long most;
    private final List<EpochTotals> epochs = new ArrayList<>();
    private final List<Settled.Halted> halted = new ArrayList<>();
    private final Set<Integer> left = new HashSet<>();
    private final Set<Integer> incomplete = new HashSet<>();
    private boolean waits;
    private long rows;

    /** @param most rows it takes in before it is full */
    Batch(long most) {
        this.most = most;
    }

    /** Epochs of a partition come in their order. */
    void add(EpochTotals epoch) {
        epochs.add(epoch);
        rows += epoch.rows();
    }

    boolean isFull() {
        return rows >= most;
    }

    void halt(int partition, String why) {
        halted.add(new Settled.Halted(partition, Reason.of(why)));
    }

    /**
     * Leaves out epochs that do not add up, and those behind them of their partitions, which are halted.
     *
     * @param culprits what is wrong, by part
     * @return the parts of all that is left out
     */
    Set<Integer> leaveOut(Map<Integer, String> culprits) {
        Set<Integer> broken = new HashSet<>();
        Set<Integer> out = new HashSet<>();
        for (EpochTotals epoch : epochs) {
            String why = culprits.get(epoch.part());
            if (why != null && broken.add(epoch.partition())) {
                halted.removeIf(h -> h.partition() == epoch.partition());
                halt(epoch.partition(), "epoch %d: %s".formatted(epoch.epoch(), why));
            }
            if (broken.contains(epoch.partition())) {
                out.add(epoch.part());
            }
        }
        epochs.removeIf(epoch -> out.contains(epoch.part()));
        return out;
    }

    /** Leaves sealed epochs of this partition to another run. */
    void leave(int partition) {
        left.add(partition);
        incomplete.add(partition);
    }

    /** What was counted lately in this partition may not be in it. */
    void incomplete(int partition) {
        incomplete.add(partition);
    }

    /** This partition's Redis, or its replicas, can't be waited for now. */
    void leaveWaiting(int partition) {
        waits = true;
        incomplete.add(partition);
    }

    boolean waits() {
        return waits;
    }

    /** By partition. */
    List<Settled.Halted> halted() {
        return halted.stream()
                .sorted(Comparator.comparingInt(Settled.Halted::partition))
                .toList();
    }

    Set<Integer> left() {
        return left;
    }

    /** Whether it holds all that was counted before it began, but for what is halted. */
    boolean isComplete() {
        return halted.stream().map(Settled.Halted::partition).toList().containsAll(incomplete);
    }

    List<EpochTotals> epochs() {
        return epochs;
    }

    /** Whether there is nothing to prove and nothing to book. */
    boolean isEmpty() {
        return epochs.stream().allMatch(EpochTotals::isEmpty);
    }

    /** Days of the engagement, UTC, of the seals. */
    Set<LocalDate> days() {
        return epochs.stream().filter(e -> !e.isEmpty()).map(EpochTotals::day).collect(Collectors.toSet());
    }

    long events() {
        return epochs.stream().mapToLong(EpochTotals::events).sum();
    }

    long micros() {
        return epochs.stream().mapToLong(EpochTotals::micros).sum();
    }
}
