package dev.millrace.local.command;

import dev.millrace.local.settings.LocalSettings;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What a command sees of the world.
 *
 * @param environment the variables
 * @param root the project's folder
 * @param out for results, and nothing else
 * @param err for progress and complaints
 * @param columns width of the terminal behind {@code err}, 0 where it is none
 * @param clock the time
 */
public record Terminal(
        Map<String, String> environment, Path root, PrintStream out, PrintStream err, int columns, Clock clock) {
    public LocalSettings settings() {
        return LocalSettings.from(environment, root);
    }
}
