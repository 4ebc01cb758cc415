package dev.millrace.lab.command;

import java.io.PrintStream;
import java.time.Duration;

/** Prints where a run is: one line written over and over on a terminal, a line each ten seconds elsewhere. Thread-safe. */
public final class ProgressPrinter implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final PrintStream out;
    private final int columns;
    private final long began = System.nanoTime();
    private Duration next = INTERVAL;
    private boolean open;

    /** @param columns width of the terminal behind it, 0 where there is none */
    public ProgressPrinter(PrintStream out, int columns) {
        this.out = out;
        this.columns = columns;
    }

    /** Since this was made. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** A step, in words. */
    public synchronized void step(String text) {
        close();
        out.println(text);
    }

    /** The state at this moment in one line; may be called several times a second. */
    public synchronized void state(String state) {
        Duration elapsed = elapsed();
        String line = "%d:%02d  %s".formatted(elapsed.toMinutes(), elapsed.toSecondsPart(), state);
        if (columns > 0) {
            int width = Math.max(1, columns - 1);
            String cut = line.length() > width ? line.substring(0, width) : line;
            out.print("\r" + cut + " ".repeat(width - cut.length()));
            out.flush();
            open = true;
        } else if (elapsed.compareTo(next) >= 0) {
            next = elapsed.plus(INTERVAL);
            out.println(line);
        }
    }

    @Override
    public synchronized void close() {
        if (open) {
            out.println();
            open = false;
        }
    }
}
