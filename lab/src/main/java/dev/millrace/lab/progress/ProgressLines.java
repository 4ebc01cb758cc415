package dev.millrace.lab.progress;

import java.io.PrintStream;
import java.time.Duration;

/** A line every ten seconds, for where there is no terminal. */
final class ProgressLines implements Progress {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final PrintStream out;
    private Duration next = INTERVAL;

    ProgressLines(PrintStream out) {
        this.out = out;
    }

    @Override
    public synchronized void step(String text) {
        out.println(text);
    }

    @Override
    public synchronized void state(Duration elapsed, String state) {
        if (elapsed.compareTo(next) >= 0) {
            next = elapsed.plus(INTERVAL);
            out.println(state);
        }
    }

    @Override
    public void close() {}
}
