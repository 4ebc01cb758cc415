package dev.millrace.ingest.verdict;

import com.google.common.base.Ticker;
import com.google.common.io.BaseEncoding;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.Link;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisUnavailableException;
import dev.millrace.counters.Verdicts;
import dev.millrace.ingest.verdict.PublisherVerdicts.Taken;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes this node's {@link VerdictLog} to Redis again and again, and logs its warnings. It writes sums and never differences. So what is written twice,
 * because an answer was lost, counts once, and what Redis has lost comes back within a minute. Thread-safe.
 */
public final class VerdictWriter implements AutoCloseable {
    /** Keys whose last verdicts are written at a time; the others' turn comes next. */
    static final int MOST_KEYS = 256;

    /** Every so many writings all counts of this hour and the last one are written, not only those that have changed. */
    private static final int WHOLE = 12;

    private static final int NODE_BYTES = 6;

    private static final Logger log = LoggerFactory.getLogger(VerdictWriter.class);

    private final VerdictLog verdicts;
    private final RedisConnections redis;
    private final OutageLog outage;
    private final String node;

    /** Guarded by this. */
    private final Set<Kid> waiting = new LinkedHashSet<>();

    /** Guarded by this. */
    private long writings;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("verdict-writer").daemon().factory());

    public VerdictWriter(VerdictLog verdicts, RedisConnections redis, Ticker ticker) {
        this.verdicts = verdicts;
        this.redis = redis;
        this.outage = new OutageLog("The verdicts of publishers' events can't be written", ticker);
        byte[] random = new byte[NODE_BYTES];
        new SecureRandom().nextBytes(random);
        this.node = BaseEncoding.base16().lowerCase().encode(random);
    }

    /** Writes after each such pause. */
    public void follow(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::write, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The name of this process, which no other has. */
    String node() {
        return node;
    }

    /** Writes what Redis does not have yet. Without Redis it waits for the next time. */
    public synchronized void write() {
        OptionalLong second = redis.second();
        if (second.isEmpty()) {
            return;
        }
        try {
            boolean whole = ++writings % WHOLE == 0;
            for (PublisherVerdicts publisher : verdicts.all()) {
                publisher.warn(second.getAsLong(), VerdictWriter::warn);
                waiting.addAll(publisher.unwrittenKeys());
            }
            if (write(whole)) {
                outage.over();
            }
            verdicts.all().forEach(publisher -> publisher.tidy(second.getAsLong()));
        } catch (Throwable e) { // an Error too: it would end the writing for good
            log.error("verdicts could not be written", e);
        }
    }

    private static void warn(Kid kid, KeyWarning warning) {
        log.warn("Publisher {}, key {}: {} ({})", kid.publisher(), kid, warning.detail(), warning.code());
    }

    /** What one partition gets. */
    private record Part(List<Taken<Verdicts.Hour>> hours, List<Taken<Verdicts.Last>> last) {
        Part() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        CompletableFuture<Void> write(Link link, String node) {
            return Verdicts.write(
                            link,
                            node,
                            hours.stream().map(Taken::what).toList(),
                            last.stream().map(Taken::what).toList())
                    .thenRun(() -> {
                        hours.forEach(hour -> hour.arrived().run());
                        last.forEach(one -> one.arrived().run());
                    });
        }
    }

    /** All partitions at once. One that can't be reached does not keep the others waiting. */
    private boolean write(boolean whole) {
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        parts(whole)
                .forEach((partition, part) -> answers.add(redis.link(partition)
                        .map(link -> part.write(link, node))
                        .orElseGet(() -> CompletableFuture.failedFuture(
                                new RedisUnavailableException("Redis: " + redis.trouble())))));
        boolean all = true;
        for (CompletableFuture<Void> answer : answers) {
            try {
                answer.join();
            } catch (CompletionException e) {
                outage.failed(String.valueOf(
                        Objects.requireNonNullElse(e.getCause(), e).getMessage()));
                all = false;
            }
        }
        return all;
    }

    private Map<Partition, Part> parts(boolean whole) {
        Map<Partition, Part> parts = new HashMap<>();
        for (PublisherVerdicts publisher : verdicts.all()) {
            publisher
                    .takeHours(whole)
                    .forEach(
                            hour -> part(parts, hour.what().publisher()).hours().add(hour));
        }
        Iterator<Kid> keys = waiting.iterator();
        for (int i = 0; i < MOST_KEYS && keys.hasNext(); i++) {
            Kid kid = keys.next();
            keys.remove();
            part(parts, kid.publisher()).last().add(verdicts.of(kid).takeLast(kid));
        }
        return parts;
    }

    private static Part part(Map<Partition, Part> parts, String publisher) {
        return parts.computeIfAbsent(Verdicts.partition(publisher), _ -> new Part());
    }

    /** Writes once more: what was counted since the last time would be lost with the process. */
    @Override
    public void close() {
        thread.shutdownNow();
        write();
    }
}
