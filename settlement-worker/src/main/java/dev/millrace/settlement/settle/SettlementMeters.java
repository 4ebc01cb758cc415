package dev.millrace.settlement.settle;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** What operators see of the runs. */
final class SettlementMeters {
    private static final Duration[] BUCKETS = IntStream.of(25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Timer time;
    private final Counter committed;
    private final Counter empty;
    private final Counter failed;
    private final Counter rows;

    SettlementMeters(MeterRegistry registry) {
        this.registry = registry;
        time = Timer.builder("millrace.settlement")
                .description("From the claim to the commit, of runs that claimed something")
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
        committed = outcome("committed");
        empty = outcome("empty");
        failed = outcome("failed");
        rows = Counter.builder("millrace.database.rows.written")
                .description("Rows inserted or updated in the database by settlements")
                .register(registry);
    }

    private Counter outcome(String outcome) {
        return Counter.builder("millrace.settlements")
                .description(
                        "Runs: committed with a journal, empty without one, failed: rolled back, or nothing but halted partitions")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter outcome(Settled settled) {
        if (settled.partitions() == 0) {
            return failed;
        }
        return settled.journalId() == null ? empty : committed;
    }

    Settled timed(Supplier<Settled> run) {
        Timer.Sample sample = Timer.start(registry);
        try {
            Settled settled = run.get();
            if (!settled.nothingClaimed()) {
                sample.stop(time);
                outcome(settled).increment();
                rows.increment((double) settled.rows());
            }
            return settled;
        } catch (RuntimeException e) {
            failed.increment();
            throw e;
        }
    }
}
