package dev.millrace.lab.bench;

import com.google.common.collect.Lists;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Sends events through an asynchronous client, as many requests under way at a time as the case has clients. */
final class Pipeline {
    private final Case shape;
    private final List<Click> clicks;

    /** @param id idempotency key */
    record Click(String id, String creator) {}

    /** Writes the events out. */
    Pipeline(Case shape, Events events) {
        this.shape = shape;
        this.clicks = IntStream.range(0, events.size())
                .mapToObj(i -> new Click(events.id(i), events.creator(i).intern()))
                .toList();
    }

    /**
     * Returns when all are acknowledged.
     *
     * @param request hands events over without waiting; completes when they are acknowledged
     * @param nanos takes the time from handing over a request to its acknowledgement, in nanoseconds
     * @throws IllegalStateException when a request failed; no more are sent then
     */
    void send(Function<List<Click>, CompletionStage<?>> request, Histogram nanos) throws InterruptedException {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Histogram measured = new ConcurrentHistogram(nanos.getNumberOfSignificantValueDigits());
        Semaphore free = new Semaphore(shape.clients());
        for (List<Click> lot : Lists.partition(clicks, shape.batch())) {
            if (failure.get() != null) {
                break;
            }
            free.acquire();
            long started = System.nanoTime();
            request.apply(lot).whenComplete((answer, error) -> {
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
