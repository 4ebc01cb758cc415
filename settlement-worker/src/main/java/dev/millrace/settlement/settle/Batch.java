package dev.millrace.settlement.settle;

import dev.millrace.books.EpochTotals;
import dev.millrace.books.Staging;
import dev.millrace.common.message.Printable;
import dev.millrace.counters.EpochContents;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The epochs of one run: sealed ones of several partitions, whose rows lie in the staging tables. */
final class Batch {
    /** Longest reason that the database keeps. */
    private static final int MOST_CHARACTERS = 500;

    private final Limits limits;
    private final List<EpochTotals> epochs = new ArrayList<>();
    private final List<Settled.Halted> halted = new ArrayList<>();
    private final Set<Integer> left = new HashSet<>();
    private final Set<Integer> incomplete = new HashSet<>();
    private String waitsFor = "";
    private long rows;

    /**
     * The bounds of a run's memory and time.
     *
     * @param page fields that Redis names at a time
     * @param rows staged rows at which a batch is full; the epoch that fills it is taken whole
     * @param names names whose units are summed in memory at a time
     * @param characters characters that are gathered before they go to the database
     */
    record Limits(int page, long rows, int names, int characters) {
        /** A million creators with an article each are two million rows. */
        static final Limits USUAL = new Limits(EpochContents.FIELDS, 2_500_000, Staging.NAMES, Staging.CHARACTERS);

        private static final long LEAST_ROWS = 100_000;

        /** After a run that failed: one that is too large to be done in time must not be tried for ever. */
        Limits less() {
            return new Limits(page, Math.min(rows, Math.max(LEAST_ROWS, rows / 2)), names, characters);
        }

        /** After a run that went well, up to the usual. */
        Limits more(Limits usual) {
            return new Limits(page, Math.min(usual.rows, rows * 2), names, characters);
        }
    }

    Batch(Limits limits) {
        this.limits = limits;
    }

    /** Epochs of a partition come in their order. */
    void add(EpochTotals epoch) {
        epochs.add(epoch);
        rows += epoch.rows();
    }

    boolean isFull() {
        return rows >= limits.rows();
    }

    /** @param why may quote what stands in Redis, at any length and with any character */
    void halt(int partition, String why) {
        halted.add(new Settled.Halted(partition, Printable.abbreviate(why, MOST_CHARACTERS)));
    }

    /**
     * Leaves out each epoch that does not add up, and the later epochs of its partition. Marks the partition as halted.
     *
     * @param culprits the faults, by part
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

    /** The newest counts of this partition may not be in it. */
    void incomplete(int partition) {
        incomplete.add(partition);
    }

    /** Leaves the partition to a later run: its Redis or its replicas did not answer in time. */
    void leaveWaiting(int partition, String why) {
        waitsFor = why;
        incomplete.add(partition);
    }

    /** Why partitions were left to another run; empty: none was. */
    String waitsFor() {
        return waitsFor;
    }

    Set<Integer> left() {
        return left;
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

    /** By partition. */
    List<Settled.Halted> halted() {
        return halted.stream()
                .sorted(Comparator.comparingInt(Settled.Halted::partition))
                .toList();
    }

    /** The result of a run that books this batch with a journal, or without one. */
    Settled settled(@Nullable Long journalId, long rowsWritten) {
        Set<Integer> partitions = epochs.stream().map(EpochTotals::partition).collect(Collectors.toSet());
        return new Settled(
                journalId,
                partitions.size(),
                epochs.size(),
                events(),
                epochs.stream().mapToLong(EpochTotals::micros).sum(),
                rowsWritten,
                halted(),
                halted.stream().map(Settled.Halted::partition).toList().containsAll(incomplete),
                !waitsFor.isEmpty());
    }
}
