package dev.millrace.local.up;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ServiceJar;
import dev.millrace.local.process.Signal;
import dev.millrace.local.process.StartFailure;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The folder {@code run/} of a stack: the jars that it runs, and the list of its processes.
 *
 * <p>The jars are its own, so that a build beside a running stack does not pull them from under it. The list tells the
 * next stack which processes to end, should this one be killed before it can do so itself.
 *
 * @param folder where it is
 */
record RunFolder(Path folder) {
    private static final Duration GRACE = Duration.ofSeconds(20);

    /** A process of a stack that was killed. */
    private record Leftover(String label, ProcessHandle process) {
        /** To Postgres, SIGTERM means to wait for its clients. */
        void stop() {
            Signal signal = label.equals(Part.POSTGRES.label()) ? Signal.INT : Signal.TERM;
            signal.send(List.of(process));
            CompletableFuture<ProcessHandle> exit = process.onExit();
            exit.completeOnTimeout(process, GRACE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
            if (process.isAlive()) {
                Signal.KILL.send(List.of(process));
                exit.join();
            }
        }
    }

    static RunFolder in(Path home) throws IOException {
        return new RunFolder(Files.createDirectories(home.resolve("run")));
    }

    /**
     * Takes a service as it was built.
     *
     * @throws StartFailure when it has not been built
     */
    ServiceJar take(Part service, Path root) throws IOException {
        return ServiceJar.built(root, service.label()).linkedInto(folder);
    }

    /** Remembers a process of this stack. */
    void remember(Child child) throws IOException {
        String line = child.name() + " " + child.handle().pid() + " " + started(child.handle()) + "\n";
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
        List<Leftover> leftovers = new ArrayList<>();
        for (String line : Files.readAllLines(list())) {
            leftover(line).ifPresent(leftovers::add);
        }
        for (Leftover leftover : leftovers.reversed()) {
            say.accept("stopping " + leftover.label() + " (process "
                    + leftover.process().pid() + "), left behind by a stack that was killed");
            leftover.stop();
        }
        forget();
    }

    /** The process of this line, where it still runs; another one with the same pid has started at another time. */
    private static Optional<Leftover> leftover(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 3 || !parts[1].matches("[0-9]{1,18}")) {
            return Optional.empty();
        }
        return ProcessHandle.of(Long.parseLong(parts[1]))
                .filter(process -> Long.toString(started(process)).equals(parts[2]))
                .map(process -> new Leftover(parts[0], process));
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private Path list() {
        return folder.resolve("processes");
    }
}
