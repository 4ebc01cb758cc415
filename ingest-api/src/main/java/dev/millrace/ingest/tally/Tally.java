package dev.millrace.ingest.tally;

import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.tally.TallyResult.Reason;
import dev.millrace.ingest.verify.Countable;
import java.util.List;
import java.util.Optional;

/**
 * Counts the verified events of one request: those this node has certainly not sent before through the fast lane, the
 * others ("suspects") through a small one, so that a flood of replays can't crowd out honest readers. Which of them are
 * duplicates, Redis decides in both. Thread-safe.
 */
public final class Tally {
    /** Up to this share of a batch, suspects are what the filter's error explains: four times its rate. */
    private static final int FALSE_ALARMS_ONE_IN = 25;

    private final Counters counters;
    private final PartitionTally partitions;
    private final SentFilter filter;
    private final Lane fast;
    private final Lane suspects;
    private final TallyMeters meters;

    Tally(
            Counters counters,
            PartitionTally partitions,
            SentFilter filter,
            Lane fast,
            Lane suspects,
            TallyMeters meters) {
        this.counters = counters;
        this.partitions = partitions;
        this.filter = filter;
        this.fast = fast;
        this.suspects = suspects;
        this.meters = meters;
    }

    /** Counts them; when it returns, each is counted, known as a duplicate or refused, or the whole is to be sent again. */
    public TallyResult count(List<Countable> events) {
        if (events.isEmpty()) {
            return new TallyResult.Counted(List.of());
        }
        int suspected = suspected(events);
        meters.suspected(suspected);
        if (!suspects.enter(suspected)) {
            return new TallyResult.SendAgain(
                    Reason.SUSPECTS_BUSY,
                    "%d of the request's events may have been counted before, and the lane for such events is full"
                            .formatted(suspected));
        }
        try {
            return countFast(events, events.size() - suspected);
        } finally {
            suspects.leave(suspected);
        }
    }

    /** A large batch of new events holds a few that the filter takes for old: they alone make no flood. */
    private int suspected(List<Countable> events) {
        int maybe = (int)
                events.stream().filter(e -> filter.mayHaveSent(e.identity())).count();
        return maybe * FALSE_ALARMS_ONE_IN <= events.size() ? 0 : maybe;
    }

    private TallyResult countFast(List<Countable> events, int fresh) {
        if (!fast.enter(fresh)) {
            return new TallyResult.SendAgain(Reason.OVERLOADED, "more events are under way than this node takes");
        }
        try {
            return observed(events);
        } finally {
            fast.leave(fresh);
        }
    }

    private TallyResult observed(List<Countable> events) {
        Optional<Observation> observation = counters.observed();
        if (observation.isEmpty()) {
            return new TallyResult.SendAgain(
                    Reason.COUNTERS_UNAVAILABLE, "Redis does not answer, or its clock can't be believed");
        }
        TallyResult result = partitions.count(events, observation.get(), counters.second(observation.get()));
        if (result instanceof TallyResult.Counted) {
            events.stream().map(Countable::identity).forEach(filter::sent);
        }
        return result;
    }
}
