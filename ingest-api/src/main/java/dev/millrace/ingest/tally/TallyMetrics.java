package dev.millrace.ingest.tally;

import dev.millrace.common.token.Retention;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The metrics of the tally. */
final class TallyMetrics {
    private static final Duration[] BUCKETS = IntStream.of(
                    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_500_000)
            .mapToObj(micros -> Duration.ofNanos(micros * 1_000L))
            .toArray(Duration[]::new);

    private final Timer calls;
    private final Counter corrupt;

    TallyMetrics(MeterRegistry registry) {
        this.calls = Timer.builder("millrace.tally")
                .description("From sending a call to its answer")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        this.corrupt = Counter.builder("millrace.counters.corrupt")
                .description("Calls and looks that found something else in Redis than what was written there")
                .register(registry);
    }

    void follow(LogFollower follower, long indexBytes, MeterRegistry registry) {
        Gauge.builder("millrace.partitions.open", follower, LogFollower::openPartitions)
                .description("Partitions with an open epoch; 16 is healthy")
                .register(registry);
        Gauge.builder("millrace.redis.age", follower, LogFollower::ageSeconds)
                .description("Age of what this node knows of the partition it saw the longest ago")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("millrace.index.identities", follower, LogFollower::size)
                .description("Identities that this node remembers")
                .register(registry);
        for (Retention retention : Retention.values()) {
            Gauge.builder("millrace.index", follower, f -> f.bytes(retention))
                    .description("Memory that the identities of a class take")
                    .tag("class", retention.wireName())
                    .baseUnit("bytes")
                    .register(registry);
        }
        Gauge.builder("millrace.index.limit", () -> indexBytes)
                .description("Memory that identities may take (MILLRACE_INDEX_MEMORY)")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("millrace.index.days.left", follower, LogFollower::daysLeft)
                .description("Days until that is reached, at the present rate of the long class")
                .register(registry);
    }

    void corrupt() {
        corrupt.increment();
    }

    /** A call has taken so long. */
    void called(long nanos) {
        calls.record(nanos, TimeUnit.NANOSECONDS);
    }
}
