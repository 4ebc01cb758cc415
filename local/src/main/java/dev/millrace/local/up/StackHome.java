package dev.millrace.local.up;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.process.Signal;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/**
 * The home of a running stack: its lock, its logs, and {@code run/} with its jars and the list of its processes.
 *
 * <p>The lock keeps two stacks from running on the same data; it ends with the process, however that ends. The jars are the
 * stack's own, so that a build beside it does not pull them from under it. The list tells the next stack which processes to
 * end, should this one be killed before it can do so itself.
 */
final class StackHome implements AutoCloseable {
    private final Path home;
    private final FileChannel lock;

    private StackHome(Path home, FileChannel lock) {
        this.home = home;
        this.lock = lock;
    }

    /** @throws CommandException when another stack has it or the folder can't be written */
    static StackHome take(Path home) {
        try {
            Files.createDirectories(home.resolve("run"));
            Files.createDirectories(home.resolve("logs"));
            FileChannel lock =
                    FileChannel.open(home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(lock)) {
                lock.close();
                throw CommandException.failed(
                        "another ./millrace up runs on " + home + ": stop it, or set MILLRACE_HOME to another folder");
            }
            return new StackHome(home, lock);
        } catch (IOException e) {
            throw CommandException.failed("MILLRACE_HOME " + home + " can't be used: " + e, e);
        }
    }

    /** Whether a stack runs there, or starts or stops. */
    static boolean isTaken(Path home) {
        if (!Files.isRegularFile(home.resolve("lock"))) {
            return false;
        }
        try (FileChannel lock = FileChannel.open(home.resolve("lock"), StandardOpenOption.WRITE)) {
            return !isLocked(lock);
        } catch (IOException e) {
            throw CommandException.failed("MILLRACE_HOME " + home + " can't be used: " + e, e);
        }
    }

    private static boolean isLocked(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // This very process has it.
        }
    }

    /** Keeps the logs of the run before under {@code <part>.previous.log}. */
    void rotateLogs() throws IOException {
        for (Part part : Part.values()) {
            if (Files.exists(log(part))) {
                Path previous = log(part).resolveSibling(part.label() + ".previous.log");
                Files.move(log(part), previous, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    Path log(Part part) {
        return home.resolve("logs").resolve(part.label() + ".log");
    }

    /** @throws CommandException when one has not been built */
    void takeServices(Path root) throws IOException {
        for (Part service : List.of(Part.LEDGER, Part.WORKER, Part.INGEST)) {
            ServiceJar.built(root, service.label()).linkedInto(home.resolve("run"));
        }
    }

    ServiceJar service(Part part) {
        return new ServiceJar(home.resolve("run").resolve(part.label()), part.label());
    }

    /** Remembers a process of this stack: its name, its pid, and when it started. */
    void remember(ServerProcess process) throws IOException {
        String line = "%s %d %s%n".formatted(process.name(), process.handle().pid(), started(process.handle()));
        Files.writeString(list(), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** All processes of this stack have ended. */
    void forget() throws IOException {
        Files.deleteIfExists(list());
    }

    /** Ends what a killed stack left behind, in the order in which it would have been stopped. */
    void endLeftovers(Consumer<String> say) throws IOException {
        List<String> lines = Files.exists(list()) ? Files.readAllLines(list()) : List.of();
        for (String line : lines.reversed()) {
            String[] fields = line.split(" ", -1);
            // Another process with the same pid has started at another time.
            ProcessHandle.of(fields.length == 3 ? Long.parseLong(fields[1]) : -1)
                    .filter(process -> started(process).equals(fields[2]))
                    .ifPresent(process -> {
                        say.accept("stopping " + fields[0] + " (process " + process.pid()
                                + "), left behind by a stack that was killed");
                        // To Postgres, SIGTERM means to wait for its clients.
                        Signal politely = fields[0].equals(Part.POSTGRES.label()) ? Signal.INT : Signal.TERM;
                        ServerProcess.end(process, politely, ServerProcess.GRACE);
                    });
        }
        forget();
    }

    private static String started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toString).orElse("");
    }

    private Path list() {
        return home.resolve("run/processes");
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
