package dev.millrace.local.command;

import dev.millrace.local.settings.LocalSettings;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A command's view of the world.
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
    /** The one that the script has called; system properties {@code millrace.root}, {@code millrace.columns}. */
    public static Terminal ofThisProcess() {
        return new Terminal(
                System.getenv(),
                Path.of(System.getProperty("millrace.root", "")),
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                Integer.getInteger("millrace.columns", 0),
                Clock.systemUTC());
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    public LocalSettings settings() {
        return LocalSettings.from(environment, root);
    }

    /** Runs an action. When the process is ended from outside meanwhile, it runs the hook. */
    public static <T> T withShutdownHook(Runnable hook, Callable<T> action) throws Exception {
        Thread thread = new Thread(hook);
        Runtime.getRuntime().addShutdownHook(thread);
        try {
            return action.call();
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(thread);
            } catch (IllegalStateException e) {
                // It runs already.
            }
        }
    }
}
