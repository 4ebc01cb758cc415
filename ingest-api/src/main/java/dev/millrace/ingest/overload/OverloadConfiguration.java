package dev.millrace.ingest.overload;

import dev.millrace.ingest.IngestSettings;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Wires what bounds the work under way: what does not fit is refused at once and never queued. The order in which a request meets its bounds:
 * connections (the server's), bytes of bodies (503 {@code overloaded}), events (429 {@code too-many-requests}), the publisher's rate.
 */
@Configuration(proxyBeanMethods = false)
public class OverloadConfiguration {
    /** Bytes that a permit for bodies stands for: a smaller one would count each byte's arrival. */
    public static final int KIB = 1_024;

    /** Buckets of publishers; a catalogue with more of them shares these among the busiest. */
    private static final int PUBLISHERS = 100_000;

    @Bean
    Semaphore eventBudget(IngestSettings settings, MeterRegistry registry) {
        Semaphore events = new Semaphore(settings.eventsUnderWay());
        gauges(registry, "events", "Events that are being counted", "Most events under way at once", events, 1, null);
        return events;
    }

    @Bean
    Semaphore bodyBudget(IngestSettings settings, MeterRegistry registry) {
        Semaphore bodies =
                new Semaphore(Math.toIntExact(settings.bodiesUnderWay().toKilobytes()));
        gauges(
                registry,
                "bodies",
                "Memory of bodies that are held",
                "Most memory of bodies held at once",
                bodies,
                KIB,
                "bytes");
        return bodies;
    }

    @Bean
    PublisherRates publisherRates(IngestSettings settings) {
        return new PublisherRates(settings.publisherEventsPerSecond(), PUBLISHERS);
    }

    private static void gauges(
            MeterRegistry registry,
            String of,
            String taken,
            String most,
            Semaphore free,
            int size,
            @Nullable String unit) {
        int allowed = free.availablePermits();
        Gauge.builder("millrace." + of + ".under.way", free, f -> (double) (allowed - f.availablePermits()) * size)
                .description(taken)
                .baseUnit(unit)
                .register(registry);
        Gauge.builder("millrace." + of + ".allowed", () -> (double) allowed * size)
                .description(most)
                .baseUnit(unit)
                .register(registry);
    }
}
