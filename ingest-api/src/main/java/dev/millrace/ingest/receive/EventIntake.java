package dev.millrace.ingest.receive;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.counters.RedisConnections;
import dev.millrace.ingest.catalog.CatalogFollower;
import dev.millrace.ingest.tally.LogFollower;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Verdict;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.http.ProblemDetail;

/** Verifies the events of a request and counts the good ones. Thread-safe. */
final class EventIntake {
    /** The remedy where it is not known whether all of a request is counted. */
    static final String SEND_AGAIN = "; send the same events again, what was counted comes back as duplicate";

    private final EventVerifier verifier;
    private final RedisConnections redis;
    private final CatalogFollower catalog;
    private final LogFollower follower;
    private final PublisherRates rates;
    private final Tally tally;
    private final EventMetrics metrics;

    EventIntake(
            EventVerifier verifier,
            RedisConnections redis,
            CatalogFollower catalog,
            LogFollower follower,
            PublisherRates rates,
            Tally tally,
            EventMetrics metrics) {
        this.verifier = verifier;
        this.redis = redis;
        this.catalog = catalog;
        this.follower = follower;
        this.rates = rates;
        this.tally = tally;
        this.metrics = metrics;
    }

    /**
     * Counts a request's events.
     *
     * @param minimal whether the client does not want each event's outcome
     * @return the answer where one of the events counts or counted
     * @throws ProblemException when the request is to be sent again, or none of its events will ever count
     */
    Reply receive(List<Event> events, boolean minimal) {
        metrics.received(events.size());
        List<Outcome> outcomes;
        try {
            outcomes = count(events);
        } catch (CountersUnavailableException e) {
            metrics.unavailable(events.size());
            throw Problem.COUNTERS_UNAVAILABLE.because(e.why() + SEND_AGAIN);
        } catch (RuntimeException | Error e) {
            metrics.unavailable(events.size());
            throw e;
        }
        Reply reply = Reply.of(outcomes, minimal);
        metrics.concluded(reply, outcomes);
        if (reply.accepted() == 0 && reply.duplicate() == 0) {
            throw rejectedAll(outcomes, reply);
        }
        return reply;
    }

    private static ProblemException rejectedAll(List<Outcome> outcomes, Reply reply) {
        ProblemException problem = Problem.EVENTS_REJECTED.because(
                outcomes.size() == 1
                        ? String.valueOf(outcomes.getFirst().detail())
                        : "none of the %d events can ever count; each result says why".formatted(reply.rejected()));
        ProblemDetail body = problem.getBody();
        body.setProperty("accepted", reply.accepted());
        body.setProperty("duplicate", reply.duplicate());
        body.setProperty("rejected", reply.rejected());
        if (reply.results() != null) {
            body.setProperty("results", reply.results());
        }
        return problem;
    }

    private List<Outcome> count(List<Event> events) {
        List<Verdict> verdicts = verify(events);
        requireRate(verdicts);
        return tally.count(verdicts);
    }

    /** Judges by Redis' clock, and only while that can be believed: a clock that has leapt would refuse good tokens for good. */
    private List<Verdict> verify(List<Event> events) {
        String obstacle = follower.obstacle();
        if (!obstacle.isEmpty()) {
            throw new CountersUnavailableException(obstacle);
        }
        Catalog inForce = catalog.inForce()
                .orElseThrow(() -> new CountersUnavailableException(
                        catalog.trouble().isEmpty() ? "the catalogue was not seen lately" : catalog.trouble()));
        long now = redis.second().orElseThrow(() -> new CountersUnavailableException("Redis: " + redis.trouble()));
        String leap = follower.clockTrouble(now);
        if (!leap.isEmpty()) {
            throw new CountersUnavailableException(leap);
        }
        return verifier.verify(events, inForce, now);
    }

    private void requireRate(List<Verdict> verdicts) {
        if (!rates.isOn()) {
            return;
        }
        Map<String, Integer> events = new HashMap<>();
        for (Verdict verdict : verdicts) {
            if (verdict instanceof PricedEvent event) {
                events.merge(event.name().publisher(), 1, Integer::sum);
            }
        }
        events.forEach((publisher, count) -> {
            if (!rates.permits(publisher, count)) {
                throw Problem.TOO_MANY_REQUESTS.because(
                        "publisher %s sends more events a second than this node takes from one".formatted(publisher)
                                + SEND_AGAIN);
            }
        });
    }
}
