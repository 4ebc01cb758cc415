package dev.millrace.ingest.receive;

import dev.millrace.ingest.limit.ConcurrencyLimit;
import java.time.Duration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;

/**
 * Lifts the limit when the service is told to stop, before the server takes no more requests: it waits for those that have been
 * begun, and closes the connections of the others. Thread-safe.
 */
final class LimitUntilStop implements SmartLifecycle {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final ConcurrencyLimit limit;
    private volatile boolean running;

    LimitUntilStop(ConcurrencyLimit limit) {
        this.limit = limit;
    }

    @Override
    public void start() {
        running = true;
    }

    /** All that waited is where the server knows of it when it returns, or two seconds are over. */
    @Override
    public void stop() {
        running = false;
        try {
            limit.lift(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Whoever has the higher phase is stopped first. */
    @Override
    public int getPhase() {
        return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE + 1;
    }
}
