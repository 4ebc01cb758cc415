package dev.millrace.ledger.balance;

import com.google.common.base.Suppliers;
import com.google.common.base.Ticker;
import com.google.common.collect.Maps;
import dev.millrace.common.message.OutageLog;
import dev.millrace.ledger.creator.Creator;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import tools.jackson.databind.json.JsonMapper;

/**
 * All streams of balances, and the one reading a second that they share. It takes two statements to Postgres and one call of Redis a partition,
 * whatever the number of followers. Without followers nothing is read.
 *
 * <p>While a store is away, streams stay open and show the last balance. Heartbeats go on, and events come again with the first reading that
 * succeeds. A stream that ended would come again every two seconds, and find the store away each time.
 *
 * <p>A stream takes part in the readings that begin after its first balance was read, so its total never goes down. It ends before the server
 * waits for requests under way, so that no follower holds up a stop. Thread-safe.
 */
final class BalanceFollowers implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(BalanceFollowers.class);

    private static final Duration BETWEEN_READINGS = Duration.ofSeconds(1);
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final LiveBalance balances;
    private final JsonMapper json;
    private final Counter events;
    private final Ticker ticker;
    private final OutageLog outage;
    private final Set<BalanceStream> streams = ConcurrentHashMap.newKeySet();
    private volatile @Nullable ScheduledExecutorService thread;

    BalanceFollowers(LiveBalance balances, JsonMapper json, MeterRegistry metrics, Ticker ticker) {
        this.ticker = ticker;
        this.outage = new OutageLog("The balances that are followed can't be read", ticker);
        this.balances = balances;
        this.json = json;
        this.events = Counter.builder("millrace.balance.events")
                .description("Events sent to followers of balances")
                .register(metrics);
        Gauge.builder("millrace.balance.streams", streams, Set::size)
                .description("Streams of balances that are open")
                .register(metrics);
    }

    /**
     * Writes a creator's balance, and again whenever it changes, until the client goes away, the token expires or the service stops.
     *
     * @param first the balance that the stream begins with
     * @param validity how long the token is still good
     */
    void follow(Creator creator, Balance first, Duration validity, OutputStream out) {
        BalanceStream stream = new BalanceStream(creator, first, HEARTBEAT, ticker);
        streams.add(stream);
        try {
            if (!isRunning()) {
                stream.close();
            }
            stream.write(out, event(first), validity, events::increment);
        } catch (IOException e) {
            log.debug("a follower is gone, or does not read", e);
        } finally {
            streams.remove(stream);
        }
    }

    private byte[] event(Balance balance) {
        return "event: balance\nid: %s\ndata: %s\n\n"
                .formatted(
                        Long.toString(balance.asOf().toEpochMilli(), Character.MAX_RADIX),
                        json.writeValueAsString(balance))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The reading for all. A balance is rendered once, and only where a stream has not shown it. */
    private void read() {
        Map<Creator, List<BalanceStream>> followed =
                streams.stream().collect(Collectors.groupingBy(BalanceStream::creator));
        if (followed.isEmpty()) {
            return;
        }
        Map<Creator, CompletableFuture<Balance>> readings =
                new HashMap<>(Maps.toMap(followed.keySet(), _ -> new CompletableFuture<>()));
        balances.read(readings, 1); // a creator that is left out waits for the next second
        readings.forEach((creator, reading) -> {
            if (reading.state() == Future.State.SUCCESS) {
                Balance balance = reading.resultNow();
                Supplier<byte[]> event = Suppliers.memoize(() -> event(balance));
                followed.getOrDefault(creator, List.of()).forEach(stream -> stream.offer(balance, event));
            }
        });
    }

    /** A reading that fails must not be the last one. */
    private void readAndGoOn() {
        try {
            read();
            outage.over();
        } catch (DataAccessException e) {
            outage.failed(String.valueOf(e.getMostSpecificCause().getMessage()));
        } catch (RuntimeException e) {
            log.error("balances could not be read for their followers", e);
        }
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("followers").factory());
        ScheduledFuture<?> _ = reader.scheduleWithFixedDelay(
                this::readAndGoOn, BETWEEN_READINGS.toMillis(), BETWEEN_READINGS.toMillis(), TimeUnit.MILLISECONDS);
        thread = reader;
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService reader = thread;
        if (reader != null) {
            thread = null;
            reader.shutdown();
            streams.forEach(BalanceStream::close);
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }
}
