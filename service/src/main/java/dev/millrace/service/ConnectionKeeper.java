package dev.millrace.service;

import com.google.common.base.Ticker;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.apache.coyote.Processor;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Keeps room for clients with requests. When nine connections in ten are taken it closes idle ones, longest idle
 * first, until two in ten are free. It closes a connection whose head is not complete after ten seconds, however steadily
 * its bytes come: Tomcat's own timeout starts anew with each of them. Thread-safe.
 */
final class ConnectionKeeper implements SmartLifecycle {
    /** Longest that a request's head may take, from its first byte. */
    static final Duration HEAD = Duration.ofSeconds(10);

    private static final Duration LOOKS_APART = Duration.ofMillis(100);
    private static final long HEADS_APART = Duration.ofSeconds(1).toNanos();
    private static final long WARNINGS_APART = Duration.ofMinutes(1).toNanos();
    private static final double NEARLY_FULL = 0.9;
    private static final double EASED = 0.8;

    private static final Logger log = LoggerFactory.getLogger(ConnectionKeeper.class);

    /** One that is idle, and when it was last read from; that may change while they are sorted. */
    private record Idle(NioSocketWrapper connection, long sinceMillis) {}

    private volatile @Nullable WatchedHttp11 server;
    private @Nullable ScheduledExecutorService thread;
    private final Ticker ticker;
    private long headsLooked;
    private long warned;

    ConnectionKeeper(MeterRegistry registry, Ticker ticker) {
        this.ticker = ticker;
        this.headsLooked = ticker.read();
        this.warned = headsLooked - WARNINGS_APART;
        gauge("idle", "Connections without a request", true).register(registry);
        gauge("busy", "Connections in the middle of a request", false).register(registry);
        Gauge.builder("millrace.connections.allowed", this, ConnectionKeeper::allowed)
                .description("Most connections that may be open")
                .register(registry);
    }

    private Gauge.Builder<ConnectionKeeper> gauge(String state, String description, boolean idle) {
        return Gauge.builder("millrace.connections", this, keeper -> keeper.count(idle))
                .description(description)
                .tag("state", state);
    }

    /** Called once, before the server starts. */
    void watch(WatchedHttp11 watched) {
        server = watched;
    }

    private int allowed() {
        WatchedHttp11 watched = server;
        return watched == null ? 0 : watched.getMaxConnections();
    }

    private long count(boolean idle) {
        WatchedHttp11 watched = server;
        return watched == null
                ? 0
                : watched.connections().stream()
                        .filter(connection -> isIdle(connection) == idle)
                        .count();
    }

    @Override
    public synchronized void start() {
        thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("connections").factory());
        ScheduledFuture<?> _ = thread.scheduleWithFixedDelay(
                this::lookAndGoOn, LOOKS_APART.toNanos(), LOOKS_APART.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdown();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }

    /** A look that fails must not be the last one. */
    private void lookAndGoOn() {
        try {
            WatchedHttp11 watched = server;
            if (watched != null) {
                look(watched);
            }
        } catch (RuntimeException e) {
            log.error("connections could not be looked after", e);
        }
    }

    private void look(WatchedHttp11 watched) {
        int allowed = watched.getMaxConnections();
        if (watched.getConnectionCount() >= allowed * NEARLY_FULL) {
            closeIdle(watched, allowed);
        }
        long now = ticker.read();
        if (now - headsLooked >= HEADS_APART) {
            headsLooked = now;
            watched.connections().forEach(connection -> closeIf(connection, c -> isSlowHead(c, now)));
        }
    }

    private void closeIdle(WatchedHttp11 watched, int allowed) {
        long open = watched.getConnectionCount();
        long closed = watched.connections().stream()
                .filter(ConnectionKeeper::isIdle)
                .map(connection -> new Idle(connection, connection.getLastRead()))
                .sorted(Comparator.comparingLong(Idle::sinceMillis))
                .limit(open - (long) (allowed * EASED))
                .filter(idle -> closeIf(idle.connection(), c -> c.getCurrentProcessor() == null))
                .count();
        warn(open, allowed, closed);
    }

    private void warn(long open, int allowed, long closed) {
        long now = ticker.read();
        if (now - warned >= WARNINGS_APART) {
            warned = now;
            log.warn(
                    "{} of {} connections are open; {} idle ones closed (said once a minute while it lasts)",
                    open,
                    allowed,
                    closed);
        }
    }

    /** A thread that works on a connection holds its lock; a request that is awaited has its processor. */
    private static boolean isIdle(NioSocketWrapper connection) {
        return connection.getCurrentProcessor() == null && !connection.getLock().isLocked();
    }

    private static boolean isSlowHead(NioSocketWrapper connection, long now) {
        return connection.getCurrentProcessor() instanceof Processor processor
                && !processor.isAsync()
                && !processor.isUpgrade()
                && processor.getRequest().getStartTimeNanos() >= 0
                && now - processor.getRequest().getStartTimeNanos() > HEAD.toNanos();
    }

    /** Under the connection's lock, so that no thread works on it meanwhile, and none does when it is taken. */
    private static boolean closeIf(NioSocketWrapper connection, Predicate<NioSocketWrapper> condition) {
        ReentrantLock lock = connection.getLock();
        if (!lock.tryLock()) {
            return false;
        }
        try {
            boolean holds = condition.test(connection);
            if (holds) {
                connection.close();
            }
            return holds;
        } finally {
            lock.unlock();
        }
    }
}
