package dev.millrace.ingest.benchmark;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How all are measured: nanoseconds an event, on one thread that shares nothing. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(2)
public abstract class EventBenchmark {
    /** Enough that no branch predictor learns them by heart, few enough to stay in the cache. A power of two. */
    public static final int EVENTS = 1_024;

    private int next;

    /** The number of the next event in turn, from 0 on. */
    protected final int next() {
        next = (next + 1) & (EVENTS - 1);
        return next;
    }
}
