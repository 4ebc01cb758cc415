package dev.millrace.local.process;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.io.input.ReversedLinesFileReader;
import org.jspecify.annotations.Nullable;

/**
 * A server as a process of its own: started, asked until it is ready, stopped; for fault runs killed, frozen and resumed,
 * each with all that it has started. It can be started again once it has ended. Thread-safe.
 *
 * <p>It reads nothing ({@code /dev/null}) and appends to its log file only. So it can neither block on a full pipe nor mix
 * its output with ours. Where {@code setsid} is at hand it has a session of its own: Ctrl-C in the terminal reaches us
 * alone, and we stop servers in order.
 */
public class ServerProcess implements AutoCloseable {
    /** How long a server may stay silent: the first start of a service may have to migrate, on two slow cores for 30 s. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** How long a server may take to end. */
    public static final Duration GRACE = Duration.ofSeconds(20);

    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration REPORT = Duration.ofSeconds(5);

    /** How many lines of a log a message has. */
    public static final int LOG_LINES = 20;

    private final Plan plan;
    private final Callable<Answer> probe;
    private volatile @Nullable Process process;

    /** The result of a probe. */
    public enum Answer {
        READY,
        /** It lives and can't work yet: it loads a file or recovers. This may take any time. */
        BUSY,
        SILENT
    }

    /**
     * The command to run.
     *
     * @param name how messages call it
     * @param environment variables on top of our own
     * @param directory its working directory; created where missing, as the log's folder is
     * @param log takes its standard output and error
     */
    public record Plan(String name, List<String> command, Map<String, String> environment, Path directory, Path log) {
        public Plan {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    /** @param probe asks whether it can do its work; an exception counts as {@link Answer#SILENT} */
    public ServerProcess(Plan plan, Callable<Answer> probe) {
        this.plan = plan;
        this.probe = probe;
    }

    /** A program that is ready as soon as it runs. */
    public ServerProcess(Plan plan) {
        this(plan, () -> Answer.READY);
    }

    public final String name() {
        return plan.name();
    }

    /** Starts the process; it is not ready yet. */
    public void start() {
        List<String> command = new ArrayList<>(plan.command());
        Programs.onPath("setsid").ifPresent(setsid -> command.addFirst(setsid.toString())); // Keeps the pid.
        try {
            Files.createDirectories(plan.directory());
            Files.createDirectories(plan.log().toAbsolutePath().getParent());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(plan.directory().toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(plan.log().toFile()));
            builder.environment().putAll(plan.environment());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("can't start " + name() + " with " + plan.command(), e);
        }
    }

    /**
     * Asks until the server is ready.
     *
     * @param progress takes one line each five seconds of waiting
     * @throws CommandException with the last lines of the log when the server ends; also when it stays silent for three
     *     minutes or this thread is interrupted, and the server is killed
     */
    public final void awaitReady(Consumer<String> progress) {
        long started = System.nanoTime();
        long alive = started;
        long reported = started;
        for (Answer answer = ask(); answer != Answer.READY; answer = ask()) {
            long now = System.nanoTime();
            alive = answer == Answer.BUSY ? now : alive;
            if (now - alive > PATIENCE.toNanos()) {
                kill();
                throw failure("did not answer within " + PATIENCE.toSeconds() + " s and was ended");
            }
            if (now - reported > REPORT.toNanos()) {
                reported = now;
                progress.accept(name() + " is starting (" + TimeUnit.NANOSECONDS.toSeconds(now - started) + " s)");
            }
        }
    }

    /** An answer is worth nothing when the process has ended: another one may have given it. */
    private Answer ask() {
        Answer answer;
        try {
            Thread.sleep(POLL);
            answer = probe.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
            throw CommandException.failed("interrupted while " + name() + " was starting");
        } catch (Exception e) {
            answer = Answer.SILENT;
        }
        if (!isAlive()) {
            throw failure("ended with exit code " + exit().join() + " while starting");
        }
        return answer;
    }

    private CommandException failure(String what) {
        return CommandException.failed(
                name() + " " + what + "; the last lines of its log:\n" + lastLogLines(LOG_LINES));
    }

    /** Stops the process where it runs, starts it and returns when it is ready. */
    public final void restart() {
        stop();
        start();
        awaitReady(line -> {});
    }

    /** Asks the process to end; true when it did within 20 s, false when it was killed. */
    public final boolean stop() {
        return stop(GRACE);
    }

    /** The same with another time to end in. A frozen process is resumed first. */
    public final boolean stop(Duration grace) {
        if (!isAlive()) {
            return true;
        }
        resume();
        return end(handle(), quitSignal(), grace);
    }

    /** Asks a process to end; true when it did in time, false when it was killed with all that it had started. */
    public static boolean end(ProcessHandle process, Signal politely, Duration grace) {
        politely.send(List.of(process));
        process.onExit()
                .completeOnTimeout(process, grace.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        if (process.isAlive()) {
            kill(tree(process));
            return false;
        }
        return true;
    }

    /** The signal that the server takes as a request to end in an orderly way. */
    protected Signal quitSignal() {
        return Signal.TERM;
    }

    /** SIGKILL to the process and all that it has started, as in a power cut; returns when all are gone. */
    public final void kill() {
        kill(tree());
    }

    private static void kill(List<ProcessHandle> tree) {
        Signal.KILL.send(tree);
        tree.forEach(member -> member.onExit().join());
    }

    /** SIGSTOP: the kernel keeps its sockets and goes on accepting, but nothing is answered. */
    public final void freeze() {
        Set<ProcessHandle> frozen = Set.of();
        Set<ProcessHandle> tree = Set.copyOf(tree());
        while (!frozen.containsAll(tree)) { // Some were started while the others were being frozen.
            Signal.STOP.send(List.copyOf(tree));
            frozen = tree;
            tree = Set.copyOf(tree());
        }
    }

    /** SIGCONT after {@link #freeze}. */
    public final void resume() {
        Signal.CONT.send(tree());
    }

    @Override
    public void close() {
        stop();
    }

    /** The process as it runs now, or ran last. */
    public final ProcessHandle handle() {
        return process().toHandle();
    }

    public final boolean isAlive() {
        Process current = process;
        return current != null && current.isAlive();
    }

    /** Completes with the exit code, 128 + signal where a signal ended it. */
    public final CompletableFuture<Integer> exit() {
        return process().onExit().thenApply(Process::exitValue);
    }

    /** Waits for the end of the process, also in an interrupted thread; false when the time is over. */
    public final boolean awaitExit(Duration time) {
        exit().completeOnTimeout(0, time.toMillis(), TimeUnit.MILLISECONDS).join();
        return !isAlive();
    }

    /** The last lines of the log, for messages; empty where there is none. */
    public final String lastLogLines(int count) {
        try (ReversedLinesFileReader log =
                ReversedLinesFileReader.builder().setPath(plan.log()).get()) {
            return String.join("\n", log.readLines(count).reversed());
        } catch (IOException e) {
            return "";
        }
    }

    /** The process and all that it has started; empty once it has ended. */
    public final List<ProcessHandle> tree() {
        return isAlive() ? tree(handle()) : List.of();
    }

    private static List<ProcessHandle> tree(ProcessHandle root) {
        return Stream.concat(Stream.of(root), root.descendants()).toList();
    }

    private Process process() {
        Process current = process;
        if (current == null) {
            throw new IllegalStateException(name() + " was not started");
        }
        return current;
    }
}
