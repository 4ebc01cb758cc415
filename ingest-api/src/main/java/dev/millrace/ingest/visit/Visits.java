package dev.millrace.ingest.visit;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.counters.Partition;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.PricedEvent;
import java.util.Optional;

/**
 * Finds out when a reader's visit begins. A visit ends after {@value #IDLE_MINUTES} minutes without an event, as web analytics has it.
 *
 * <p>A known visitor leaves a mark in the short log for each slot of {@value #SLOT_SECONDS} s in which an event of its comes: an identity of visitor and
 * slot, which costs nothing. A mark begins a visit where none of the last {@value #SLOTS} slots has one. So a gap of up to {@value #IDLE_MINUTES} minutes
 * never ends a visit, one that is a slot longer always does, and between them it depends on the second. Two nodes that see a visitor at the same moment count one mark of the slot, as they do with any identity; where
 * they see it in two slots, one of them may not have read the other's mark yet, and the visit is counted twice. A mark is in its visitor's
 * partition, so it is found whoever is read. Thread-safe.
 */
public final class Visits {
    /** How long a visit lasts without an event. */
    static final int IDLE_MINUTES = 30;

    static final int SLOT_SECONDS = 300;

    /** Slots that a visit lasts for without an event. */
    static final int SLOTS = IDLE_MINUTES * 60 / SLOT_SECONDS;

    private final IdentityKey identities;
    private final Logs logs;

    /** The short log of each partition, as far as it has been read. */
    @FunctionalInterface
    public interface Logs {
        LogIndex of(Partition partition);
    }

    public Visits(IdentityKey identities, Logs logs) {
        this.identities = identities;
        this.logs = logs;
    }

    /** The partition in which the marks of an event's visitor are. */
    public static Partition partition(PricedEvent mark) {
        return Partition.of(Math.floorMod(mark.visitor(), Partition.COUNT));
    }

    /**
     * The mark that this event leaves; none where the visitor is not known, or has left one in this slot.
     *
     * @param now estimate of Redis' clock, Unix seconds
     */
    public Optional<PricedEvent> mark(PricedEvent event, long now) {
        if (event.visitor() == 0 || !event.name().note().isPaid()) {
            return Optional.empty();
        }
        LogIndex log = logs.of(partition(event));
        long slot = now / SLOT_SECONDS;
        long mark = identities.ofVisit(event.visitor(), slot);
        if (log.find(mark).known().get(0)) {
            return Optional.empty();
        }
        long[] before = new long[SLOTS];
        for (int i = 0; i < SLOTS; i++) {
            before[i] = identities.ofVisit(event.visitor(), slot - 1 - i);
        }
        boolean begins = log.find(before).known().isEmpty();
        return Optional.of(event.mark(mark, begins));
    }
}
