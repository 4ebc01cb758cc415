package dev.millrace.ledger.balance;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Collapses concurrent reads: while one read runs, later callers queue, and one of them reads for all. Every answer comes from a read that
 * began after it was asked for. A caller who is alone reads at once. The more ask, the less an answer costs.
 *
 * <p>A caller whose turn has not come within its patience gets no answer. It never reads alone: when a store gets slow, as many reads as
 * callers would make it slower. Thread-safe.
 */
final class RequestCollapser<Q, A> {
    private final int most;
    private final Duration patience;
    private final Function<List<Q>, List<A>> reading;
    private final ArrayDeque<Ticket<Q, A>> waiting = new ArrayDeque<>();
    private boolean underWay;

    /**
     * @param most questions in one read
     * @param patience longest wait for a turn
     * @param reading answers questions, in their order
     */
    RequestCollapser(int most, Duration patience, Function<List<Q>, List<A>> reading) {
        this.most = most;
        this.patience = patience;
        this.reading = reading;
    }

    /** A question, and its turn: to read for these, or for nobody, since the answer is there. */
    private static final class Ticket<Q, A> {
        private final Q question;
        private final CompletableFuture<List<Ticket<Q, A>>> turn = new CompletableFuture<>();
        private @Nullable A answer;
        private @Nullable Throwable failure;

        Ticket(Q question) {
            this.question = question;
        }

        A result() {
            return switch (failure) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> Objects.requireNonNull(answer);
            };
        }
    }

    /**
     * The answer, or empty when the reads before this one took longer than the patience.
     *
     * @throws RuntimeException of the read that was to give it
     */
    Optional<A> ask(Q question) {
        Ticket<Q, A> mine = new Ticket<>(question);
        if (begins(mine)) {
            readFor(List.of(mine));
            return Optional.of(mine.result());
        }
        List<Ticket<Q, A>> group = await(mine);
        if (group == null) {
            return Optional.empty();
        }
        if (!group.isEmpty()) {
            readFor(group);
        }
        return Optional.of(mine.result());
    }

    /** Whether nothing is under way, so that this one begins; otherwise it waits from now on. */
    private synchronized boolean begins(Ticket<Q, A> mine) {
        if (underWay) {
            waiting.add(mine);
            return false;
        }
        underWay = true;
        return true;
    }

    /** Callers to read for, nobody where the answer is there, or null where the patience ended before the turn came. */
    private @Nullable List<Ticket<Q, A>> await(Ticket<Q, A> mine) {
        try {
            return mine.turn.get(patience.toNanos(), NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            // Said below.
        } catch (ExecutionException e) {
            throw new IllegalStateException("a turn never fails", e);
        }
        return leaves(mine) ? null : mine.turn.join();
    }

    private synchronized boolean leaves(Ticket<Q, A> mine) {
        return waiting.remove(mine);
    }

    private void readFor(List<Ticket<Q, A>> group) {
        try {
            List<A> answers =
                    reading.apply(group.stream().map(ticket -> ticket.question).toList());
            for (int i = 0; i < group.size(); i++) {
                group.get(i).answer = answers.get(i);
            }
        } catch (RuntimeException | Error e) {
            group.forEach(ticket -> ticket.failure = e);
        } finally {
            handOn();
            group.forEach(ticket -> ticket.turn.complete(List.of()));
        }
    }

    /** Gives the turn to the first caller in the queue, who reads for as many as may go together. */
    private synchronized void handOn() {
        List<Ticket<Q, A>> next = new ArrayList<>();
        while (next.size() < most && !waiting.isEmpty()) {
            next.add(waiting.remove());
        }
        if (next.isEmpty()) {
            underWay = false;
        } else {
            next.getFirst().turn.complete(List.copyOf(next));
        }
    }

    /** Callers in the queue. */
    synchronized int waiting() {
        return waiting.size();
    }
}
