package dev.millrace.ingest.counters;

import com.google.common.base.Ticker;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the one connection to Redis: opens it, looks at Redis through it again and again, and replaces it when it
 * is gone or no longer answers. Thread-safe.
 *
 * <p>Lettuce's own reconnection is off: it would send commands whose outcome is unknown a second time, to a process that
 * may be another one. Here a lost connection fails what was in flight, and a new one is looked at (which process? its
 * clock? which catalogue?) before anything is counted through it.
 */
public final class Counters implements AutoCloseable {
    /** Redis' clock may step back by so many seconds; tally.lua says why. */
    private static final long MOST_BACK = 5;

    /** A busy Redis may miss a look; closing fails all that is under way. */
    private static final int MOST_MISSES = 2;

    private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:(\\w+)");

    /** Calls that are sent at the same time share a write to the socket. */
    private static final NettyCustomizer FLUSH_TOGETHER = new NettyCustomizer() {
        @Override
        public void afterChannelInitialized(Channel channel) {
            channel.pipeline()
                    .addFirst(new FlushConsolidationHandler(
                            FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
        }
    };

    private static final Logger log = LoggerFactory.getLogger(Counters.class);

    private final ClientResources resources;
    private final RedisClient client;
    private final RedisURI uri;
    private final Ticker ticker;
    private final Duration patience;
    private final long clockLeap;

    /** Older than this, an observation proves nothing any more. */
    private final Duration mostAge;

    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("counters-watch").daemon().factory());

    private volatile @Nullable Observation last;
    private String catalogText = "";
    private String complaint = "";
    private int misses;

    /**
     * @param ticker monotonic nanoseconds
     * @param patience longest wait for an answer to a look; an observation holds for twice as long
     * @param timeout longest wait for an answer to any other command
     * @param clockLeap most that Redis' clock may be ahead of the last second its partitions have seen
     */
    public Counters(URI url, Ticker ticker, Duration patience, Duration timeout, Duration clockLeap) {
        this.uri = RedisURI.create(url);
        uri.setTimeout(timeout.compareTo(patience) > 0 ? timeout : patience); // Looks have their own.
        this.ticker = ticker;
        this.patience = patience;
        this.clockLeap = clockLeap.toSeconds();
        this.mostAge = patience.multipliedBy(2);
        this.resources =
                ClientResources.builder().nettyCustomizer(FLUSH_TOGETHER).build();
        this.client = RedisClient.create(resources);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .timeoutOptions(
                        TimeoutOptions.enabled()) // no command waits for good, whatever becomes of its connection
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(patience)
                        .keepAlive(true)
                        .tcpNoDelay(true)
                        .build())
                .build());
    }

    /** Looks at once, then again and again after so long a pause. */
    public void watch(Duration pause) {
        var _ = watch.scheduleWithFixedDelay(this::look, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The last observation, or empty when it is too old: then nothing is known, and nothing may be counted. */
    public Optional<Observation> observed() {
        return Optional.ofNullable(last).filter(o -> o.age(ticker.read()).compareTo(mostAge) <= 0);
    }

    /** Redis' second now, by this observation. */
    public long second(Observation observation) {
        return observation.second(ticker.read());
    }

    /** Age of what is known of Redis, in seconds; infinite when nothing ever was. */
    public double ageSeconds() {
        Observation observation = last;
        return observation == null
                ? Double.POSITIVE_INFINITY
                : observation.age(ticker.read()).toNanos() / 1e9;
    }

    /** Partitions with an open epoch; 0 when nothing is known. */
    public int openPartitions() {
        return observed().map(Observation::openPartitions).orElse(0);
    }

    /** One look. Whatever goes wrong, there will be another. */
    private void look() {
        Observation before = last;
        try {
            know(
                    before == null || !before.connection().isOpen()
                            ? first()
                            : again(before.connection(), before.runId(), before.catalog()));
            misses = 0;
            relieve();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (NotUsable e) { // the connection is all right
            complain(String.valueOf(e.getMessage()));
        } catch (Throwable e) { // an Error too: it would end the watch, and the node would refuse events for good
            complain(e.getMessage() == null ? e.toString() : e.getMessage());
            if (before != null && ++misses >= MOST_MISSES) {
                var _ = before.connection().closeAsync();
            }
        }
    }

    /** From now on this is the last observation. */
    void know(Observation observation) {
        last = observation;
    }

    private void relieve() {
        if (!complaint.isEmpty()) {
            log.info("Redis at {}:{} can be used again", uri.getHost(), uri.getPort());
            complaint = "";
        }
    }

    private void complain(String now) {
        if (!now.equals(complaint)) {
            complaint = now;
            log.warn(
                    "Redis at {}:{} can't be used, events are refused until it can: {}",
                    uri.getHost(),
                    uri.getPort(),
                    now);
        }
    }

    private Observation first() throws Exception {
        CompletableFuture<StatefulRedisConnection<String, String>> connecting =
                client.connectAsync(StringCodec.UTF8, uri).toCompletableFuture();
        try {
            StatefulRedisConnection<String, String> connection =
                    connecting.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            Matcher matcher = RUN_ID.matcher(answer(connection.async().info("server")));
            if (!matcher.find()) {
                throw new IllegalStateException("INFO server names no run_id");
            }
            return again(connection, matcher.group(1), null);
        } catch (Exception e) {
            var _ = connecting.thenCompose(StatefulRedisConnection::closeAsync); // also one that is made too late
            throw e;
        }
    }

    private Observation again(StatefulRedisConnection<String, String> connection, String runId, @Nullable Catalog known)
            throws Exception {
        RedisAsyncCommands<String, String> redis = connection.async();
        RedisFuture<List<String>> time = redis.time();
        RedisFuture<String> text = redis.get(CounterKeys.CATALOG);
        List<RedisFuture<List<KeyValue<String, String>>>> partitions = IntStream.range(0, Identity.PARTITIONS)
                .mapToObj(CounterKeys::new)
                .map(names -> redis.mget(names.epoch(), names.clock()))
                .toList();
        List<String> parts = answer(time);
        long ticks = ticker.read();
        long micros = Math.addExact(
                Math.multiplyExact(Long.parseLong(parts.get(0)), 1_000_000L), Long.parseLong(parts.get(1)));
        int open = 0;
        long highest = 0;
        for (RedisFuture<List<KeyValue<String, String>>> partition : partitions) {
            List<KeyValue<String, String>> values = answer(partition);
            open += values.get(0).hasValue() ? 1 : 0;
            highest = Math.max(highest, second(values.get(1).getValueOrElse("")));
        }
        requireBelievable(micros / 1_000_000, highest);
        return new Observation(connection, runId, catalog(answer(text), known), open, micros, ticks);
    }

    private static long second(String text) {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    /** By a clock that has leapt, good tokens would be refused for good as expired; so nothing is judged by it. */
    private void requireBelievable(long now, long highest) {
        if (highest > 0 && (now > highest + clockLeap || now < highest - MOST_BACK)) {
            throw new NotUsable("Redis' clock says %d, after it had said %d".formatted(now, highest));
        }
    }

    /** Redis answers, and nothing can be judged by what it says. */
    private static final class NotUsable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotUsable(String message) {
            super(message);
        }
    }

    private Catalog catalog(@Nullable String text, @Nullable Catalog known) {
        if (text == null) {
            throw new NotUsable("no catalogue is published yet; ledger-service does that");
        }
        if (known != null && text.equals(catalogText)) {
            return known;
        }
        try {
            Catalog catalog = CatalogJson.read(text);
            catalogText = text;
            return catalog;
        } catch (IllegalArgumentException e) {
            throw new NotUsable(String.valueOf(e.getMessage()));
        }
    }

    private <T> T answer(RedisFuture<T> future) throws Exception {
        return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        watch.shutdownNow();
        client.shutdown(Duration.ZERO, patience);
        var _ = resources.shutdown(0, patience.toMillis(), TimeUnit.MILLISECONDS);
    }
}
