package dev.millrace.local.replay;

import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Says how far a replay has come: in one line that is written again on a terminal, elsewhere in a line every two seconds. */
public final class Progress implements AutoCloseable {
    private static final Duration ON_TERMINAL = Duration.ofMillis(100);
    private static final Duration IN_LINES = Duration.ofSeconds(2);

    private final PrintStream out;
    private final int columns;
    private final long total;
    private final LongSupplier position;
    private final long started = System.nanoTime();
    private long next;

    /**
     * @param columns width of the terminal, 0 where there is none
     * @param total bytes of the whole file
     * @param position bytes of the file that have been read
     */
    public Progress(PrintStream out, int columns, long total, LongSupplier position) {
        this.out = out;
        this.columns = columns;
        this.total = total;
        this.position = position;
        this.next = interval();
    }

    private long interval() {
        return (columns > 0 ? ON_TERMINAL : IN_LINES).toNanos();
    }

    /** One more line of the file has been read, by the one thread that reads. */
    public void at(long pageViews) {
        long elapsed = System.nanoTime() - started;
        if (elapsed < next) {
            return;
        }
        next = elapsed + interval();
        double seconds = elapsed / 1e9;
        long bytes = Math.max(1, position.getAsLong());
        String line = "replay: %d %%, %,d page views, %,.0f/s, %.0f s left"
                .formatted(
                        Math.min(100, bytes * 100 / Math.max(1, total)),
                        pageViews,
                        pageViews / seconds,
                        seconds * Math.max(0, total - bytes) / bytes);
        if (columns > 0) {
            String padded = line + " ".repeat(Math.max(0, columns - 1 - line.length()));
            out.print("\r" + padded.substring(0, columns - 1));
        } else {
            out.println(line);
        }
    }

    @Override
    public void close() {
        if (columns > 0) {
            out.print("\r" + " ".repeat(columns - 1) + "\r");
        }
    }
}
