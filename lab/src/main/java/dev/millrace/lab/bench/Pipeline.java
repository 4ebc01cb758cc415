package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Sends events through an asynchronous client, as many requests under way at a time as the case has clients. */
final class Pipeline {
    private final Case shape;
    private final Request request;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Pipeline(Case shape, Request request) {
        this.shape = shape;
        this.request = request;
    }

    /** Hands events over without waiting. */
    interface Request {
        /** Sends the events from {@code from} up to, but not including, {@code to}; completes when they are acknowledged. */
        CompletionStage<?> send(int from, int to);
    }

    /**
     * Returns when all are acknowledged.
     *
     * @param events how many
     * @param nanos takes the time from handing over a request to its acknowledgement, in nanoseconds
     * @throws IllegalStateException when a request failed; no more are sent then
     */
    void send(int events, Histogram nanos) throws InterruptedException {
        Histogram measured = new ConcurrentHistogram(nanos.getNumberOfSignificantValueDigits());
        Semaphore free = new Semaphore(shape.clients());
        for (int from = 0; from < events && failure.get() == null; from += shape.batch()) {
            free.acquire();
            long started = System.nanoTime();
            request.send(from, Math.min(events, from + shape.batch())).whenComplete((answer, error) -> {
                measured.recordValue(System.nanoTime() - started);
                if (error != null) {
                    failure.compareAndSet(null, error);
                }
                free.release();
            });
        }
        free.acquire(shape.clients());
        if (failure.get() != null) {
            throw new IllegalStateException("a request of " + shape + " failed", failure.get());
        }
        nanos.add(measured);
    }
}
