package dev.millrace.ingest.tally;

import com.carrotsearch.hppc.LongObjectHashMap;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.LogPosition;
import dev.millrace.counters.Partition;
import dev.millrace.counters.TallyReply;
import dev.millrace.counters.TallyScript;
import dev.millrace.counters.TallySection;
import dev.millrace.ingest.index.LogIndex;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of one partition and class: those that wait, and those under way, of which there is one section at a time. Answers what the index
 * knows, keeps doubles back until the first has its verdict, and takes the script's replies. Thread-safe.
 */
final class LogTally {
    private final Partition partition;
    private final Retention retention;
    private final LogIndex index;

    private final ArrayDeque<PendingRequest.Waiting> waiting = new ArrayDeque<>();

    /** The first of each identity that waits or is under way. */
    private final LongObjectHashMap<PendingRequest.Waiting> first = new LongObjectHashMap<>();

    private boolean underWay;

    /** Up to where the replicas have acknowledged the log, as far as it was asked. */
    private LogPosition acknowledged = LogPosition.NONE;

    LogTally(Partition partition, Retention retention, LogIndex index) {
        this.partition = partition;
        this.retention = retention;
        this.index = index;
    }

    Partition partition() {
        return partition;
    }

    Retention retention() {
        return retention;
    }

    LogIndex index() {
        return index;
    }

    /**
     * Takes an event.
     *
     * @return whether it waits for a call; otherwise it waits for another of its identity
     */
    synchronized boolean add(PendingRequest.Waiting event) {
        PendingRequest.Waiting before = first.get(event.identity());
        if (before != null) {
            before.addDouble(event);
            return false;
        }
        first.put(event.identity(), event);
        waiting.add(event);
        return true;
    }

    /** Whether duplicates up to this position may be answered without a call. */
    private boolean isAnswerable(LogPosition position, boolean needsReplicas) {
        return !needsReplicas
                || (acknowledged.lineage() == position.lineage()
                        && LogPosition.compare(acknowledged.id(), position.id()) >= 0);
    }

    /** How many events can go with a call now; 0 while others of this log are under way. */
    synchronized int ready() {
        return underWay ? 0 : waiting.size();
    }

    /** Whether something waits, be it for a call that is under way. */
    synchronized boolean isWaiting() {
        return !waiting.isEmpty();
    }

    /** Takes what others have written since the section's position, where that was too much to count behind it. */
    void behind(Sent section, TallyReply.Behind reply) {
        if (!reply.tail().isEmpty()) {
            LogPosition from = section.part().position();
            LogPosition to =
                    new LogPosition(from.lineage(), reply.tail().getLast().id(), -1);
            index.take(reply.tail(), from, to, LongBuffer.allocate(0));
        }
    }

    /** Takes what goes with a call; it is under way from now on. */
    synchronized List<PendingRequest.Waiting> take(int most) {
        List<PendingRequest.Waiting> taken = new ArrayList<>(Math.min(most, waiting.size()));
        while (taken.size() < most && !waiting.isEmpty()) {
            PendingRequest.Waiting next = waiting.remove();
            if (next.isOver()) {
                requeue(next);
            } else {
                taken.add(next);
            }
        }
        underWay = !taken.isEmpty(); // it was not: nothing is ready while others are
        return taken;
    }

    /**
     * A section as it is sent.
     *
     * @param sent events in the order of the section's
     * @param known events that the index knows: they count nothing, and are duplicates once the script says that the history is still this one
     */
    record Sent(
            LogTally log,
            List<PendingRequest.Waiting> sent,
            List<PendingRequest.Waiting> known,
            TallyScript.Part part) {
        /** All events without an outcome. */
        List<PendingRequest.Waiting> all() {
            List<PendingRequest.Waiting> all = new ArrayList<>(sent);
            all.addAll(known);
            return all;
        }

        /** Whether nothing is left to ask. */
        boolean isEmpty() {
            return sent.isEmpty() && known.isEmpty();
        }
    }

    /** All events of the section have been answered. */
    void answered() {
        end(null);
    }

    /**
     * Builds the section of events that were taken. What the index knows is a duplicate at once where it may say so.
     *
     * @param mayAnswer whether the view of the partition is young enough
     * @param needsReplicas whether an event may be answered only once the replicas have it
     * @return null where the log has not been read up to its end
     */
    synchronized @Nullable Sent section(
            List<PendingRequest.Waiting> taken, FollowedPartition.View view, boolean mayAnswer, boolean needsReplicas) {
        LogIndex.Found found = index.find(identities(taken));
        LogPosition position = found.position();
        if (!found.caughtUp() || position.lineage() != view.lineage()) {
            return null;
        }
        TallySection section = new TallySection(partition, retention, taken.size());
        List<PendingRequest.Waiting> sent = new ArrayList<>(taken.size());
        List<PendingRequest.Waiting> known = new ArrayList<>();
        for (int i = 0; i < taken.size(); i++) {
            PendingRequest.Waiting pending = taken.get(i);
            if (found.known().get(i)) {
                known.add(pending);
            } else {
                PricedEvent event = pending.event();
                section.add(
                        event.identity(),
                        event.name(),
                        event.units(),
                        event.micros(),
                        event.issuedAt(),
                        event.expiresAt(),
                        event.earliest());
                sent.add(pending);
            }
        }
        if (mayAnswer && isAnswerable(position, needsReplicas)) {
            known.forEach(event -> conclude(event, event.event().countedBefore()));
            known.clear();
        }
        return new Sent(this, sent, known, new TallyScript.Part(section, position, view.epoch()));
    }

    private static long[] identities(List<PendingRequest.Waiting> events) {
        return events.stream().mapToLong(PendingRequest.Waiting::identity).toArray();
    }

    /**
     * Takes the verdicts, and the reply's entries of the log.
     *
     * @param second Redis' second
     * @param replicated whether the replicas have acknowledged it
     */
    void counted(Sent section, TallyReply.Counted reply, long second, boolean replicated) {
        absorb(section, reply);
        for (int i = 0; i < section.sent().size(); i++) {
            PendingRequest.Waiting event = section.sent().get(i);
            conclude(event, outcome(event.event(), reply.verdict(i), second));
        }
        section.known().forEach(event -> conclude(event, event.event().countedBefore()));
        end(replicated ? reply.position() : null);
    }

    private void absorb(Sent section, TallyReply.Counted reply) {
        TallySection counted = section.part().section();
        LongBuffer own = LongBuffer.allocate(counted.events());
        for (int i = 0; i < counted.events(); i++) {
            if (reply.verdict(i) == 'A') {
                own.put(counted.identity(i));
            }
        }
        index.take(reply.tail(), section.part().position(), reply.position(), own.flip());
    }

    private static Outcome outcome(PricedEvent event, char letter, long second) {
        return switch (letter) {
            case 'A' -> event.counted();
            case 'D' -> event.countedBefore();
            case 'X' -> event.expired(second);
            case 'E' -> event.tooEarly(second);
            case 'S' -> event.superseded();
            default -> throw new IllegalStateException("tally.lua gave the verdict '%s'".formatted(letter));
        };
    }

    /** Events of the same identity are duplicates of one that counted. Where it did not count, the first of them goes with the next call. */
    private synchronized void conclude(PendingRequest.Waiting event, Outcome outcome) {
        event.conclude(outcome);
        if (outcome.status() == Outcome.Status.REJECTED) {
            requeue(event);
        } else {
            first.remove(event.identity());
            event.doubles().forEach(later -> later.conclude(later.event().countedBefore()));
        }
    }

    /** The event's place is taken by the next of the same identity; it was already, where the event has been concluded before. */
    private void requeue(PendingRequest.Waiting event) {
        if (first.get(event.identity()) != event) {
            return;
        }
        first.remove(event.identity());
        List<PendingRequest.Waiting> doubles = event.doubles();
        if (!doubles.isEmpty()) {
            PendingRequest.Waiting next = doubles.getFirst();
            doubles.subList(1, doubles.size()).forEach(next::addDouble);
            first.put(next.identity(), next);
            waiting.add(next);
        }
    }

    /** Fails the requests of events that are not known to be counted; their senders send them again. */
    synchronized void failed(List<PendingRequest.Waiting> taken, Throwable why) {
        for (PendingRequest.Waiting event : taken) {
            event.fail(why);
            requeue(event);
        }
        end(null);
    }

    /**
     * Fails the events of one creator, or all where none is named.
     *
     * @return the others, which go on
     */
    synchronized List<PendingRequest.Waiting> failedOf(
            String creator, List<PendingRequest.Waiting> taken, Throwable why) {
        List<PendingRequest.Waiting> others = new ArrayList<>();
        for (PendingRequest.Waiting event : taken) {
            if (!creator.isEmpty() && !event.event().name().creator().equals(creator)) {
                others.add(event);
            } else {
                event.fail(why);
                requeue(event);
            }
        }
        return others;
    }

    private synchronized void end(@Nullable LogPosition replicated) {
        underWay = false;
        if (replicated != null) {
            acknowledged = replicated;
        }
    }
}
