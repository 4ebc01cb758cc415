package dev.millrace.lab.progress;

import java.io.PrintStream;
import java.time.Duration;

/** One line on a terminal, written over and over. */
final class ProgressLine implements Progress {
    private final PrintStream out;
    private final int columns;
    private boolean open;

    /** @param columns width of the terminal */
    ProgressLine(PrintStream out, int columns) {
        this.out = out;
        this.columns = columns;
    }

    @Override
    public synchronized void step(String text) {
        close();
        out.println(text);
    }

    @Override
    public synchronized void state(Duration elapsed, String state) {
        int width = Math.max(1, columns - 1);
        String line = state.length() > width ? state.substring(0, width) : state;
        out.print("\r" + line + " ".repeat(width - line.length()));
        out.flush();
        open = true;
    }

    @Override
    public synchronized void close() {
        if (open) {
            out.println();
            open = false;
        }
    }
}
