package dev.millrace.settlement.settle;

import dev.millrace.common.money.Micros;
import dev.millrace.settlement.read.EpochTotals;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What one run settles: sealed epochs of several partitions, whose fields lie in the staging tables. */
final class Batch {
    private final long most;
    private final List<EpochTotals> epochs = new ArrayList<>();
    private final List<Settled.Halted> halted = new ArrayList<>();
    private final Set<Integer> left = new HashSet<>();
    private final Set<LocalDate> days = new HashSet<>();
    private boolean complete = true;
    private long fields;
    private long events;
    private Micros micros = Micros.ZERO;

    /** @param most fields it takes in before it is full */
    Batch(long most) {
        this.most = most;
    }

    void add(EpochTotals epoch) {
        epochs.add(epoch);
        fields = Math.addExact(fields, epoch.fields());
        events = Math.addExact(events, epoch.events());
        micros = micros.plus(epoch.micros());
        if (epoch.engaged() > 0) {
            days.add(epoch.day());
        }
    }

    boolean isFull() {
        return fields >= most;
    }

    void halt(int partition, String why) {
        halted.add(new Settled.Halted(partition, why));
    }

    /** Leaves sealed epochs of this partition to another run. */
    void leave(int partition) {
        left.add(partition);
        complete = false;
    }

    /** What was counted lately may not be in it. */
    void incomplete() {
        complete = false;
    }

    List<Settled.Halted> halted() {
        return List.copyOf(halted);
    }

    Set<Integer> left() {
        return left;
    }

    boolean isComplete() {
        return complete;
    }

    List<EpochTotals> epochs() {
        return epochs;
    }

    /** Whether there is engagement in it; where there is none, nothing was earned either. */
    boolean isEngaged() {
        return !days.isEmpty();
    }

    /** Days of the engagement, UTC, of the seals. */
    Set<LocalDate> days() {
        return days;
    }

    long events() {
        return events;
    }

    Micros micros() {
        return micros;
    }
}
