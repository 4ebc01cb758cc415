package dev.millrace.ingest.tally;

import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisRefusedException;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.TallyReply;
import dev.millrace.counters.TallyScript;
import dev.millrace.counters.TallySection;
import dev.millrace.ingest.verify.CountersUnavailableException;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.Verdict;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the verified events of requests, each exactly once. During a call, it collects new events and sends them in the next call: group
 * commit (DeWitt et al., 1984: Implementation techniques for main memory database systems). The busier it is, the more events
 * a call has, and the less each event costs. Thread-safe.
 */
public final class Tally implements AutoCloseable {
    /** Of one call: Redis runs it alone, for some milliseconds. */
    private static final int MOST_EVENTS = TallySection.MOST_EVENTS;

    /** While Redis runs one call, the next is on its way. */
    private static final int MOST_CALLS = 2;

    /** Redis syncs its file once for all that a call counts: fewer events had better wait for the call under way. */
    private static final int ENOUGH_EVENTS = 64;

    /** An epoch lasts many times longer than a round trip; more rounds than this mean that something is wrong. */
    private static final int MOST_ROUNDS = 5;

    /** A request may wait for so much longer than its timeout. */
    private static final long TICK_MILLIS = 50;

    private static final Logger log = LoggerFactory.getLogger(Tally.class);

    private final RedisConnections redis;
    private final LogFollower follower;
    private final TallyScript script;
    private final boolean needsReplicas;
    private final Duration timeout;
    private final TallyMetrics metrics;
    private final HashedWheelTimer timer = new HashedWheelTimer(
            Thread.ofPlatform().name("tally-timer").daemon().factory(), TICK_MILLIS, TimeUnit.MILLISECONDS);

    /** Logs in which something waits, each once. Guarded by this. */
    private final LinkedHashSet<LogTally> turns = new LinkedHashSet<>();

    /** Guarded by this. */
    private int calls;

    /**
     * @param needsReplicas whether nothing is answered before the replicas have it
     * @param timeout longest wait of one request
     */
    Tally(
            RedisConnections redis,
            LogFollower follower,
            TallyScript script,
            boolean needsReplicas,
            Duration timeout,
            TallyMetrics metrics) {
        this.redis = redis;
        this.follower = follower;
        this.script = script;
        this.needsReplicas = needsReplicas;
        this.timeout = timeout;
        this.metrics = metrics;
    }

    /**
     * Counts the events that may count. When it returns, each is counted, known as a duplicate or refused.
     *
     * @param marks of visits, by their partitions: they go along, and nobody waits for them
     * @return the outcomes, in the order of the verdicts
     * @throws CountersUnavailableException when the request is to be sent again: its counted events will come back as duplicates
     */
    public List<Outcome> count(List<Verdict> verdicts, List<Mark> marks) {
        for (Verdict verdict : verdicts) { // before anything is on its way: a request goes whole or not at all
            if (verdict instanceof PricedEvent event) {
                follower.requireRoom(event.retention());
            }
        }
        PendingRequest request = new PendingRequest(verdicts.size());
        Set<LogTally> logs = new HashSet<>();
        for (int i = 0; i < verdicts.size(); i++) {
            if (verdicts.get(i) instanceof PricedEvent event) {
                LogTally into =
                        follower.of(Partition.of(event.name().creator())).log(event.retention());
                if (into.add(request.waiting(i, event))) {
                    logs.add(into);
                }
            } else if (verdicts.get(i) instanceof Outcome rejected) {
                request.conclude(i, rejected);
            }
        }
        for (Mark mark : marks) {
            LogTally into = follower.of(mark.partition()).log(mark.event().retention());
            if (into.add(new PendingRequest(1).waiting(0, mark.event()))) {
                logs.add(into);
            }
        }
        send(logs);
        return await(request);
    }

    /** A mark of a visit, and the partition it belongs to. */
    public record Mark(Partition partition, PricedEvent event) {}

    private List<Outcome> await(PendingRequest request) {
        try {
            return request.await(timer, timeout);
        } catch (ExecutionException e) {
            throw new CountersUnavailableException(why(Objects.requireNonNullElse(e.getCause(), e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw shuttingDown();
        } catch (IllegalStateException e) { // the timer was stopped
            throw shuttingDown();
        }
    }

    private static CountersUnavailableException shuttingDown() {
        return new CountersUnavailableException("this node is shutting down");
    }

    /** The part of a failure that callers may know; the log has the rest. */
    private String why(Throwable failure) {
        return switch (failure) {
            case TimeoutException _ -> "Redis did not answer within %d ms".formatted(timeout.toMillis());
            case CountersUnavailableException e -> e.why();
            case RedisRefusedException e
            when String.valueOf(e.getMessage()).startsWith("OOM") -> "Redis' memory is full";
            case RedisUnavailableException e -> String.valueOf(e.getMessage());
            default -> {
                log.debug("tally failed", failure);
                yield "Redis failed, or the connection to it broke";
            }
        };
    }

    private void send(Set<LogTally> logs) {
        synchronized (this) {
            turns.addAll(logs);
        }
        sendWaiting();
    }

    private void sendWaiting() {
        for (Map<LogTally, List<PendingRequest.Waiting>> next = take(); !next.isEmpty(); next = take()) {
            call(next);
        }
    }

    /**
     * Takes the events of the next call, which counts as under way from now on; none when no call is due. Logs take turns, each
     * with all that waits in it and fits; in a cluster a call has one.
     */
    private synchronized Map<LogTally, List<PendingRequest.Waiting>> take() {
        Map<LogTally, List<PendingRequest.Waiting>> next = new LinkedHashMap<>();
        boolean isCluster = redis.isCluster();
        if (calls >= MOST_CALLS && !isCluster) {
            return next;
        }
        int ready = 0;
        for (LogTally log : turns) {
            ready += log.ready();
        }
        int enough = (calls == 0 || isCluster) ? 1 : ENOUGH_EVENTS;
        if (ready < enough) {
            return next;
        }
        int room = MOST_EVENTS;
        for (int i = turns.size(); i > 0 && room > 0 && !(isCluster && !next.isEmpty()); i--) {
            LogTally log = turns.removeFirst();
            int events = log.ready();
            if (events > 0) {
                List<PendingRequest.Waiting> taken = log.take(room);
                room -= taken.size();
                if (!taken.isEmpty()) {
                    next.put(log, taken);
                }
            }
            if (log.isWaiting()) {
                turns.add(log);
            }
        }
        calls += next.isEmpty() ? 0 : 1;
        return next;
    }

    /** Fails all requests that still wait, as the timer would not end their wait any more. */
    @Override
    public void close() {
        timer.stop().forEach(wait -> ((PendingRequest) wait.task()).fail(shuttingDown()));
    }

    /** Ends the call also when something goes wrong: its events would wait for good. */
    private void call(Map<LogTally, List<PendingRequest.Waiting>> events) {
        Call call = new Call(events);
        try {
            call.send(1);
        } catch (Throwable e) {
            call.failAll(e);
            end(events);
        }
    }

    private synchronized void end(Map<LogTally, List<PendingRequest.Waiting>> events) {
        calls--;
        events.keySet().forEach(log -> {
            if (log.isWaiting()) {
                turns.add(log);
            }
        });
    }

    /** One call, and again as long as Redis answers that another epoch is open by now, or that others have written much. */
    private final class Call {
        private final Map<LogTally, List<PendingRequest.Waiting>> all;
        private final Map<LogTally, List<PendingRequest.Waiting>> left;

        Call(Map<LogTally, List<PendingRequest.Waiting>> events) {
            this.all = events;
            this.left = new LinkedHashMap<>(events);
        }

        void send(int round) {
            List<LogTally.Sent> sections = new ArrayList<>(left.size());
            Link link = null;
            for (Map.Entry<LogTally, List<PendingRequest.Waiting>> one : List.copyOf(left.entrySet())) {
                LogTally log = one.getKey();
                FollowedPartition partition = follower.of(log.partition());
                FollowedPartition.View view = partition.view();
                Link serving = redis.link(log.partition()).orElse(null);
                LogTally.Sent section = serving == null || view.epoch() == 0
                        ? null
                        : log.section(one.getValue(), view, partition.mayAnswer(view), needsReplicas);
                if (serving == null) {
                    fail(log, "Redis: " + redis.trouble());
                } else if (!view.confirmed()) {
                    fail(log, "this Redis has not been compared with the ledger yet; settlement-worker does that");
                } else if (view.epoch() == 0) {
                    fail(log, "no epoch is open; settlement-worker opens one");
                } else if (section == null) {
                    fail(log, new CountersUnavailableException(partition.whyUnread()));
                } else if (section.isEmpty()) {
                    log.answered();
                    left.remove(log);
                } else {
                    link = serving;
                    left.put(log, section.all());
                    sections.add(section);
                }
            }
            if (link == null) {
                end(all);
                if (round > 1) {
                    sendWaiting(); // in round 1 the caller goes on by itself
                }
                return;
            }
            long asked = follower.now();
            var _ = script.count(
                            link, sections.stream().map(LogTally.Sent::part).toList())
                    .whenComplete((reply, failure) -> {
                        metrics.called(follower.now() - asked);
                        answered(sections, reply, failure, asked, round);
                    });
        }

        private void answered(
                List<LogTally.Sent> sections, TallyScript.Reply reply, Throwable failure, long asked, int round) {
            try {
                if (failure == null) {
                    for (int i = 0; i < sections.size(); i++) {
                        take(sections.get(i), reply.sections().get(i), reply.second(), asked);
                    }
                    if (!left.isEmpty() && round < MOST_ROUNDS) {
                        send(round + 1);
                        return;
                    }
                    if (!left.isEmpty()) {
                        failAll(new CountersUnavailableException(
                                "the counters moved on %d times in a row".formatted(MOST_ROUNDS)));
                    }
                } else {
                    failAll(failure.getCause() == null ? failure : failure.getCause());
                }
            } catch (Throwable e) {
                log.error("a reply of tally.lua could not be taken", e);
                failAll(e);
            }
            finish();
        }

        private void take(LogTally.Sent section, TallyReply reply, long second, long asked) {
            LogTally log = section.log();
            FollowedPartition partition = follower.of(log.partition());
            switch (reply) {
                case TallyReply.Counted counted -> {
                    log.counted(section, counted, second, needsReplicas);
                    partition.seen(section.part().position().lineage(), asked);
                    left.remove(log);
                }
                case TallyReply.Moved moved ->
                    partition.moved(section.part().position().lineage(), moved.epoch());
                case TallyReply.Behind behind -> log.behind(section, behind);
                case TallyReply.Anew anew -> {
                    follower.readAnew(log);
                    fail(log, "this node reads what was counted (%s); it can count in a moment".formatted(anew.why()));
                }
                case TallyReply.Refused refused -> fail(log, refused.why());
                case TallyReply.Corrupt corrupt -> {
                    metrics.corrupt();
                    corrupt(log, corrupt);
                }
            }
        }

        private void fail(LogTally log, String why) {
            fail(log, new CountersUnavailableException("%s: %s".formatted(log.partition(), why)));
        }

        private void fail(LogTally log, CountersUnavailableException why) {
            log.failed(Objects.requireNonNull(left.remove(log)), why);
        }

        /** A counter that can't be read fails its creator's events, not all others of the call. */
        private void corrupt(LogTally log, TallyReply.Corrupt corrupt) {
            CountersUnavailableException why = new CountersUnavailableException(
                    "%s: '%s' in Redis is not what was written there".formatted(log.partition(), corrupt.what()));
            List<PendingRequest.Waiting> others =
                    log.failedOf(corrupt.creator(), Objects.requireNonNull(left.get(log)), why);
            if (others.isEmpty()) {
                log.failed(others, why);
                left.remove(log);
            } else {
                left.put(log, others);
            }
        }

        private void failAll(Throwable why) {
            left.forEach((log, taken) -> log.failed(taken, why));
            left.clear();
        }

        /**
         * Makes the next call from a virtual thread, which the scheduler runs after those that are ready now. The busier the node, the more events join
         * that call; and the thread that reads replies builds no sections.
         */
        private void finish() {
            try {
                var _ = Thread.startVirtualThread(this::goOn);
            } catch (Throwable e) {
                log.error("no thread for the next call, which leaves without one", e);
                goOn();
            }
        }

        private void goOn() {
            end(all);
            sendWaiting();
        }
    }
}
