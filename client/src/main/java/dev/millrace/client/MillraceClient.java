package dev.millrace.client;

import dev.millrace.client.Answer.Later;
import dev.millrace.client.Answer.Refused;
import dev.millrace.client.Answer.Told;
import dev.millrace.client.Answer.TooLarge;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends events to the edge: in batches, several at a time, each until it is answered. Thread-safe; one a process is enough.
 *
 * <pre>{@code
 * TokenMint mint = new TokenMint(kid, secret);
 * try (MillraceClient client = new MillraceClient(ClientOptions.of(URI.create("https://events.example.com")))) {
 *     client.put(Event.view(mint.event("c-42", "/hello", visitor)))
 *             .thenAccept(outcome -> log.debug("{}", outcome));
 * }
 * }</pre>
 *
 * <p><b>Sending again.</b> After 408, 429, 5xx, a timeout or a broken connection, the client pauses and sends the same events
 * with the same tokens. That is safe: an event that had counted is answered {@code duplicate}. An event's order among others is
 * not kept. The client gives a request's events up when nothing at all was answered for {@link ClientOptions#patience}.
 *
 * <p><b>Back-pressure.</b> At most {@link ClientOptions#capacity} events wait or are under way. Beyond that {@link #offer}
 * refuses and {@link #put} waits.
 *
 * <p><b>Futures.</b> A future has the event's {@link Outcome}, or fails with {@link UnansweredException}. Stages that are chained
 * to it run on the client's own threads, or on the one that closes it: they must not block. Cancelling one does not take the event back.
 *
 * <p>Its threads are virtual and don't keep a process alive: close it before the process ends.
 */
public final class MillraceClient implements AutoCloseable {
    private static final Logger log = System.getLogger(MillraceClient.class.getName());
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(10);
    private static final long LONGEST_WAIT = Long.MAX_VALUE / 2;

    private final ClientOptions options;
    private final EventQueue queue;
    private final HttpClient http;
    private final EventRequest request;
    private final Backoff backoff;
    private final List<Thread> workers = new ArrayList<>();

    /** When a request was answered last, by the monotonic clock. */
    private final AtomicLong lastAnswer = new AtomicLong(System.nanoTime());

    /** Starts at once. */
    public MillraceClient(ClientOptions options) {
        this.options = options;
        boolean isShort = options.timeout().compareTo(LONGEST_CONNECT) < 0;
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(isShort ? options.timeout() : LONGEST_CONNECT)
                .build();
        queue = new EventQueue(options);
        request = new EventRequest(http, options.edge(), options.timeout());
        backoff = new Backoff(
                options.firstPause(),
                options.longestPause(),
                () -> ThreadLocalRandom.current().nextLong(),
                Clock.systemUTC());
        for (int i = 0; i < options.inFlight(); i++) {
            workers.add(Thread.ofVirtual().name("millrace-client-" + i).unstarted(this::work));
        }
        workers.forEach(Thread::start);
    }

    /**
     * Takes an event where there is room.
     *
     * @return empty where {@link ClientOptions#capacity} events wait or are under way; the event is not sent then
     * @throws IllegalStateException when the client is closed
     */
    public Optional<CompletableFuture<Outcome>> offer(Event event) {
        Pending pending = pending(event);
        try {
            return queue.add(pending, false) ? Optional.of(pending.outcome()) : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /**
     * Takes an event, and waits for room where there is none.
     *
     * @throws IllegalStateException when the client is closed, also while this waits; or in a stage of one of its own futures,
     *     which would wait for itself
     */
    public CompletableFuture<Outcome> put(Event event) throws InterruptedException {
        if (workers.contains(Thread.currentThread())) {
            throw new IllegalStateException("a stage of an outcome runs on the client's own thread: use offer there");
        }
        Pending pending = pending(event);
        queue.add(pending, true);
        return pending.outcome();
    }

    /** Of this moment. */
    public Statistics statistics() {
        return queue.statistics();
    }

    /**
     * Takes nothing more, sends what waits without lingering, and waits for the answers. When the time is over, or the calling
     * thread is interrupted, it breaks off what is under way.
     *
     * @param atMost 0 s or more; for ever is a choice, since {@link ClientOptions#patience} bounds it too
     * @return the events without an answer, whose futures have failed; empty when each had one. They may have counted, so send
     *     them again with the same tokens only
     */
    public List<Event> closeWithin(Duration atMost) {
        queue.close();
        boolean wasInterrupted = Thread.interrupted();
        try {
            if (!wasInterrupted) {
                queue.awaitIdle(nanos(atMost));
            }
        } catch (InterruptedException e) {
            wasInterrupted = true;
        }
        fail(queue.drain(), "the client was closed before it was sent");
        if (queue.statistics().waiting() > 0) {
            workers.forEach(Thread::interrupt);
        }
        for (Thread worker : workers) {
            wasInterrupted |= !joined(worker);
        }
        http.shutdownNow();
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        return queue.leftBehind();
    }

    /** Closes within {@link ClientOptions#closeWithin}, and logs how many events had no answer. */
    @Override
    public void close() {
        List<Event> left = closeWithin(options.closeWithin());
        if (!left.isEmpty()) {
            log.log(Level.WARNING, "closed before {0} events were answered", left.size());
        }
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(Duration.ofNanos(LONGEST_WAIT)) > 0 ? LONGEST_WAIT : duration.toNanos();
    }

    private static boolean joined(Thread worker) {
        try {
            worker.join();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private static Pending pending(Event event) {
        String json = event.json();
        int bytes = json.getBytes(StandardCharsets.UTF_8).length;
        return new Pending(event, json, bytes, new CompletableFuture<>(), System.nanoTime());
    }

    private void work() {
        try {
            for (List<Pending> batch = queue.next(); !batch.isEmpty(); batch = queue.next()) {
                deliver(batch);
            }
        } catch (InterruptedException e) {
            // closed: closeWithin has failed what waits
        }
    }

    /** Until each event of the batch has its outcome, or has failed. */
    private void deliver(List<Pending> batch) throws InterruptedException {
        Deque<List<Pending>> parts = new ArrayDeque<>(List.of(batch));
        long began = System.nanoTime();
        try {
            for (int attempt = 1; !parts.isEmpty(); attempt++) {
                queue.sent(attempt > 1);
                Answer answer = request.send(parts.getFirst());
                List<List<Pending>> again = again(parts.removeFirst(), answer, began);
                again.reversed().forEach(parts::addFirst);
                if (!again.isEmpty() && !(answer instanceof TooLarge)) {
                    Thread.sleep(backoff.pause(attempt, answer.retryAfter()));
                }
            }
        } catch (InterruptedException e) {
            parts.forEach(part -> fail(part, "the client was closed before an answer came"));
            throw e;
        } catch (RuntimeException e) {
            log.log(Level.ERROR, "a batch failed", e);
            parts.forEach(part -> fail(part, "the client failed: " + e));
        }
    }

    /** What of a request has to be sent again, in one part or two. */
    private List<List<Pending>> again(List<Pending> part, Answer answer, long began) {
        return switch (answer) {
            case Told told -> {
                lastAnswer.set(System.nanoTime());
                List<Pending> later = settle(part, told.outcomes(), isOver(began));
                yield later.isEmpty() ? List.of() : List.of(later);
            }
            case Later busy ->
                isOver(Math.max(began, lastAnswer.get()))
                        ? fail(
                                part,
                                "%s; gave up after %d s without progress"
                                        .formatted(
                                                busy.trouble(),
                                                options.patience().toSeconds()))
                        : List.of(part);
            case TooLarge(String trouble) -> {
                int half = part.size() / 2;
                yield half == 0 ? fail(part, trouble) : List.of(part.subList(0, half), part.subList(half, part.size()));
            }
            case Refused(String trouble) -> fail(part, trouble);
        };
    }

    private boolean isOver(long since) {
        return System.nanoTime() - since > options.patience().toNanos();
    }

    /** The events to be sent again: those that may count later, while there is time. */
    private List<Pending> settle(List<Pending> batch, List<Outcome> outcomes, boolean isLast) {
        List<Pending> again = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Pending pending = batch.get(i);
            Outcome outcome = outcomes.get(i);
            if (outcome instanceof Outcome.Rejected rejected && rejected.retry() && !isLast) {
                again.add(pending);
            } else {
                queue.answered(pending, outcome);
                pending.outcome().complete(outcome);
            }
        }
        return again;
    }

    private List<List<Pending>> fail(List<Pending> batch, String why) {
        for (Pending pending : batch) {
            queue.answered(pending, null);
            pending.outcome().completeExceptionally(new UnansweredException(why));
        }
        return List.of();
    }
}
