package dev.millrace.ledger.balance;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.common.base.Throwables;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Collapses concurrent reads: while one read runs, later callers queue, and the next one is for all of them. Every answer comes from a read that
 * began after it was asked for. A caller who is alone is read for at once. The more ask, the less an answer costs.
 *
 * <p>There is one read at a time. When a store gets slow, as many reads as callers would make it slower. Thread-safe.
 */
final class RequestCollapser<Q, A> {
    private final int most;
    private final Supplier<RuntimeException> late;
    private final Consumer<Map<Q, CompletableFuture<A>>> reading;
    private final Executor reader = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("reader").factory());

    /** In the order in which they were asked. While there are any, the reader has a read to do. */
    private final Map<Q, Waiting<A>> waiting = new LinkedHashMap<>();

    /** A question in the queue, and how many callers wait for its answer. Guarded by the collapser. */
    private static final class Waiting<A> {
        private final CompletableFuture<A> answer = new CompletableFuture<>();
        private int callers;
    }

    /**
     * @param most questions in one read
     * @param late the failure of a caller whose patience has ended
     * @param reading completes the answers to questions
     */
    RequestCollapser(int most, Supplier<RuntimeException> late, Consumer<Map<Q, CompletableFuture<A>>> reading) {
        this.most = most;
        this.late = late;
        this.reading = reading;
    }

    /**
     * The answer.
     *
     * @param patience longest wait for the read to begin
     * @throws RuntimeException of the read that was to give it, or {@code late}
     */
    A ask(Q question, Duration patience) {
        Waiting<A> place = queue(question);
        try {
            return place.answer.get(patience.toNanos(), NANOSECONDS);
        } catch (TimeoutException e) {
            if (leave(question, place)) {
                throw late.get();
            }
        } catch (InterruptedException e) {
            leave(question, place);
            Thread.currentThread().interrupt();
            throw late.get();
        } catch (ExecutionException e) {
            throw unchecked(e);
        }
        try {
            return place.answer.join(); // the read is under way, and ends by the stores' own limits
        } catch (CompletionException e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Exception failed) {
        Throwable cause = Objects.requireNonNull(failed.getCause());
        Throwables.throwIfUnchecked(cause);
        return new IllegalStateException(cause);
    }

    private synchronized Waiting<A> queue(Q question) {
        if (waiting.isEmpty()) {
            reader.execute(this::read);
        }
        Waiting<A> place = waiting.computeIfAbsent(question, _ -> new Waiting<>());
        place.callers++;
        return place;
    }

    /** One caller waits no more, and the last one takes the question out; false when its read has begun. */
    private synchronized boolean leave(Q question, Waiting<A> place) {
        if (waiting.get(question) != place) {
            return false;
        }
        if (--place.callers == 0) {
            waiting.remove(question);
        }
        return true;
    }

    private void read() {
        Map<Q, CompletableFuture<A>> next = take();
        try {
            if (!next.isEmpty()) { // else all have left
                reading.accept(next);
            }
        } catch (RuntimeException | Error e) {
            next.values().forEach(answer -> answer.completeExceptionally(e));
        }
    }

    private synchronized Map<Q, CompletableFuture<A>> take() {
        Map<Q, CompletableFuture<A>> next = new LinkedHashMap<>();
        waiting.entrySet().stream().limit(most).forEach(one -> next.put(one.getKey(), one.getValue().answer));
        waiting.keySet().removeAll(next.keySet());
        if (!waiting.isEmpty()) {
            reader.execute(this::read);
        }
        return next;
    }

    /** Questions in the queue. */
    synchronized int waiting() {
        return waiting.size();
    }
}
