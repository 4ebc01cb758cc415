package dev.millrace.ingest.receive;

import dev.millrace.ingest.tally.Outcome;
import dev.millrace.ingest.verify.Code;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Counts what became of events. At rest, received = accepted + duplicate + Σ rejected + unavailable; a request that is to
 * be sent again counts as unavailable with all its events.
 */
final class EventMeters {
    private final Counter received;
    private final Counter accepted;
    private final Counter duplicate;
    private final Counter unavailable;
    private final Map<Code, Counter> rejected = new EnumMap<>(Code.class);

    EventMeters(MeterRegistry registry) {
        received = counter(registry, "received", "Events in requests that could be read");
        accepted = counter(registry, "accepted", "Events that count");
        duplicate = counter(registry, "duplicate", "Events that had counted before");
        unavailable = counter(registry, "unavailable", "Events to be sent again");
        for (Code code : Code.values()) {
            rejected.put(
                    code,
                    Counter.builder("millrace.events.rejected")
                            .description("Events that will never count")
                            .tag("code", code.wireName())
                            .register(registry));
        }
    }

    void received(int events) {
        received.increment(events);
    }

    void unavailable(int events) {
        unavailable.increment(events);
    }

    void concluded(List<Outcome> outcomes) {
        int accepts = 0;
        int duplicates = 0;
        for (Outcome outcome : outcomes) {
            switch (outcome) {
                case Outcome.Accepted a -> accepts++;
                case Outcome.Duplicate d -> duplicates++;
                case Outcome.Refused refused -> rejected(refused.why().code()).increment();
            }
        }
        accepted.increment(accepts);
        duplicate.increment(duplicates);
    }

    private Counter rejected(Code code) {
        return Objects.requireNonNull(rejected.get(code), "every code has its counter");
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder("millrace.events." + name)
                .description(description)
                .register(registry);
    }
}
