package dev.millrace.ingest.tally;

import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A request whose events are on their way. Thread-safe. */
final class PendingRequest implements TimerTask {
    private final Outcome[] outcomes;
    private final AtomicInteger unfinished;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    /** @param events how many wait for an outcome */
    PendingRequest(int events) {
        this.outcomes = new Outcome[events];
        this.unfinished = new AtomicInteger(events);
    }

    /** An event that waits for its outcome, and those of the same identity that wait for its. Guarded by its log. */
    final class Waiting {
        private final int position;
        private final PricedEvent event;
        private List<Waiting> doubles = List.of();

        private Waiting(int position, PricedEvent event) {
            this.position = position;
            this.event = event;
        }

        PricedEvent event() {
            return event;
        }

        long identity() {
            return event.identity();
        }

        boolean isOver() {
            return PendingRequest.this.isOver();
        }

        void addDouble(Waiting later) {
            if (doubles.isEmpty()) {
                doubles = new ArrayList<>(1);
            }
            doubles.add(later);
        }

        List<Waiting> doubles() {
            return doubles;
        }

        void conclude(Outcome outcome) {
            PendingRequest.this.conclude(position, outcome);
        }

        void fail(Throwable why) {
            PendingRequest.this.fail(why);
        }
    }

    /** @param position where in this request the event stands */
    Waiting waiting(int position, PricedEvent event) {
        return new Waiting(position, event);
    }

    /** One event has its outcome; each is concluded once. */
    void conclude(int position, Outcome outcome) {
        outcomes[position] = outcome;
        if (unfinished.decrementAndGet() == 0) {
            done.complete(null);
        }
    }

    /** Fails the request as a whole, also where its other events have outcomes. */
    void fail(Throwable why) {
        done.completeExceptionally(why);
    }

    /** It has waited for too long. */
    @Override
    public void run(Timeout timeout) {
        fail(new TimeoutException());
    }

    /** Whether its wait has ended. */
    boolean isOver() {
        return done.isDone();
    }

    /**
     * The outcomes, in the order of the events. Who is interrupted or has waited for too long is not counted where that can still be helped.
     * A thread that waits without a limit and a timer of all requests cost less than a limit for each thread (decision 12).
     *
     * @param timer ends the wait
     * @throws IllegalStateException when the timer was stopped
     * @throws ExecutionException when it has failed, with the reason as its cause: a {@link TimeoutException} when it took too long
     */
    List<Outcome> await(Timer timer, Duration most) throws InterruptedException, ExecutionException {
        Timeout end = timer.newTimeout(this, most.toMillis(), TimeUnit.MILLISECONDS);
        try {
            done.get();
            return List.of(outcomes);
        } finally {
            end.cancel();
            done.cancel(false);
        }
    }
}
