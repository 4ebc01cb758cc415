package dev.millrace.lab.progress;

import java.io.PrintStream;
import java.time.Duration;

/** Where a run is, for whoever watches. Thread-safe. */
public interface Progress extends AutoCloseable {
    /** A step, in words. */
    void step(String text);

    /**
     * The state at this moment; may be called several times a second.
     *
     * @param elapsed since the run began
     * @param state one line
     */
    void state(Duration elapsed, String state);

    @Override
    void close();

    /**
     * One line that is written over on a terminal, a line every ten seconds elsewhere.
     *
     * @param columns width of the terminal behind it, 0 where there is none
     */
    static Progress to(PrintStream out, int columns) {
        return columns > 0 ? new ProgressLine(out, columns) : new ProgressLines(out);
    }
}
