package dev.millrace.ingest.tally;

import dev.millrace.ingest.counters.Counters;
import dev.millrace.ingest.counters.Observation;
import dev.millrace.ingest.verify.Countable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Calls tally.lua for batches, and again as long as Redis answers that another epoch is open by now; tells
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

    /**
     * Sends batches of different partitions.
     *
     * @return completes, always normally, when each of their shares is finished or failed
     */
    CompletableFuture<Void> count(List<PartitionBatch> batches) {
        return send(batches, 1, 0);
    }

    /** One batch as it was sent, and what it needs when it is counted. */
    private record Section(PartitionBatch batch, List<TallyCall.Untouched> untouched) {}

    /**
     * @param latest second of Redis' clock that an answer has told, 0 for none
     */
    private CompletableFuture<Void> send(List<PartitionBatch> batches, int round, long latest) {
        try {
            Optional<Observation> observed = counters.observed();
            if (observed.isEmpty()) {
                throw new CountersRefused("Redis does not answer, or its clock can't be believed");
            }
            Observation redis = observed.get();
            touched.of(redis.runId());
            long now = Math.max(latest, counters.second(redis));
            TallyCall call = new TallyCall(events(batches), redis.runId(), now, spans, clockLeap, touched);
            List<Section> sections = batches.stream()
                    .map(batch -> new Section(batch, call.add(batch, views.of(batch.partition()))))
                    .toList();
            return meters.timed(script.run(redis.connection(), call))
                    .thenCompose(replies -> answered(sections, replies, round))
                    .exceptionallyCompose(failure -> failed(batches, failure));
        } catch (CountersRefused | RuntimeException e) {
            return failed(batches, e);
        }
    }

    private static int events(List<PartitionBatch> batches) {
        return batches.stream().mapToInt(PartitionBatch::size).sum();
    }

    private CompletableFuture<Void> answered(List<Section> sections, List<Object> replies, int round) {
        if (replies.size() != sections.size()) {
            throw new IllegalStateException(
                    "tally.lua answered %d sections of %d".formatted(replies.size(), sections.size()));
        }
        List<PartitionBatch> moved = new ArrayList<>();
        List<PartitionBatch> apart = new ArrayList<>();
        long latest = 0;
        for (int i = 0; i < sections.size(); i++) {
            Section section = sections.get(i);
            PartitionBatch batch = section.batch();
            try {
                switch (TallyReply.of(replies.get(i))) {
                    case TallyReply.Counted counted -> conclude(section, counted);
                    case TallyReply.Moved other -> {
                        follow(batch.partition(), other.view(), round);
                        moved.add(batch);
                        latest = Math.max(latest, other.now());
                    }
                    case TallyReply.Corrupt corrupt -> {
                        if (batch.shares().size() == 1) {
                            throw new CountersRefused(batch.partition(), corrupt.why());
                        }
                        apart.add(batch);
                    }
                    case TallyReply.Refused refused -> throw new CountersRefused(batch.partition(), refused.why());
                }
            } catch (CountersRefused | RuntimeException e) {
                batch.fail(e);
            }
        }
        return CompletableFuture.allOf(moved.isEmpty() ? DONE : send(moved, round + 1, latest), oneByOne(apart));
    }

    private void follow(int partition, PartitionView reported, int round) throws CountersRefused {
        if (reported.opening() != views.of(partition).opening()) {
            touched.forget(); // before anybody counts under the new opening
        }
        views.follow(partition, reported);
        if (round == MOST_ROUNDS) {
            throw new CountersRefused(partition, "the epoch moved on %d times in a row".formatted(MOST_ROUNDS));
        }
    }

    /** A counter that can't be read fails those that need it, not all that happened to travel with them. */
    private CompletableFuture<Void> oneByOne(List<PartitionBatch> batches) {
        return CompletableFuture.allOf(batches.stream()
                .flatMap(batch -> batch.shares().stream()
                        .filter(share -> !share.request().isOver())
                        .map(share -> count(List.of(new PartitionBatch(batch.partition(), List.of(share))))))
                .toArray(CompletableFuture<?>[]::new));
    }

    private void conclude(Section section, TallyReply.Counted counted) {
        if (counted.verdicts().length() != section.batch().size()) {
            throw new IllegalStateException("tally.lua gave %d verdicts on %d events"
                    .formatted(counted.verdicts().length(), section.batch().size()));
        }
        for (TallyCall.Untouched set : section.untouched()) {
            if (counted.verdicts().charAt(set.event()) == ACCEPTED) {
                set.touch();
            }
        }
        int first = 0;
        for (Share share : section.batch().shares()) {
            conclude(share, counted, first);
            first += share.size();
        }
    }

    /**
     * @param first verdict that is about this share
     */
    private static void conclude(Share share, TallyReply.Counted counted, int first) {
        if (counted.verdicts().indexOf(UNREADABLE, first, first + share.size()) >= 0) {
            share.request()
                    .fail(new CountersRefused(
                            share.partition(), "what remembers one of the events is no set in Redis"));
            return;
        }
        for (int i = 0; i < share.size(); i++) {
            share.conclude(i, outcome(share.events().get(i), counted.verdicts().charAt(first + i), counted.now()));
        }
        share.request().finishShare();
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

    private static CompletableFuture<Void> failed(List<PartitionBatch> batches, Throwable why) {
        batches.forEach(batch -> batch.fail(why));
        return DONE;
    }
}
