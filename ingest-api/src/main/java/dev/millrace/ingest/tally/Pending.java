package dev.millrace.ingest.tally;

import dev.millrace.ingest.limit.Permit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A request whose events are on their way to Redis, in several shares. Made by the thread that waits for it. Thread-safe. */
final class Pending {
    private final Outcome[] outcomes;
    private final AtomicInteger unfinished = new AtomicInteger();
    private final Permit permit = Permit.current();
    private final AtomicBoolean over = new AtomicBoolean();
    private final CompletableFuture<List<Outcome>> done = new CompletableFuture<>();

    /**
     * @param events how many the request has
     */
    Pending(int events) {
        this.outcomes = new Outcome[events];
    }

    /** One more share. All are made before the first of them is sent; the last to be finished completes the request. */
    Share newShare(int partition) {
        unfinished.incrementAndGet();
        return new Share(this, partition);
    }

    /** One event has its outcome; its share is finished later. */
    void conclude(int position, Outcome outcome) {
        outcomes[position] = outcome;
    }

    /** All events of one share have their outcomes. */
    void finishShare() {
        if (unfinished.decrementAndGet() == 0) {
            List<Outcome> all = List.of(outcomes);
            end(() -> done.complete(all));
        }
    }

    /** The request as a whole has failed, whatever becomes of its other shares. */
    void fail(Throwable why) {
        end(() -> done.completeExceptionally(why));
    }

    /** Only the first who ends it does. */
    private void end(Runnable wake) {
        if (over.compareAndSet(false, true)) {
            try {
                permit.resume();
            } finally {
                wake.run();
            }
        }
    }

    /** Whether nobody waits for it any more. */
    boolean isOver() {
        return over.get();
    }

    /**
     * The outcomes, in the order of the events. Whoever is interrupted is not counted where that can still be helped. How long
     * it may take is the business of whoever fails the request when it has taken too long.
     *
     * @throws ExecutionException when it has failed, with the reason as its cause
     */
    List<Outcome> await() throws InterruptedException, ExecutionException {
        permit.release();
        try {
            return done.get();
        } finally {
            over.set(true);
        }
    }
}
