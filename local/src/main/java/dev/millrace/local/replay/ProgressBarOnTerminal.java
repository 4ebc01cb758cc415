package dev.millrace.local.replay;

import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with percentage, time taken and left, and the rate of page views. */
public final class ProgressBarOnTerminal implements ReplayProgress {
    private static final int KIB = 1024;

    private static final Duration UPDATE = Duration.ofMillis(100);

    private final ProgressBar bar;
    private final PrintStream out;
    private final long started = System.nanoTime();
    private long reached;
    private long next = UPDATE.toNanos();

    /**
     * @param bytes of the whole file
     * @param columns width of the terminal
     */
    public ProgressBarOnTerminal(PrintStream out, long bytes, int columns) {
        this.out = out;
        this.bar = new ProgressBarBuilder()
                .setTaskName("replay")
                .setInitialMax(bytes)
                .setUnit(" KiB", KIB)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis((int) UPDATE.toMillis())
                .setMaxRenderedLength(columns)
                .setConsumer(new DelegatingProgressBarConsumer(line -> out.print("\r" + line), columns))
                .build();
    }

    @Override
    public void at(long bytes, ReplayCounts counts) {
        reached = bytes;
        long elapsed = System.nanoTime() - started;
        if (elapsed < next) {
            return;
        }
        next = elapsed + UPDATE.toNanos();
        double seconds = elapsed / 1e9;
        bar.stepTo(bytes);
        bar.setExtraMessage(" %,d views, %,.0f/s".formatted(counts.pageViews(), counts.pageViews() / seconds));
    }

    @Override
    public void close() {
        bar.stepTo(reached);
        bar.close();
        out.println();
    }
}
