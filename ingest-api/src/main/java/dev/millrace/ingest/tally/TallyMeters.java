package dev.millrace.ingest.tally;

import dev.millrace.ingest.limit.Lane;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** What operators see of the tally. */
final class TallyMeters {
    private static final Duration[] BUCKETS = IntStream.of(
                    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_500_000)
            .mapToObj(micros -> Duration.ofNanos(micros * 1_000L))
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Timer tally;
    private final Counter suspects;

    TallyMeters(MeterRegistry registry) {
        this.registry = registry;
        this.tally = Timer.builder("millrace.tally")
                .description("From sending a call of batches to its answer")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        this.suspects = Counter.builder("millrace.suspects")
                .description("Events that this node may have sent before")
                .register(registry);
    }

    void suspected(int events) {
        suspects.increment(events);
    }

    <T> CompletableFuture<T> timed(CompletableFuture<T> reply) {
        Timer.Sample sample = Timer.start(registry);
        return reply.whenComplete((answer, failure) -> sample.stop(tally));
    }

    void lane(String name, Lane lane) {
        Gauge.builder("millrace.lane.events", lane, Lane::occupied)
                .description("Events under way to Redis")
                .tag("lane", name)
                .register(registry);
    }
}
