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
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The home of a running stack: its lock, its logs, and {@code run/} with its jars and the list of its processes.
 *
 * <p>The lock keeps two stacks from running on the same data; it ends with the process, however that ends. The jars are the
 * stack's own, so that a build beside it does not pull them from under it. The list tells the next stack which processes to
 * end, should this one be killed before it can do so itself.
 */
final class StackHome implements AutoCloseable {
    private static final Duration GRACE = Duration.ofSeconds(20);

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
            Path log = log(part);
            if (Files.exists(log)) {
                Files.move(
                        log, log.resolveSibling(part.label() + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    Path log(Part part) {
        return home.resolve("logs").resolve(part.label() + ".log");
    }

    /**
     * Takes a service as it was built.
     *
     * @throws CommandException when it has not been built
     */
    ServiceJar take(Part service, Path root) throws IOException {
        return ServiceJar.built(root, service.label()).linkedInto(home.resolve("run"));
    }

    /** Remembers a process of this stack. */
    void remember(ServerProcess process) throws IOException {
        String line = "%s %d %d%n".formatted(process.name(), process.handle().pid(), started(process.handle()));
        Files.writeString(list(), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** All processes of this stack have ended. */
    void forget() throws IOException {
        Files.deleteIfExists(list());
    }

    /** Ends what a killed stack left behind, in the order in which it would have been stopped. */
    void endLeftovers(Consumer<String> say) throws IOException {
        if (!Files.exists(list())) {
            return;
        }
        for (String line : Files.readAllLines(list()).reversed()) {
            leftover(line).ifPresent(process -> {
                String name = line.substring(0, line.indexOf(' '));
                say.accept("stopping " + name + " (process " + process.pid()
                        + "), left behind by a stack that was killed");
                // To Postgres, SIGTERM means to wait for its clients.
                end(process, name.equals(Part.POSTGRES.label()) ? Signal.INT : Signal.TERM);
            });
        }
        forget();
    }

    private static void end(ProcessHandle process, Signal politely) {
        politely.send(process);
        CompletableFuture<ProcessHandle> exit = process.onExit();
        exit.completeOnTimeout(process, GRACE.toMillis(), TimeUnit.MILLISECONDS).join();
        if (process.isAlive()) {
            Signal.KILL.send(process);
            process.onExit().join();
        }
    }

    /** The process of this line, where it still runs; another one with the same pid has started at another time. */
    private static Optional<ProcessHandle> leftover(String line) {
        String[] fields = line.split(" ", -1);
        if (fields.length != 3 || !fields[1].matches("[0-9]{1,18}")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(fields[1]))
                .filter(process -> Long.toString(started(process)).equals(fields[2]));
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private Path list() {
        return home.resolve("run").resolve("processes");
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
