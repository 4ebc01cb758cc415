package dev.millrace.ingest.overload;

import dev.millrace.ingest.IngestSettings;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Wires what bounds the work under way. The order in which a request meets its bounds: connections (the server's), bytes of
 * bodies (503 {@code overloaded}), events (429 {@code too-many-requests}), the publisher's rate.
 */
@Configuration(proxyBeanMethods = false)
public class OverloadConfiguration {
    /** Units of the budget of bodies, bytes: a smaller one would count each byte's arrival. */
    public static final int KIB = 1_024;

    /** Buckets of publishers; a catalogue with more of them shares these among the busiest. */
    private static final int PUBLISHERS = 100_000;

    @Bean
    Budget eventBudget(IngestSettings settings, MeterRegistry registry) {
        Budget events = new Budget(settings.eventsUnderWay());
        gauge(registry, "millrace.events.under.way", "", "Events that are being counted", events, Budget::taken);
        gauge(registry, "millrace.events.allowed", "", "Most events under way at once", events, Budget::allowed);
        return events;
    }

    @Bean
    Budget bodyBudget(IngestSettings settings, MeterRegistry registry) {
        Budget bodies = new Budget(Math.toIntExact(settings.bodiesUnderWay().toKilobytes()));
        gauge(
                registry,
                "millrace.bodies.under.way",
                "bytes",
                "Memory of bodies that are held",
                bodies,
                b -> (double) b.taken() * KIB);
        gauge(
                registry,
                "millrace.bodies.allowed",
                "bytes",
                "Most memory of bodies held at once",
                bodies,
                b -> (double) b.allowed() * KIB);
        return bodies;
    }

    @Bean
    PublisherRates publisherRates(IngestSettings settings) {
        return new PublisherRates(settings.publisherEventsPerSecond(), PUBLISHERS);
    }

    private static void gauge(
            MeterRegistry registry,
            String name,
            String unit,
            String description,
            Budget budget,
            ToDoubleFunction<Budget> value) {
        Gauge.builder(name, budget, value)
                .description(description)
                .baseUnit(unit.isEmpty() ? null : unit)
                .register(registry);
    }
}
