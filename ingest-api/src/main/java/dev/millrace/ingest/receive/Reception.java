package dev.millrace.ingest.receive;

import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.limit.Standing;
import dev.millrace.ingest.tally.Outcome;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.tally.TallyResult;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Rejected;
import dev.millrace.ingest.verify.Verdict;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** What becomes of the events of a request: each is judged, and what may count is counted. Thread-safe. */
final class Reception {
    private static final int SAMPLE = 3;

    private final EventVerifier verifier;
    private final Counters counters;
    private final Tally tally;
    private final EventMeters meters;

    Reception(EventVerifier verifier, Counters counters, Tally tally, EventMeters meters) {
        this.verifier = verifier;
        this.counters = counters;
        this.tally = tally;
        this.meters = meters;
    }

    /**
     * The outcome of each event, in their order.
     *
     * @throws Refusal when the request is to be sent again
     */
    List<Outcome> receive(List<Event> events) {
        meters.received(events.size());
        List<Outcome> outcomes;
        try {
            outcomes = count(events);
        } catch (RuntimeException | Error e) {
            meters.unavailable(events.size());
            throw e;
        }
        meters.concluded(outcomes);
        return outcomes;
    }

    private List<Outcome> count(List<Event> events) {
        List<Verdict> verdicts = verify(events);
        List<Countable> countable = new ArrayList<>(verdicts.size());
        for (Verdict verdict : verdicts) {
            if (verdict instanceof Countable may) {
                countable.add(may);
            }
        }
        return switch (tally.count(countable)) {
            case TallyResult.Counted(List<Outcome> counted) -> merged(verdicts, counted);
            case TallyResult.SendAgain again -> throw sendAgain(again);
        };
    }

    private List<Verdict> verify(List<Event> events) {
        Observation redis = counters.observed()
                .orElseThrow(() -> Refusal.countersUnavailable(
                        "Redis does not answer, holds no catalogue yet, or its clock can't be believed"));
        if (events.size() > SAMPLE && tally.isTooFullForSuspects(events.size())) {
            turnAwayRepetitions(events, redis);
        }
        return verifier.verify(events, redis.catalog(), counters.second(redis));
    }

    /**
     * In a flood of repetitions a look at a few events spares verifying all of them: where the first, the middle and the last may
     * have been counted before, so may the others, and there is no room for so many.
     */
    private void turnAwayRepetitions(List<Event> events, Observation redis) {
        List<Verdict> sample = verifySome(events, redis);
        if (sample.stream().allMatch(verdict -> verdict instanceof Countable countable && tally.suspects(countable))) {
            throw sendAgain(tally.turnAway(events.size()));
        }
    }

    private List<Verdict> verifySome(List<Event> events, Observation redis) {
        List<Event> sample = List.of(events.getFirst(), events.get(events.size() / 2), events.getLast());
        return verifier.verify(events.size() < SAMPLE ? events : sample, redis.catalog(), counters.second(redis));
    }

    /**
     * What a few of the events of a request that can't be counted now tell of its connection: whether they may have been counted before. Empty
     * where none of them could ever count, or nothing is known of the keys that sign.
     */
    Optional<Standing> judge(List<Event> events) {
        List<Countable> countable = new ArrayList<>();
        counters.observed().ifPresent(redis -> {
            for (Verdict verdict : verifySome(events, redis)) {
                if (verdict instanceof Countable may) {
                    countable.add(may);
                }
            }
        });
        return countable.isEmpty()
                ? Optional.empty()
                : Optional.of(countable.stream().allMatch(tally::suspects) ? Standing.REPEATING : Standing.TRUSTED);
    }

    private static List<Outcome> merged(List<Verdict> verdicts, List<Outcome> counted) {
        Iterator<Outcome> next = counted.iterator();
        List<Outcome> outcomes = new ArrayList<>(verdicts.size());
        for (Verdict verdict : verdicts) {
            outcomes.add(
                    switch (verdict) {
                        case Rejected rejected -> new Outcome.Refused(rejected);
                        case Countable c -> next.next();
                    });
        }
        return outcomes;
    }

    private static Refusal sendAgain(TallyResult.SendAgain again) {
        return switch (again.reason()) {
            case COUNTERS_UNAVAILABLE -> Refusal.countersUnavailable(again.detail());
            case OVERLOADED -> Refusal.overloaded("Too many events at once", again.detail());
            case SUSPECTS_BUSY -> Refusal.suspectsBusy(again.detail());
        };
    }
}
