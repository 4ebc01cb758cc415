package dev.millrace.local.replay;

import java.io.PrintStream;
import java.time.Duration;

/** A line every two seconds, for where there is no terminal. */
public final class ProgressLines implements ReplayProgress {
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private final PrintStream out;
    private final long total;
    private final long started = System.nanoTime();
    private long next = INTERVAL.toNanos();

    /** @param total bytes of the whole file */
    public ProgressLines(PrintStream out, long total) {
        this.out = out;
        this.total = total;
    }

    @Override
    public void at(long bytes, ReplayCounts counts) {
        long elapsed = System.nanoTime() - started;
        if (elapsed < next || bytes == 0) {
            return;
        }
        next = elapsed + INTERVAL.toNanos();
        double seconds = elapsed / 1e9;
        double left = seconds * Math.max(0, total - bytes) / bytes;
        out.printf(
                "replay: %d %%, %,d page views, %,.0f/s, %.0f s left%n",
                total == 0 ? 100 : Math.min(100, bytes * 100 / total),
                counts.pageViews(),
                counts.pageViews() / seconds,
                left);
    }

    @Override
    public void close() {}
}
