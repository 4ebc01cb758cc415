package dev.millrace.local.up;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a stack, or joins one, until Ctrl-C, SIGTERM or a closed terminal. Such a stop is a success once everything that this
 * process has started has ended.
 */
public final class StackRun {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration REPORT = Duration.ofSeconds(5);
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 200;
    private static final int OK = 200;

    private StackRun() {}

    /** Starts the stack of this home, and the guest on it; the exit code. */
    static int start(Terminal terminal, StackGuest guest) throws Exception {
        Stack stack = new Stack(terminal.settings(), terminal.out(), terminal.err());
        return untilStopped(() -> stack.run(guest));
    }

    /**
     * The same where no stack runs in this home. Otherwise the guest runs on that one, which goes on after it.
     *
     * @throws CommandException when the stack that runs does not become ready
     */
    public static int joinOrStart(Terminal terminal, StackGuest guest) throws Exception {
        return StackHome.isTaken(terminal.settings().home())
                ? untilStopped(() -> join(terminal, guest, PATIENCE))
                : start(terminal, guest);
    }

    private static int untilStopped(Callable<Integer> run) throws Exception {
        Thread runner = Thread.currentThread();
        CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        Runnable stopper = () -> {
            runner.interrupt();
            ended.join();
            Runtime.getRuntime().halt(0);
        };
        return Terminal.withShutdownHook(stopper, () -> {
            try {
                return untilInterrupted(run);
            } finally {
                ended.complete(null);
            }
        });
    }

    /** What it returns, or 0 where its thread is interrupted. */
    static int untilInterrupted(Callable<Integer> run) throws Exception {
        try {
            return run.call();
        } catch (InterruptedException e) {
            return 0;
        } catch (IOException | RuntimeException e) {
            if (Thread.interrupted()) {
                return 0; // Whatever goes wrong in an interrupted thread comes from that.
            }
            throw e;
        }
    }

    /** @param patience how long the stack may take to become ready */
    static int join(Terminal terminal, StackGuest guest, Duration patience) throws IOException, InterruptedException {
        LocalSettings settings = terminal.settings();
        awaitReady(terminal, settings, patience);
        terminal.out().printf("%-18s runs in %s%n", "stack", settings.home());
        try (Closeable _ = guest.start()) {
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private static void awaitReady(Terminal terminal, LocalSettings settings, Duration patience)
            throws InterruptedException {
        long began = System.nanoTime();
        long reported = began;
        for (Optional<Part> missing = silent(settings); missing.isPresent(); missing = silent(settings)) {
            Part part = missing.get();
            long now = System.nanoTime();
            if (!StackHome.isTaken(settings.home())) {
                throw CommandException.failed("the ./millrace up that was starting in %s has ended; its logs are in %s"
                        .formatted(settings.home(), settings.home().resolve("logs")));
            }
            if (now - began > patience.toNanos()) {
                throw CommandException.failed(
                        "a ./millrace up runs in %s, but no %s is ready at %s; see its logs in %s, or set %s as it was set there"
                                .formatted(
                                        settings.home(),
                                        part.label(),
                                        settings.managementAddress(part),
                                        settings.home().resolve("logs"),
                                        part.managementVariable()));
            }
            if (now - reported > REPORT.toNanos()) {
                reported = now;
                terminal.err()
                        .printf(
                                "waiting for %s of the ./millrace up that runs in %s (%d s)%n",
                                part.label(), settings.home(), TimeUnit.NANOSECONDS.toSeconds(now - began));
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** The first service that is not ready. */
    private static Optional<Part> silent(LocalSettings settings) throws InterruptedException {
        for (Part part : List.of(Part.LEDGER, Part.WORKER, Part.INGEST)) {
            URI readiness = settings.managementAddress(part).resolve("/actuator/health/readiness");
            try {
                int status = JsonClient.send(HttpRequest.newBuilder(readiness).timeout(PROBE_TIMEOUT))
                        .status();
                if (status != OK) {
                    return Optional.of(part);
                }
            } catch (IOException e) {
                return Optional.of(part);
            }
        }
        return Optional.empty();
    }
}
