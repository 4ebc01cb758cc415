package dev.millrace.ingest.tally;

import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.verify.Countable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Calls tally.lua for shares of one partition, and again as long as Redis answers that another epoch is open by now; tells
 * each share what became of it. Never waits: what follows an answer happens on the thread that brings it. Thread-safe.
 */
final class TallyCalls {
    /** An epoch lasts many times longer than a round trip; more rounds than this mean that something is wrong. */
    private static final int MOST_ROUNDS = 5;

    private static final CompletableFuture<Void> DONE = CompletableFuture.allOf();

    private static final char ACCEPTED = 'A';
    private static final char UNREADABLE = 'U';

    private final TallyScript script = new TallyScript();
    private final PartitionViews views = new PartitionViews();
    private final TouchedSets touched = new TouchedSets();
    private final Counters counters;
    private final Spans spans;
    private final long clockLeap;
    private final TallyMeters meters;

    /**
     * @param clockLeap most that Redis' clock may leap ahead
     */
    TallyCalls(Counters counters, Spans spans, Duration clockLeap, TallyMeters meters) {
        this.counters = counters;
        this.spans = spans;
        this.clockLeap = clockLeap.toSeconds();
        this.meters = meters;
    }

    /** Completes, always normally, when each of the shares is finished or failed. */
    CompletableFuture<Void> count(int partition, List<Share> shares) {
        return send(new PartitionBatch(partition, shares), 1, 0);
    }

    /**
     * @param latest second of Redis' clock that an answer has told, 0 for none
     */
    private CompletableFuture<Void> send(PartitionBatch batch, int round, long latest) {
        try {
            Optional<Observation> observed = counters.observed();
            if (observed.isEmpty()) {
                throw new CountersRefused(Tally.UNOBSERVED);
            }
            Observation redis = observed.get();
            touched.of(redis.runId());
            PartitionBatch.Call call = batch.call(
                    views.of(batch.partition()),
                    redis.runId(),
                    Math.max(latest, counters.second(redis)),
                    spans,
                    clockLeap,
                    touched);
            return meters.timed(script.run(redis.connection(), call))
                    .thenCompose(reply -> answered(batch, call, reply, round))
                    .exceptionallyCompose(failure -> failed(batch, failure));
        } catch (CountersRefused | RuntimeException e) {
            return failed(batch, e);
        }
    }

    private CompletableFuture<Void> answered(
            PartitionBatch batch, PartitionBatch.Call call, TallyReply reply, int round) {
        try {
            return switch (reply) {
                case TallyReply.Counted counted -> {
                    conclude(batch, call, counted);
                    yield DONE;
                }
                case TallyReply.Moved moved -> {
                    if (views.follow(batch.partition(), moved.view())) {
                        touched.forget();
                    }
                    if (round == MOST_ROUNDS) {
                        throw new CountersRefused("the epoch moved on %d times in a row".formatted(MOST_ROUNDS));
                    }
                    yield send(batch, round + 1, moved.now());
                }
                case TallyReply.Corrupt corrupt -> apart(batch, new CountersRefused(batch.partition(), corrupt.why()));
                case TallyReply.Refused refused -> throw new CountersRefused(batch.partition(), refused.why());
            };
        } catch (CountersRefused | RuntimeException e) {
            return failed(batch, e);
        }
    }

    /** A counter that can't be read fails those that need it, not all that happened to travel with them. */
    private CompletableFuture<Void> apart(PartitionBatch batch, CountersRefused why) {
        if (batch.shares().size() == 1) {
            return failed(batch, why);
        }
        return CompletableFuture.allOf(batch.shares().stream()
                .map(share -> count(batch.partition(), List.of(share)))
                .toArray(CompletableFuture<?>[]::new));
    }

    private void conclude(PartitionBatch batch, PartitionBatch.Call call, TallyReply.Counted counted) {
        call.untouched().forEach((event, set) -> {
            if (counted.verdicts().charAt(event) == ACCEPTED) {
                touched.add(set);
            }
        });
        int n = 0;
        for (Share share : batch.shares()) {
            boolean readable = true;
            for (int i = 0; i < share.size(); i++, n++) {
                char letter = counted.verdicts().charAt(n);
                if (letter == UNREADABLE) {
                    readable = false;
                } else {
                    share.conclude(i, outcome(share.events().get(i), letter, counted.now()));
                }
            }
            if (readable) {
                share.request().finishShare();
            } else {
                share.request()
                        .fail(new CountersRefused(
                                batch.partition(), "what is remembered of an event's like is no set in Redis"));
            }
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

    private static CompletableFuture<Void> failed(PartitionBatch batch, Throwable why) {
        batch.shares().forEach(share -> share.request().fail(why));
        return DONE;
    }
}
