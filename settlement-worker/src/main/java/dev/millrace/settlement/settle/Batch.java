package dev.millrace.settlement.settle;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.read.SealedEpoch;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What one run settles: sealed epochs of several partitions, summed over all of them. */
final class Batch {
    /**
     * Engagement of one day.
     *
     * @param day UTC, of the seal
     */
    record Engaged(LocalDate day, EngageField field) {}

    /** Fields a batch takes in before it is full: what bounds the memory, and the time, of a run after a long outage. */
    private static final int MOST_FIELDS = 500_000;

    private final List<SealedEpoch> epochs = new ArrayList<>();
    private final List<Settled.Halted> halted = new ArrayList<>();
    private final Set<Integer> left = new HashSet<>();
    private boolean complete = true;
    private int fields;
    private final Map<EarnField, Micros> earned = new HashMap<>();
    private final Map<Engaged, Long> engaged = new HashMap<>();
    private long events;
    private Micros micros = Micros.ZERO;

    void add(SealedEpoch epoch) {
        epochs.add(epoch);
        fields += epoch.earned().size() + epoch.engaged().size();
        events = Math.addExact(events, epoch.events());
        micros = micros.plus(epoch.micros());
        epoch.earned().forEach((field, amount) -> earned.merge(field, amount, Micros::plus));
        LocalDate day = epoch.sealedAt().atOffset(ZoneOffset.UTC).toLocalDate();
        epoch.engaged().forEach((field, units) -> engaged.merge(new Engaged(day, field), units, Math::addExact));
    }

    boolean isFull() {
        return fields >= MOST_FIELDS;
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

    List<SealedEpoch> epochs() {
        return epochs;
    }

    Map<EarnField, Micros> earned() {
        return earned;
    }

    Map<Engaged, Long> engaged() {
        return engaged;
    }

    long events() {
        return events;
    }

    Micros micros() {
        return micros;
    }
}
