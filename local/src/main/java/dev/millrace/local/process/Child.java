package dev.millrace.local.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A running child process and all that it has started. Thread-safe.
 *
 * <p>It reads nothing ({@code /dev/null}) and writes to its log file only, so it can neither block on a full pipe nor
 * mix its output with ours.
 */
public final class Child {
    private final ChildPlan plan;
    private final Process process;

    private Child(ChildPlan plan, Process process) {
        this.plan = plan;
        this.process = process;
    }

    /** @throws UncheckedIOException naming the program when it can't be started */
    public static Child start(ChildPlan plan) {
        try {
            Files.createDirectories(plan.log().toAbsolutePath().getParent());
            ProcessBuilder builder = new ProcessBuilder(plan.detachedCommand())
                    .directory(plan.directory().toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(plan.log().toFile()));
            builder.environment().putAll(plan.environment());
            return new Child(plan, builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException("can't start " + plan.name() + " with " + plan.command(), e);
        }
    }

    public String name() {
        return plan.name();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Completes with the exit code (128 + signal when killed by one) once the process has ended. */
    public CompletableFuture<Integer> exit() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /** Waits until the process has ended or the time is over; true when it has ended. */
    public boolean awaitExit(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !process.isAlive();
        }
    }

    /**
     * Asks the process to end and waits; one that doesn't is killed.
     *
     * @param politely the signal it takes as a request to end in an orderly way
     * @param grace how long it may take
     * @return true when it ended by itself in time, false when it had to be killed
     */
    public boolean stop(Signal politely, Duration grace) {
        if (!process.isAlive()) {
            return true;
        }
        List<ProcessHandle> tree = tree();
        Signal.CONT.send(tree);
        politely.send(List.of(handle()));
        boolean ended = awaitExit(grace);
        if (!ended) {
            kill();
        }
        return ended;
    }

    /** SIGKILL to the process and everything it has started, as a power cut would; returns when all are gone. */
    public void kill() {
        List<ProcessHandle> tree = tree();
        Signal.KILL.send(tree);
        tree.forEach(p -> p.onExit().join());
    }

    /** SIGSTOP: the process keeps its sockets, its kernel goes on accepting, but it answers nothing. */
    public void freeze() {
        Set<ProcessHandle> frozen = Set.of();
        Set<ProcessHandle> tree = Set.copyOf(tree());
        while (!frozen.containsAll(tree)) { // also what was started while the rest was being stopped
            Signal.STOP.send(List.copyOf(tree));
            frozen = tree;
            tree = Set.copyOf(tree());
        }
    }

    /** SIGCONT after {@link #freeze}. */
    public void resume() {
        Signal.CONT.send(tree());
    }

    /** The last lines of the log, for error messages; empty when there is none. */
    public String lastLogLines(int count) {
        return LogTail.of(plan.log(), count);
    }

    private List<ProcessHandle> tree() {
        List<ProcessHandle> tree = new ArrayList<>();
        Stream.concat(Stream.of(handle()), process.descendants()).forEach(tree::add);
        return tree;
    }
}
