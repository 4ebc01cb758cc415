package dev.millrace.local.process;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Waits until a child process really answers, within bounds, and says what it is waiting for. */
public final class Readiness {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration REPORT = Duration.ofSeconds(5);
    private static final int LOG_LINES = 20;

    private final Child child;
    private final Duration patience;
    private final Consumer<String> progress;

    /**
     * @param patience how long the child may stay silent; saying that it is busy counts as a sign of life
     * @param progress takes one line each five seconds of waiting
     */
    public Readiness(Child child, Duration patience, Consumer<String> progress) {
        this.child = child;
        this.patience = patience;
        this.progress = progress;
    }

    /** What a probe found. */
    public enum Answer {
        READY,
        BUSY,
        SILENT
    }

    /**
     * Probes until the answer is {@link Answer#READY}.
     *
     * @throws StartFailure when the child ends or stays silent for too long (it is killed then), with the last lines of
     *     its log
     */
    public void await(Supplier<Answer> probe) {
        long started = System.nanoTime();
        long alive = started;
        long reported = started;
        while (true) {
            Answer answer = probe.get();
            if (!child.isAlive()) {
                throw ended();
            }
            if (answer == Answer.READY) {
                return;
            }
            long now = System.nanoTime();
            alive = answer == Answer.BUSY ? now : alive;
            if (now - alive > patience.toNanos()) {
                throw silent();
            }
            if (now - reported > REPORT.toNanos()) {
                reported = now;
                progress.accept(child.name() + " is starting ("
                        + Duration.ofNanos(now - started).toSeconds() + " s)");
            }
            pause();
        }
    }

    private void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            child.kill();
            throw new StartFailure("interrupted while " + child.name() + " was starting");
        }
    }

    private StartFailure ended() {
        return new StartFailure(child.name() + " ended with exit code "
                + child.exit().join() + " while starting; the last lines of its log:\n"
                + child.lastLogLines(LOG_LINES));
    }

    private StartFailure silent() {
        child.kill();
        return new StartFailure(child.name() + " did not answer within " + patience.toSeconds()
                + " s and was ended; the last lines of its log:\n" + child.lastLogLines(LOG_LINES));
    }
}
