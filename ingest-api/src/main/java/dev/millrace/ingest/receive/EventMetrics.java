package dev.millrace.ingest.receive;

import dev.millrace.common.token.Filter;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.RejectionCode;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts what became of events and requests. At rest, received = accepted + duplicate + Σ filtered + Σ rejected + unavailable; a request
 * that is to be sent again as a whole counts as unavailable with all its events. Thread-safe.
 */
final class EventMetrics {
    private static final String NONE = "none";

    private final MeterRegistry registry;
    private final Counter received;
    private final Counter accepted;
    private final Counter duplicate;
    private final Counter unavailable;
    private final Map<RejectionCode, Counter> rejected = new EnumMap<>(RejectionCode.class);
    private final Map<String, Counter> filtered = new HashMap<>();
    private final Map<Answer, Timer> timers = new ConcurrentHashMap<>();

    private record Answer(String path, String method, int status) {}

    EventMetrics(MeterRegistry registry) {
        this.registry = registry;
        received = events("received", "Events in requests that could be read");
        accepted = events("accepted", "Events that count");
        duplicate = events("duplicate", "Events that had counted before");
        unavailable = events("unavailable", "Events to be sent again");
        for (Filter filter : Filter.values()) {
            filtered.put(
                    filter.wireName(),
                    Counter.builder("millrace.events.filtered")
                            .description("Events that are no reader's")
                            .tag("reason", filter.wireName())
                            .register(registry));
        }
        for (RejectionCode code : RejectionCode.values()) {
            rejected.put(
                    code,
                    Counter.builder("millrace.events.rejected")
                            .description("Events that do not count")
                            .tag("code", code.wireName())
                            .register(registry));
        }
    }

    private Counter events(String what, String description) {
        return Counter.builder("millrace.events." + what)
                .description(description)
                .register(registry);
    }

    void received(int events) {
        received.increment(events);
    }

    void unavailable(int events) {
        unavailable.increment(events);
    }

    void concluded(List<Outcome> outcomes) {
        int counted = 0;
        int again = 0;
        for (Outcome outcome : outcomes) {
            switch (outcome.status()) {
                case ACCEPTED -> counted++;
                case DUPLICATE -> again++;
                case FILTERED ->
                    Objects.requireNonNull(filtered.get(outcome.reason()), "every filter has its counter")
                            .increment();
                case REJECTED ->
                    Objects.requireNonNull(rejected.get(outcome.code()), "every code has its counter")
                            .increment();
            }
        }
        accepted.increment(counted);
        duplicate.increment(again);
    }

    /** Times a request under the name and the tags of Spring Boot's own timers. */
    void answered(String path, String method, int status, long nanos) {
        timers.computeIfAbsent(new Answer(path, known(method), status), this::timer)
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A client may make up methods, and each would be a series for good. */
    private static String known(String method) {
        return switch (method) {
            case "POST", "OPTIONS", "GET", "HEAD", "PUT", "DELETE", "PATCH" -> method;
            default -> "UNKNOWN";
        };
    }

    private Timer timer(Answer answer) {
        return Timer.builder("http.server.requests")
                .tag("error", NONE)
                .tag("exception", NONE)
                .tag("method", answer.method())
                .tag(
                        "outcome",
                        io.micrometer.core.instrument.binder.http.Outcome.forStatus(answer.status())
                                .name())
                .tag("status", Integer.toString(answer.status()))
                .tag("uri", answer.path())
                .register(registry);
    }
}
