package dev.millrace.ingest.tally;

import dev.millrace.common.identity.Identity;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.tally.TallyResult.Reason;
import dev.millrace.ingest.verify.Countable;
import io.lettuce.core.RedisException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a request's events to their partitions, all at once, and each partition again as long as Redis answers that
 * another epoch is open by now. Thread-safe.
 */
final class PartitionTally {
    /** An epoch lasts many times longer than a round trip; more rounds than this mean that something is wrong. */
    private static final int MOST_ROUNDS = 5;

    private static final char ACCEPTED = 'A';

    private static final Logger log = LoggerFactory.getLogger(PartitionTally.class);

    private final TallyScript script = new TallyScript();
    private final AtomicReferenceArray<PartitionView> views;
    private final TouchedSets touched = new TouchedSets();
    private final Spans spans;
    private final long clockLeap;
    private final Duration timeout;
    private final TallyMeters meters;

    /**
     * @param clockLeap most that Redis' clock may leap ahead
     * @param timeout longest wait for all answers of one request
     */
    PartitionTally(Spans spans, Duration clockLeap, Duration timeout, TallyMeters meters) {
        this.spans = spans;
        this.clockLeap = clockLeap.toSeconds();
        this.timeout = timeout;
        this.meters = meters;
        PartitionView[] unknown = new PartitionView[Identity.PARTITIONS];
        Arrays.fill(unknown, PartitionView.UNKNOWN);
        this.views = new AtomicReferenceArray<>(unknown);
    }

    TallyResult count(List<Countable> events, Observation redis, long now) {
        touched.of(redis.runId());
        Outcome[] outcomes = new Outcome[events.size()];
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            List<PartitionBatch> waiting = byPartition(events);
            for (int round = 0; round < MOST_ROUNDS && !waiting.isEmpty(); round++) {
                Round answered = send(waiting, redis, now, deadline, outcomes);
                waiting = answered.moved();
                now = answered.now();
            }
            return waiting.isEmpty()
                    ? new TallyResult.Counted(List.of(outcomes))
                    : unavailable("the epoch moved on %d times in a row".formatted(MOST_ROUNDS));
        } catch (CountersRefused e) {
            return unavailable(e.why());
        } catch (TimeoutException e) {
            return unavailable("Redis did not answer within %d ms".formatted(timeout.toMillis()));
        } catch (ExecutionException | RedisException e) {
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            return unavailable(failed(cause));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unavailable("this node is shutting down");
        }
    }

    private record Sent(PartitionBatch batch, PartitionBatch.Call call, CompletableFuture<TallyReply> reply) {}

    /** What one round left: the batches that must be sent again, and the latest second of Redis' clock. */
    private record Round(List<PartitionBatch> moved, long now) {}

    private Round send(List<PartitionBatch> batches, Observation redis, long now, long deadline, Outcome[] outcomes)
            throws InterruptedException, ExecutionException, TimeoutException, CountersRefused {
        List<Sent> sent = new ArrayList<>();
        for (PartitionBatch batch : batches) {
            PartitionBatch.Call call =
                    batch.call(views.get(batch.partition()), redis.runId(), now, spans, clockLeap, touched);
            sent.add(new Sent(batch, call, meters.timed(script.run(redis.connection(), call))));
        }
        List<PartitionBatch> moved = new ArrayList<>();
        long latest = now;
        for (Sent one : sent) {
            TallyReply reply = one.reply().get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            latest = Math.max(latest, reply.now());
            switch (reply) {
                case TallyReply.Counted counted -> {
                    conclude(one, counted, outcomes);
                }
                case TallyReply.Moved other -> {
                    follow(one.batch().partition(), other.view());
                    moved.add(one.batch());
                }
                case TallyReply.Refused refused ->
                    throw new CountersRefused(one.batch().partition(), refused.why());
            }
        }
        return new Round(moved, latest);
    }

    private void follow(int partition, PartitionView reported) throws CountersRefused {
        PartitionView believed = views.get(partition);
        if (!believed.mayBecome(reported)) {
            throw new CountersRefused(
                    partition,
                    "Redis is older than what this node has seen: epoch %d of opening %d, after epoch %d of opening %d"
                            .formatted(reported.epoch(), reported.opening(), believed.epoch(), believed.opening()));
        }
        if (reported.opening() != believed.opening()) {
            touched.forget();
        }
        views.accumulateAndGet(partition, reported, (a, b) -> a.mayBecome(b) ? b : a);
    }

    private void conclude(Sent sent, TallyReply.Counted counted, Outcome[] outcomes) {
        PartitionBatch batch = sent.batch();
        for (int i = 0; i < batch.events().size(); i++) {
            char letter = counted.verdicts().charAt(i);
            if (letter == ACCEPTED) {
                touched.add(sent.call().sets().get(i));
            }
            outcomes[batch.position(i)] = outcome(batch.events().get(i), letter, counted.now());
        }
    }

    private static Outcome outcome(Countable event, char letter, long now) {
        return switch (letter) {
            case ACCEPTED -> Outcome.ACCEPTED;
            case 'D' -> Outcome.DUPLICATE;
            case 'X' -> new Outcome.Refused(event.expired(now));
            case 'E' -> new Outcome.Refused(event.tooEarly(now));
            case 'S' -> new Outcome.Refused(event.superseded());
            default -> throw new IllegalStateException("tally.lua gave the verdict '%s'".formatted(letter));
        };
    }

    private static List<PartitionBatch> byPartition(List<Countable> events) {
        Map<Integer, PartitionBatch> batches = new LinkedHashMap<>();
        for (int i = 0; i < events.size(); i++) {
            Countable event = events.get(i);
            batches.computeIfAbsent(event.identity().partition(), PartitionBatch::new)
                    .add(event, i);
        }
        return List.copyOf(batches.values());
    }

    private static TallyResult unavailable(String detail) {
        return new TallyResult.SendAgain(Reason.COUNTERS_UNAVAILABLE, detail);
    }

    /** What callers may know of a failure; the log has the rest. */
    private static String failed(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        log.debug("tally failed", cause);
        return message.startsWith("OOM") ? "Redis' memory is full" : "Redis failed, or the connection to it broke";
    }

    /** A partition's counters can't be used now. Carries no stack trace: it is an answer, not a fault. */
    private static final class CountersRefused extends Exception {
        private static final long serialVersionUID = 1L;

        CountersRefused(int partition, String why) {
            super("partition %d: %s".formatted(partition, why), null, false, false);
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }
}
