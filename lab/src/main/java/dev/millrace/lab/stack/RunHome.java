package dev.millrace.lab.stack;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.Signal;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run, and the run's end: whether it comes by itself or by Ctrl-C, SIGTERM or a closed terminal, no
 * process that was started is left.
 */
public final class RunHome {
    private static final int INTERRUPTED = 130;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final long PAUSE_MILLIS = 50;

    private final Path path;
    private final PrintStream complaints;
    private final boolean keep;
    private final Supplier<Ending> interruption;
    private final Thread farewell = new Thread(this::breakOff);
    private volatile boolean interrupted;
    private @Nullable Ending ending;

    private RunHome(Path path, PrintStream complaints, boolean keep, Supplier<Ending> interruption) {
        this.path = path;
        this.complaints = complaints;
        this.keep = keep;
        this.interruption = interruption;
    }

    /** What happens in the folder. */
    @FunctionalInterface
    public interface Run {
        Ending in(Path home) throws Exception;
    }

    /**
     * What a run came to.
     *
     * @param good whether it went well
     * @param tell prints it; not done where the run was interrupted: what broke off then says nothing
     */
    public record Ending(boolean good, Runnable tell) {
        /**
         * Of a run that can't say anything before it has ended.
         *
         * @param nothing what it has not come to
         */
        public static Ending interrupted(Terminal terminal, String nothing) {
            return new Ending(true, () -> terminal.err().println("interrupted: everything is stopped, " + nothing));
        }
    }

    /**
     * Runs in a new folder below {@code lab/target}, and deletes it where nobody needs it any more.
     *
     * @param command whose run it is
     * @param keep whether data and logs stay also when nothing went wrong
     * @param interruption what the run has come to when Ctrl-C ends it; asked before anything is stopped, told after
     * @return exit code: 0 when it went well
     */
    public static int run(
            Terminal terminal, String command, long seed, boolean keep, Supplier<Ending> interruption, Run run)
            throws Exception {
        Path runs =
                Files.createDirectories(terminal.root().resolve("lab/target").resolve(command));
        Path path = Files.createTempDirectory(runs, "seed-" + seed + "-");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        RunHome home = new RunHome(path, terminal.err(), keep, interruption);
        Runtime.getRuntime().addShutdownHook(home.farewell);
        try {
            home.tell(run.in(path));
        } finally {
            home.finish();
        }
        return home.isGood() ? 0 : 1;
    }

    private synchronized void tell(Ending ending) {
        if (!interrupted) {
            this.ending = ending;
            ending.tell().run();
        }
    }

    /** A run that has thrown has no ending. */
    private synchronized boolean isGood() {
        return ending != null && ending.good();
    }

    private void finish() throws IOException {
        if (interrupted) {
            return; // The hook tidies up.
        }
        end(isGood());
        try {
            Runtime.getRuntime().removeShutdownHook(farewell);
        } catch (IllegalStateException e) {
            // The process is being ended: the hook decides on the exit code.
        }
    }

    /** Runs when the process is asked to end. */
    private void breakOff() {
        Ending last = interrupt();
        try {
            end(last.good());
        } catch (IOException e) {
            complaints.println("could not delete " + path + ": " + e.getMessage());
        }
        last.tell().run();
        Runtime.getRuntime().halt(INTERRUPTED);
    }

    /** What is left to be told. */
    private synchronized Ending interrupt() {
        interrupted = true;
        return ending == null ? interruption.get() : new Ending(ending.good(), () -> {});
    }

    private void end(boolean good) throws IOException {
        endDescendants();
        if (good && !keep) {
            Folders.delete(path);
        } else {
            complaints.println("data and logs are kept in " + path);
        }
    }

    /**
     * SIGKILL to every process that this one has started, directly or not; returns when all are gone and no new one has been seen for a
     * second. They are frozen before, so that none can start another one that would be left when its parent is gone.
     */
    private static void endDescendants() {
        Set<ProcessHandle> seen = new HashSet<>();
        long began = System.nanoTime();
        long quietSince = began;
        while (System.nanoTime() - quietSince < QUIET.toNanos() && System.nanoTime() - began < PATIENCE.toNanos()) {
            List<ProcessHandle> fresh =
                    ProcessHandle.current().descendants().filter(seen::add).toList();
            Signal.STOP.send(fresh);
            if (fresh.isEmpty()) {
                seen.forEach(ProcessHandle::destroyForcibly);
                try {
                    Thread.sleep(PAUSE_MILLIS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
            if (seen.stream().anyMatch(ProcessHandle::isAlive)) {
                quietSince = System.nanoTime();
            }
        }
    }
}
