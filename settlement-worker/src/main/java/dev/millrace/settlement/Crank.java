package dev.millrace.settlement;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/**
 * Does one thing again and again, with a pause in between. A failure is logged once, until it has worked again, and never
 * stops the crank. Closing waits for the turn under way.
 */
final class Crank implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Logger log = LoggerFactory.getLogger(Crank.class);

    private final String what;
    private final Runnable turn;
    private final ScheduledExecutorService thread;
    private volatile boolean failing = true;
    private String complaint = "";

    Crank(String what, Runnable turn) {
        this.what = what;
        this.turn = turn;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name(what).factory());
    }

    void start(Duration pause) {
        var _ = thread.scheduleWithFixedDelay(this::turnOnce, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
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
    public void close() {
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
}
