package dev.millrace.ingest.tally;

import dev.millrace.ingest.limit.Lane;
import dev.millrace.ingest.tally.TallyResult.Reason;
import dev.millrace.ingest.verify.Countable;
import java.util.BitSet;
import java.util.List;

/**
 * Counts the verified events of one request: those this node has certainly not sent before through the fast lane, the
 * others ("suspects") through a small one, so that a flood of replays can't crowd out honest readers. Which of them are
 * duplicates, Redis decides in both. Thread-safe.
 */
public final class Tally {
    /** Up to this share of a batch, suspects are what the filter's error explains: four times its rate. */
    private static final int FALSE_ALARMS_ONE_IN = 25;

    private final PartitionTally partitions;
    private final SentFilter filter;
    private final Lane fastLane;
    private final Lane suspectsLane;
    private final TallyMeters meters;

    Tally(PartitionTally partitions, SentFilter filter, Lane fastLane, Lane suspectsLane, TallyMeters meters) {
        this.partitions = partitions;
        this.filter = filter;
        this.fastLane = fastLane;
        this.suspectsLane = suspectsLane;
        this.meters = meters;
    }

    /** Whether so many suspects would be turned away now. */
    public boolean isTooFullForSuspects(int events) {
        return suspectsLane.isTooFullFor(events);
    }

    /** Whether this node may have sent the event before; wrong for about 1 % of those that it has not. */
    public boolean suspects(Countable event) {
        return filter.mayHaveSent(event.identity());
    }

    /** What becomes of a request with so many suspects when there is no room for them. */
    public TallyResult.SendAgain turnAway(int suspects) {
        meters.suspected(suspects);
        return new TallyResult.SendAgain(
                Reason.SUSPECTS_BUSY,
                "%d of the request's events may have been counted before, and the lane for such events is full"
                        .formatted(suspects));
    }

    /** Counts them; when it returns, each is counted, known as a duplicate or refused, or the whole is to be sent again. */
    public TallyResult count(List<Countable> events) {
        if (events.isEmpty()) {
            return new TallyResult.Counted(List.of());
        }
        BitSet suspected = suspected(events);
        int suspects = suspected.cardinality();
        if (!suspectsLane.enter(suspects)) {
            return turnAway(suspects);
        }
        meters.suspected(suspects);
        try {
            return countFast(events, suspected, events.size() - suspects);
        } finally {
            suspectsLane.leave(suspects);
        }
    }

    /** A large batch of new events holds a few that the filter takes for old: they alone make no flood. */
    private BitSet suspected(List<Countable> events) {
        BitSet maybe = new BitSet(events.size());
        for (int i = 0; i < events.size(); i++) {
            if (suspects(events.get(i))) {
                maybe.set(i);
            }
        }
        if (maybe.cardinality() * FALSE_ALARMS_ONE_IN <= events.size()) {
            maybe.clear();
        }
        return maybe;
    }

    private TallyResult countFast(List<Countable> events, BitSet suspected, int fresh) {
        if (!fastLane.enter(fresh)) {
            return new TallyResult.SendAgain(Reason.OVERLOADED, "more events are under way than this node takes");
        }
        try {
            return countAndRemember(events, suspected);
        } finally {
            fastLane.leave(fresh);
        }
    }

    private TallyResult countAndRemember(List<Countable> events, BitSet suspected) {
        TallyResult result = partitions.count(events, suspected);
        if (result instanceof TallyResult.Counted) {
            for (Countable event : events) {
                filter.sent(event.identity());
            }
        }
        return result;
    }
}
