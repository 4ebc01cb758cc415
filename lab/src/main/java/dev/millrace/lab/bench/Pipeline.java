package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends events through an asynchronous client, as many requests under way at a time as the case has clients.
 *
 * @param request hands events over without waiting; completes when they are acknowledged
 */
record Pipeline(Case shape, Function<Clicks, CompletionStage<?>> request) {
    /**
     * Events written out beforehand.
     *
     * @param ids by which each counts once
     * @param creators who earns by each
     */
    record Clicks(List<String> ids, List<String> creators) {
        static Clicks of(Events events) {
            String[] ids = new String[events.size()];
            String[] creators = new String[events.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = events.id(i);
                creators[i] = events.creator(i).intern();
            }
            return new Clicks(Arrays.asList(ids), Arrays.asList(creators));
        }

        int size() {
            return ids.size();
        }
    }

    /**
     * Returns when all are acknowledged.
     *
     * @param nanos takes the time from handing over a request to its acknowledgement, in nanoseconds
     * @throws IllegalStateException when a request failed; no more are sent then
     */
    void send(Clicks clicks, Histogram nanos) throws InterruptedException {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Histogram measured = new ConcurrentHistogram(nanos.getNumberOfSignificantValueDigits());
        Semaphore free = new Semaphore(shape.clients());
        for (int from = 0; from < clicks.size() && failure.get() == null; from += shape.batch()) {
            free.acquire();
            int to = Math.min(clicks.size(), from + shape.batch());
            long started = System.nanoTime();
            request.apply(new Clicks(clicks.ids.subList(from, to), clicks.creators.subList(from, to)))
                    .whenComplete((answer, error) -> {
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
