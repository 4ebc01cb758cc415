package dev.millrace.lab.stack;

import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The folder of one run, and the run's end: whether it comes by itself or by Ctrl-C, SIGTERM or a closed terminal, no
 * process that was started is left.
 */
public final class RunHome {
    private static final int INTERRUPTED = 130;

    private final Path path;
    private final PrintStream complaints;
    private final boolean keep;
    private final String interruption;
    private final Thread farewell = new Thread(this::breakOff);
    private volatile boolean interrupted;

    private RunHome(Path path, PrintStream complaints, boolean keep, String interruption) {
        this.path = path;
        this.complaints = complaints;
        this.keep = keep;
        this.interruption = interruption;
    }

    /**
     * Makes a new folder.
     *
     * @param runs the folder to make it in
     * @param prefix of its name
     * @param complaints takes what people have to know
     * @param keep whether data and logs stay also when nothing went wrong
     * @param interruption what to say after Ctrl-C
     */
    public static RunHome create(Path runs, String prefix, PrintStream complaints, boolean keep, String interruption)
            throws IOException {
        Files.createDirectories(runs);
        Path path = Files.createTempDirectory(runs, prefix);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        RunHome home = new RunHome(path, complaints, keep, interruption);
        Runtime.getRuntime().addShutdownHook(home.farewell);
        return home;
    }

    public Path path() {
        return path;
    }

    /** Ends every process that this one has started, and deletes the folder where nobody needs it any more. */
    public void finish(boolean good) throws IOException {
        if (interrupted) {
            return; // The hook tidies up.
        }
        Descendants.end();
        if (good && !keep) {
            Folders.delete(path);
        } else {
            complaints.println("data and logs are kept in " + path);
        }
        try {
            Runtime.getRuntime().removeShutdownHook(farewell);
        } catch (IllegalStateException e) {
            // The process is being ended: the hook decides on the exit code.
        }
    }

    private void breakOff() {
        interrupted = true;
        Descendants.end();
        try {
            if (!keep) {
                Folders.delete(path);
            }
        } catch (IOException e) {
            complaints.println("could not delete " + path + ": " + e.getMessage());
        }
        complaints.println(interruption);
        Runtime.getRuntime().halt(INTERRUPTED);
    }
}
