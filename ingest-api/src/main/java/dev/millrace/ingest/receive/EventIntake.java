package dev.millrace.ingest.receive;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.budget.Budgets;
import dev.millrace.ingest.budget.NameLimits;
import dev.millrace.ingest.catalog.CatalogFollower;
import dev.millrace.ingest.check.Hints;
import dev.millrace.ingest.page.VisitorCap;
import dev.millrace.ingest.tally.LogFollower;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.verdict.VerdictLog;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PageExchange;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Verdict;
import dev.millrace.ingest.visit.Visits;
import dev.millrace.service.problem.Problem;
import dev.millrace.service.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ProblemDetail;

/** Verifies the events of a request and counts the good ones. Thread-safe. */
final class EventIntake {
    /** The remedy where it is not known whether all of a request is counted. */
    static final String SEND_AGAIN = "; send the same events again, what was counted comes back as duplicate";

    /** RFC 7240: says that results are left out, as the client prefers. */
    static final String PREFERENCE_APPLIED = "Preference-Applied";

    static final String MINIMAL = "return=minimal";

    /** A budget is raised by a person, or by midnight: a sender need not ask every second. */
    private static final String OVER_BUDGET_SECONDS = "60";

    private static final int HOUR = 3_600;
    private static final String TOO_MANY_VISITORS =
            "this address has had as many visitors of pages with page tokens in this hour as it may (MILLRACE_PAGE_VISITORS)";

    private final EventVerifier verifier;
    private final RedisConnections redis;
    private final CatalogFollower catalog;
    private final LogFollower follower;
    private final PublisherRates rates;
    private final Budgets budgets;
    private final NameLimits names;
    private final Visits visits;
    private final Tally tally;
    private final VisitorCap cap;
    private final EventMetrics metrics;
    private final Hints hints;
    private final String currency;
    private final VerdictLog log;

    EventIntake(
            EventVerifier verifier,
            RedisConnections redis,
            CatalogFollower catalog,
            LogFollower follower,
            PublisherRates rates,
            Budgets budgets,
            NameLimits names,
            Visits visits,
            Tally tally,
            VisitorCap cap,
            EventMetrics metrics,
            Hints hints,
            IngestSettings settings,
            VerdictLog log) {
        this.verifier = verifier;
        this.redis = redis;
        this.catalog = catalog;
        this.follower = follower;
        this.rates = rates;
        this.budgets = budgets;
        this.names = names;
        this.visits = visits;
        this.tally = tally;
        this.cap = cap;
        this.metrics = metrics;
        this.hints = hints;
        this.currency = settings.currency();
        this.log = log;
    }

    /**
     * Counts a request's events.
     *
     * @param sender of the request
     * @param minimal whether the client does not want each event's outcome
     * @return the answer where one of the events counts or counted
     * @throws ProblemException when the request is to be sent again, or none of its events counts
     */
    Reply receive(List<Event> events, Sender sender, boolean minimal) {
        List<Outcome> outcomes;
        try {
            outcomes = outcomes(events, sender);
        } catch (CountersUnavailableException e) {
            throw Problem.COUNTERS_UNAVAILABLE.because(e.why() + SEND_AGAIN);
        }
        Reply reply = Reply.of(outcomes, minimal);
        if (reply.rejected() == outcomes.size()) {
            throw noneCounts(outcomes, reply);
        }
        return reply;
    }

    /**
     * Counts one event, for a sender who is told no more than its outcome.
     *
     * @throws CountersUnavailableException when it is to be sent again
     */
    Outcome receive(Event event, Sender sender) {
        return outcomes(List.of(event), sender).getFirst();
    }

    private List<Outcome> outcomes(List<Event> events, Sender sender) {
        metrics.received(events.size());
        try {
            List<Outcome> outcomes = count(events, sender);
            metrics.concluded(outcomes);
            return outcomes;
        } catch (RuntimeException | Error e) {
            metrics.unavailable(events.size());
            throw e;
        }
    }

    /** 429 where all of the events may count later, as their sender has to slow down. */
    private static ProblemException noneCounts(List<Outcome> outcomes, Reply reply) {
        long later =
                outcomes.stream().filter(outcome -> outcome.retry() != null).count();
        String detail = outcomes.size() == 1
                ? String.valueOf(outcomes.getFirst().detail())
                : "none of the %d events counts; %seach result says why"
                                .formatted(
                                        reply.rejected(),
                                        reply.results() == null ? "without Prefer: " + MINIMAL + " " : "")
                        + (later == 0 ? "" : ", and those with \"retry\": true may be sent again");
        ProblemException problem =
                (later == outcomes.size() ? Problem.TOO_MANY_REQUESTS : Problem.EVENTS_REJECTED).because(detail);
        if (later == outcomes.size() && outcomes.stream().allMatch(EventIntake::isOverBudget)) {
            problem.with(HttpHeaders.RETRY_AFTER, OVER_BUDGET_SECONDS);
        }
        ProblemDetail body = problem.getBody();
        body.setProperty("accepted", reply.accepted());
        body.setProperty("duplicate", reply.duplicate());
        body.setProperty("filtered", reply.filtered());
        body.setProperty("rejected", reply.rejected());
        if (reply.results() == null) {
            problem.with(PREFERENCE_APPLIED, MINIMAL);
        } else {
            body.setProperty("results", reply.results());
        }
        return problem;
    }

    private static boolean isOverBudget(Outcome outcome) {
        return outcome.code() == RejectionCode.PUBLISHER_OVER_BUDGET;
    }

    /**
     * What would become of a request's events; nothing is counted, reserved or noted.
     *
     * @throws ProblemException when this node can't judge now
     */
    DryRun judge(List<Event> events, Sender sender) {
        try {
            Catalog inForce = catalog.required();
            long now = second();
            List<Verdict> verdicts = available(() -> verifier.foresee(events, sender, inForce, now))
                    .verdicts();
            return DryRun.of(events, verdicts, hints.run(inForce, now), currency, now);
        } catch (CountersUnavailableException e) {
            throw Problem.COUNTERS_UNAVAILABLE.because(e.why());
        }
    }

    /**
     * Exchanges a page token for an event token; counts the visitor, and no event.
     *
     * @throws ProblemException when there is none for this sender, now or ever
     */
    ExchangedPage exchange(@Nullable String token, Sender sender) {
        try {
            requireReady();
            long now = second();
            Catalog inForce = catalog.required();
            PageExchange exchange = available(() -> verifier.exchange(token, sender, inForce, now));
            return switch (exchange) {
                case PageExchange.Refused(Outcome outcome, Kid kid) -> {
                    log.exchangeRefused(kid, outcome, now);
                    throw refused(outcome);
                }
                case PageExchange.Made(String made, long expiresAt, Kid kid) -> {
                    if (!admits(sender, now)) {
                        log.exchangeRefused(kid, Outcome.rejected(RejectionCode.PAGE_VISITORS, TOO_MANY_VISITORS), now);
                        throw Problem.TOO_MANY_REQUESTS
                                .because(TOO_MANY_VISITORS)
                                .with(HttpHeaders.RETRY_AFTER, Long.toString(HOUR - now % HOUR));
                    }
                    yield new ExchangedPage(made, expiresAt);
                }
            };
        } catch (CountersUnavailableException e) {
            throw Problem.COUNTERS_UNAVAILABLE.because(e.why() + "; try again");
        }
    }

    /** The outcome's own code is the problem's: a program need not look into two places. */
    private static ProblemException refused(Outcome outcome) {
        ProblemException problem = Problem.TOKEN_REJECTED.because(String.valueOf(outcome.detail()));
        String code = String.valueOf(outcome.code());
        problem.getBody().setType(Problem.type(code));
        problem.getBody().setProperty("code", code);
        return problem;
    }

    private boolean admits(Sender sender, long now) {
        return available(() -> cap.admits(sender.address(), sender.userAgent(), now));
    }

    private static <T> T available(Supplier<T> asking) {
        try {
            return asking.get();
        } catch (RedisUnavailableException | RedisRefusedException e) {
            throw new CountersUnavailableException(String.valueOf(e.getMessage()));
        }
    }

    private List<Outcome> count(List<Event> events, Sender sender) {
        requireReady();
        Catalog inForce = catalog.required();
        long now = second();
        EventVerifier.Verified verified = available(() -> verifier.verify(events, sender, inForce, now));
        List<Verdict> verdicts = new ArrayList<>(verified.verdicts());
        verdicts.replaceAll(verdict -> verdict instanceof PricedEvent event ? withinRate(event, inForce) : verdict);
        verified.carried().forEach((place, visit) -> {
            if (verdicts.get(place) instanceof PricedEvent) {
                verdicts.add(visit);
            }
        });
        requireAdmitted(verdicts, verified.byPage(), sender, now);
        Budgets.Reserved reserved = budgets.reserve(verdicts, inForce);
        List<Outcome> outcomes;
        try {
            names.judge(reserved.verdicts(), inForce);
            outcomes = tally.count(reserved.verdicts(), marks(verdicts.subList(0, events.size()), now));
            reserved.concluded(outcomes);
        } catch (RuntimeException | Error e) {
            reserved.failed();
            throw e;
        }
        List<Outcome> received = outcomes.subList(0, events.size());
        log.concluded(events, verified, received, sender, now);
        return received;
    }

    /** All views of a request by page tokens are one visitor's. What is filtered pays nothing, and takes no place. */
    private void requireAdmitted(List<Verdict> verdicts, Set<Integer> byPage, Sender sender, long now) {
        List<Integer> paying = byPage.stream()
                .filter(place -> verdicts.get(place) instanceof PricedEvent view
                        && view.name().note().isPaid())
                .toList();
        if (!paying.isEmpty() && !admits(sender, now)) {
            Outcome refused = Outcome.rejected(RejectionCode.PAGE_VISITORS, TOO_MANY_VISITORS);
            paying.forEach(place -> verdicts.set(place, refused));
        }
    }

    private List<Tally.Mark> marks(List<Verdict> received, long now) {
        return received.stream()
                .filter(PricedEvent.class::isInstance)
                .map(PricedEvent.class::cast)
                .flatMap(event -> visits.mark(event, now).stream())
                .map(mark -> new Tally.Mark(Visits.partition(mark), mark))
                .toList();
    }

    private Verdict withinRate(PricedEvent event, Catalog inForce) {
        String publisher = event.name().publisher();
        return rates.permits(publisher, inForce.limits(publisher).eventsPerSecond())
                ? event
                : Outcome.rejected(
                        RejectionCode.PUBLISHER_RATE,
                        "publisher %s sends more events a second than this node takes from it".formatted(publisher));
    }

    /** Redis' second, while it can be believed: by a clock that has leapt, good tokens would be refused for good. */
    private long second() {
        long now = available(redis::requiredSecond);
        String leap = follower.clockTrouble(now);
        if (!leap.isEmpty()) {
            throw new CountersUnavailableException(leap);
        }
        return now;
    }

    private void requireReady() {
        String obstacle = follower.obstacle();
        if (!obstacle.isEmpty()) {
            throw new CountersUnavailableException(obstacle);
        }
    }
}
