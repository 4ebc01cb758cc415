package dev.millrace.local.up;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole embedded stack. One thread {@link #run}s it; {@link #stop} may come from any other, at any time.
 *
 * <p>What is started is stopped in the opposite order: ingest-api first, which answers what it has accepted, the
 * databases last.
 */
public final class Stack {
    /** The edge holds the requests of many clients at a time, in a heap that is there from the start (decision 21). */
    private static final List<String> EDGE_HEAP = List.of("-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch");

    private final LocalSettings settings;
    private final StackEnvironment environment;
    private final PrintStream out;
    private final PrintStream err;
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Touched by the running thread only. */
    private final Deque<ServerProcess> running = new ArrayDeque<>();

    /** To be interrupted by a request to stop; null before the run and once it stops things. */
    private @Nullable Thread runner;

    private boolean askedToStop;

    /**
     * @param environment our own variables
     * @param out takes a line a part, and {@code READY}
     * @param err takes progress and complaints
     */
    public Stack(LocalSettings settings, Map<String, String> environment, PrintStream out, PrintStream err) {
        this.settings = settings;
        this.environment = new StackEnvironment(settings, environment);
        this.out = out;
        this.err = err;
    }

    /**
     * Starts everything and stays until a part ends or {@link #stop} is called.
     *
     * @return 0 when it was stopped, 1 when a part ended by itself; nothing runs any more then
     * @throws CommandException when something does not start, or a port is taken; what had started is stopped
     */
    public int run() throws IOException {
        begin();
        try (StackHome home = StackHome.take(settings.home())) {
            home.endLeftovers(err::println);
            checkPorts();
            environment.remarks().forEach(err::println);
            home.rotateLogs();
            return runIn(home);
        } finally {
            ended.countDown();
        }
    }

    /** Stops everything and returns when nothing runs any more. */
    public void stop() {
        askToStop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void begin() {
        runner = Thread.currentThread();
        if (askedToStop) {
            runner.interrupt();
        }
    }

    private synchronized void askToStop() {
        askedToStop = true;
        if (runner != null) {
            runner.interrupt();
        }
    }

    /** Nothing disturbs the running thread any more. */
    private synchronized void beginToStop() {
        runner = null;
        Thread.interrupted();
    }

    private synchronized boolean isAskedToStop() {
        return askedToStop;
    }

    private int runIn(StackHome home) throws IOException {
        try {
            start(home);
            return watch();
        } catch (InterruptedException e) {
            return endedEarly(CommandException.failed("interrupted", e));
        } catch (RuntimeException e) {
            return endedEarly(e);
        } finally {
            beginToStop();
            stopAll();
            home.forget();
        }
    }

    /** Whatever goes wrong after a request to stop comes from being interrupted. */
    private int endedEarly(RuntimeException e) {
        if (isAskedToStop()) {
            return 0;
        }
        throw e;
    }

    private void checkPorts() {
        for (Part part : Part.values()) {
            requireFree(settings.port(part), part, part.variable());
            requireFree(settings.managementPort(part), part, part.managementVariable());
        }
    }

    private static void requireFree(int port, Part part, String variable) {
        if (!Ports.isFree(port)) {
            throw CommandException.wrongCall(
                    "port %d for %s is taken; set %s to a free one".formatted(port, part.label(), variable));
        }
    }

    /** The ledger before the other two services, since it migrates the database; those start side by side. */
    private void start(StackHome home) throws IOException {
        Map<Part, ServiceJar> jars = new EnumMap<>(Part.class);
        for (Part service : List.of(Part.LEDGER, Part.WORKER, Part.INGEST)) {
            jars.put(service, home.take(service, settings.root()));
        }
        Place place = Place.under(settings.home());
        PostgresServer postgres =
                PostgresServer.start(place, settings.port(Part.POSTGRES), Durability.ALWAYS, err::println);
        started(home, postgres);
        say(Part.POSTGRES.label(), postgres.url() + "  " + postgres.description());
        RedisServer redis = RedisServer.start(place, settings.port(Part.REDIS), Durability.ALWAYS, err::println);
        started(home, redis);
        say(Part.REDIS.label(), redis.url() + "  " + redis.description());
        for (List<Part> together : List.of(List.of(Part.LEDGER), List.of(Part.WORKER, Part.INGEST))) {
            Map<Part, ServerProcess> services = new EnumMap<>(Part.class);
            for (Part part : together) {
                services.put(part, startService(home, jars, part, postgres.databases()));
            }
            services.forEach((part, service) -> {
                service.awaitReady(err::println);
                say(part.label(), settings.address(part).toString());
            });
        }
        out.println("READY");
        say("API page", settings.address(Part.LEDGER).resolve("/docs").toString());
        say("data and logs", settings.home().toString());
        say("stop", "Ctrl-C; the data stays");
    }

    private ServerProcess startService(StackHome home, Map<Part, ServiceJar> jars, Part part, Databases postgres)
            throws IOException {
        ServiceJar jar = jars.get(part);
        if (jar == null) {
            throw new IllegalStateException("no jar for " + part);
        }
        List<String> heap = part == Part.INGEST ? EDGE_HEAP : List.of("-Xmx256m");
        ServerProcess service = jar.process(
                part.label(),
                Stream.concat(heap.stream(), Stream.of("-XX:+ExitOnOutOfMemoryError"))
                        .toList(),
                environment.of(part, postgres),
                settings.home(),
                home.log(part),
                settings.managementAddress(part));
        service.start();
        started(home, service);
        return service;
    }

    private void started(StackHome home, ServerProcess process) throws IOException {
        running.push(process);
        home.remember(process);
    }

    /** Returns when a part has ended. */
    private int watch() throws InterruptedException {
        CompletableFuture<?>[] exits = running.stream().map(ServerProcess::exit).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.anyOf(exits).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("can't watch the parts", e);
        }
        for (ServerProcess process : running) {
            if (!process.isAlive()) {
                err.printf(
                        "%s ended with exit code %d; the last lines of its log:%n%s%n",
                        process.name(), process.exit().join(), process.lastLogLines());
            }
        }
        return 1;
    }

    private void stopAll() {
        while (!running.isEmpty()) {
            ServerProcess process = running.pop();
            if (process.isAlive()) {
                say(process.name(), process.stop() ? "stopped" : "killed: it did not stop within 20 s");
            }
        }
    }

    private void say(String name, String what) {
        out.printf("%-18s %s%n", name, what);
    }
}
