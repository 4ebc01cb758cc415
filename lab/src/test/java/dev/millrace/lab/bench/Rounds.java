package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Costs;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Rounds and results as tests need them. */
final class Rounds {
    private Rounds() {}

    /** A round of so many events in so many milliseconds, none lost, each request a millisecond longer than the one before. */
    static Result.Measured round(int events, long millis) {
        return round(events, millis, events * Events.MICROS);
    }

    /** The same with so much in the balances. */
    static Result.Measured round(int events, long millis, long countedMicros) {
        return round(events, millis, countedMicros, new Costs(4, 10, 9_000, 1_000, 2L * events));
    }

    /** The same of a contestant without Redis. */
    static Result.Measured withoutRedis(int events, long millis, long countedMicros) {
        return round(events, millis, countedMicros, new Costs(4, 10, 0, 0, 0));
    }

    private static Result.Measured round(int events, long millis, long countedMicros, Costs spent) {
        Histogram latency = new Histogram(3);
        for (int i = 1; i <= 1_000; i++) {
            latency.recordValue(TimeUnit.MILLISECONDS.toNanos(i));
        }
        return new Result.Measured(
                events,
                TimeUnit.MILLISECONDS.toNanos(millis),
                TimeUnit.MILLISECONDS.toNanos(20),
                latency,
                Map.of("redis", 0.5, "client", 0.25),
                spent,
                countedMicros,
                2);
    }

    static Scenario batches(String contestant, Aof aof, int creators) {
        return new Scenario(contestant, new Case("batch-1000", 1_000, 4), aof, creators);
    }
}
