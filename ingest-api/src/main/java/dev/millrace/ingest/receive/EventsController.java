package dev.millrace.ingest.receive;

import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.tally.Lane;
import dev.millrace.ingest.tally.Outcome;
import dev.millrace.ingest.tally.Tally;
import dev.millrace.ingest.tally.TallyResult;
import dev.millrace.ingest.verify.Countable;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Rejected;
import dev.millrace.ingest.verify.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** {@code POST /v1/events}: the whole path of a request, from its body to its answer. */
@RestController
class EventsController {
    /** Bytes of all bodies held at a time; parsed, they take several times as much. */
    private static final long BODIES = 64L << 20;

    private final EventVerifier verifier;
    private final Counters counters;
    private final Tally tally;
    private final EventMeters meters;
    private final Lane bodies = RequestBody.budget(BODIES);

    EventsController(EventVerifier verifier, Counters counters, Tally tally, MeterRegistry registry) {
        this.verifier = verifier;
        this.counters = counters;
        this.tally = tally;
        this.meters = new EventMeters(registry);
    }

    @PostMapping(
            path = "/v1/events",
            consumes = {MediaType.APPLICATION_JSON_VALUE, MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_PLAIN_VALUE
            })
    ResponseEntity<Object> receive(HttpServletRequest request) {
        try (RequestBody body = RequestBody.read(request, bodies)) {
            return receive(EventReader.read(body.content()), prefersMinimal(request));
        }
    }

    private ResponseEntity<Object> receive(List<Event> events, boolean minimal) {
        meters.received(events.size());
        List<Outcome> outcomes;
        try {
            outcomes = count(events);
        } catch (RuntimeException e) {
            meters.unavailable(events.size());
            throw e;
        }
        meters.concluded(outcomes);
        return answer(outcomes, minimal);
    }

    private List<Outcome> count(List<Event> events) {
        List<Verdict> verdicts = verify(events);
        List<Countable> countable = verdicts.stream()
                .filter(Countable.class::isInstance)
                .map(Countable.class::cast)
                .toList();
        return switch (tally.count(countable)) {
            case TallyResult.Counted(List<Outcome> counted) -> merged(verdicts, counted);
            case TallyResult.SendAgain(TallyResult.Reason reason, String detail) -> throw sendAgain(reason, detail);
        };
    }

    private List<Verdict> verify(List<Event> events) {
        Observation redis = counters.observed()
                .orElseThrow(() -> sendAgain(
                        TallyResult.Reason.COUNTERS_UNAVAILABLE,
                        "Redis does not answer, holds no catalogue yet, or its clock can't be believed"));
        return verifier.verify(events, redis.catalog(), counters.second(redis));
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

    private ResponseEntity<Object> answer(List<Outcome> outcomes, boolean minimal) {
        Reply reply = Reply.of(outcomes, minimal);
        ResponseEntity.BodyBuilder response = reply.rejectedAll()
                ? ResponseEntity.unprocessableContent().contentType(MediaType.APPLICATION_PROBLEM_JSON)
                : ResponseEntity.accepted().contentType(MediaType.APPLICATION_JSON);
        if (minimal) {
            response.header("Preference-Applied", "return=minimal");
        }
        return response.body(reply.rejectedAll() ? rejectedAll(outcomes, reply) : reply);
    }

    private static ProblemDetail rejectedAll(List<Outcome> outcomes, Reply reply) {
        String detail = outcomes.size() == 1 && outcomes.getFirst() instanceof Outcome.Refused(Rejected only)
                ? only.detail()
                : "none of the %d events can ever count; each result says why".formatted(reply.rejected());
        ProblemDetail problem = Refusal.problem(
                HttpStatus.UNPROCESSABLE_CONTENT, "events-rejected", "Every event was rejected", detail);
        problem.setProperty("accepted", reply.accepted());
        problem.setProperty("duplicate", reply.duplicate());
        problem.setProperty("rejected", reply.rejected());
        if (reply.results() != null) {
            problem.setProperty("results", reply.results());
        }
        return problem;
    }

    private static Refusal sendAgain(TallyResult.Reason reason, String detail) {
        return switch (reason) {
            case COUNTERS_UNAVAILABLE ->
                Refusal.sendAgain(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "counters-unavailable",
                        "The counters can't be reached",
                        detail,
                        2);
            case OVERLOADED ->
                Refusal.sendAgain(HttpStatus.SERVICE_UNAVAILABLE, "overloaded", "Too many events at once", detail, 1);
            case SUSPECTS_BUSY ->
                Refusal.sendAgain(
                        HttpStatus.TOO_MANY_REQUESTS, "suspects-busy", "Too many repeated events at once", detail, 1);
        };
    }

    /** RFC 7240: {@code Prefer: return=minimal}, alone or among others. */
    private static boolean prefersMinimal(HttpServletRequest request) {
        for (Enumeration<String> headers = request.getHeaders("Prefer"); headers.hasMoreElements(); ) {
            for (String preference : headers.nextElement().split(",", -1)) {
                if (preference.strip().replace(" ", "").replace("\"", "").equalsIgnoreCase("return=minimal")) {
                    return true;
                }
            }
        }
        return false;
    }
}
