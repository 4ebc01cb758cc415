package dev.millrace.settlement;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.NestedExceptionUtils;

/**
 * Does one thing again and again, with a pause in between. A failure is logged once, until it has worked again, and never
 * stops the crank. Stopping waits for the turn under way, and comes before that of the connections it needs.
 */
final class Crank implements SmartLifecycle, AutoCloseable {
    /** Starts before the web server and stops after it. The connections to both stores end later, with the beans. */
    private static final int PHASE = 1_024;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Logger log = LoggerFactory.getLogger(Crank.class);

    private final String what;
    private final Runnable turn;
    private final Duration pause;
    private final ScheduledExecutorService thread;
    private volatile boolean started;
    private volatile boolean failing = true;
    private String complaint = "";

    /**
     * @param what it does, for the log
     * @param pause from the end of a turn to the next
     */
    Crank(String what, Runnable turn, Duration pause) {
        this.what = what;
        this.turn = turn;
        this.pause = pause;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name(what).factory());
    }

    @Override
    public void start() {
        started = true;
        var _ = thread.scheduleWithFixedDelay(this::turnOnce, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public boolean isRunning() {
        return started && !thread.isShutdown();
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    /** All cranks wait for their turns at the same time. */
    @Override
    public void stop(Runnable done) {
        Thread.startVirtualThread(() -> {
            stop();
            done.run();
        });
    }

    /** Whether the last turn worked. */
    boolean works() {
        return !failing;
    }

    private void turnOnce() {
        try {
            turn.run();
            if (!complaint.isEmpty()) {
                log.info("{} works again", what);
                complaint = "";
            }
            failing = false;
        } catch (Throwable e) { // an Error too: it would end the crank for good
            failing = true;
            complain(e);
        }
    }

    private void complain(Throwable e) {
        String now = NestedExceptionUtils.getMostSpecificCause(e)
                .toString()
                .lines()
                .findFirst()
                .orElse("");
        if (!now.equals(complaint)) {
            complaint = now;
            log.warn("{} failed, trying again: {}", what, now);
            log.debug("{} failed", what, e);
        }
    }

    @Override
    public void stop() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** For a context that never got as far as starting it, or broke off. */
    @Override
    public void close() {
        if (!thread.isShutdown()) {
            stop();
        }
    }
}
