package dev.millrace.local.up;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ServiceJar;
import dev.millrace.local.process.Signal;
import dev.millrace.local.process.StartFailure;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import dev.millrace.local.settings.SettingsFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * The whole embedded stack. One thread {@link #run}s it; {@link #stop} may come from any other, at any time.
 *
 * <p>What is started is stopped in the opposite order: ingest-api first, which answers what it has accepted, the
 * databases last.
 */
public final class Stack {
    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final int LOG_LINES = 20;

    private final LocalSettings settings;
    private final StackEnvironment environment;
    private final PrintStream out;
    private final PrintStream err;
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Touched by the running thread only. */
    private final Deque<Running> running = new ArrayDeque<>();

    private final Turn turn = new Turn();

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
     * @throws StartFailure when something does not start; what had started is stopped
     * @throws SettingsFailure when a port is taken; nothing was started
     */
    public int run() throws IOException {
        turn.begin();
        try (HomeLock _ = HomeLock.take(settings.home())) {
            RunFolder folder = RunFolder.in(settings.home());
            folder.endLeftovers(err::println);
            checkPorts();
            environment.remarks().forEach(err::println);
            StackLogs.rotate(settings.home());
            return runIn(folder);
        } finally {
            ended.countDown();
        }
    }

    /** Stops everything and returns when nothing runs any more. */
    public void stop() {
        turn.askToStop();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int runIn(RunFolder folder) throws IOException {
        try {
            start(folder);
            return watch();
        } catch (InterruptedException e) {
            return endedEarly(new StartFailure("interrupted", e));
        } catch (RuntimeException e) {
            return endedEarly(e);
        } finally {
            turn.end();
            stopAll();
            folder.forget();
        }
    }

    /** Whatever goes wrong after a request to stop comes from being interrupted. */
    private int endedEarly(RuntimeException e) {
        if (turn.isAskedToStop()) {
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
            throw new SettingsFailure(
                    "port %d for %s is taken; set %s to a free one".formatted(port, part.label(), variable));
        }
    }

    private void start(RunFolder folder) throws IOException {
        Map<Part, ServiceJar> jars = new EnumMap<>(Part.class);
        for (Part service : new Part[] {Part.LEDGER, Part.WORKER, Part.INGEST}) {
            jars.put(service, folder.take(service, settings.root()));
        }
        Place place = Place.under(settings.home());
        PostgresServer postgres =
                PostgresServer.start(place, settings.port(Part.POSTGRES), Durability.ALWAYS, err::println);
        started(folder, new Running(Part.POSTGRES, postgres.process(), postgres::stop));
        say(Part.POSTGRES, postgres.url() + "  " + postgres.description());
        RedisServer redis = RedisServer.start(place, settings.port(Part.REDIS), Durability.ALWAYS, err::println);
        started(folder, new Running(Part.REDIS, redis.process(), redis::stop));
        say(Part.REDIS, redis.url() + "  " + redis.description());
        startServices(folder, jars, postgres);
        out.println("READY");
        hints();
    }

    /** The ledger first, since it migrates the database; the other two start side by side. */
    private void startServices(RunFolder folder, Map<Part, ServiceJar> jars, PostgresServer postgres)
            throws IOException {
        try (HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(2))
                .build()) {
            awaitReady(client, startService(folder, jars, Part.LEDGER, postgres));
            Service worker = startService(folder, jars, Part.WORKER, postgres);
            Service ingest = startService(folder, jars, Part.INGEST, postgres);
            awaitReady(client, worker);
            awaitReady(client, ingest);
        }
    }

    private Service startService(RunFolder folder, Map<Part, ServiceJar> jars, Part part, PostgresServer postgres)
            throws IOException {
        ServiceJar jar = jars.get(part);
        if (jar == null) {
            throw new IllegalStateException("no jar for " + part);
        }
        Service service = Service.start(part, settings, jar, environment.of(part, postgres.databases()));
        Child child = service.child();
        started(folder, new Running(part, child, () -> child.stop(Signal.TERM, GRACE)));
        return service;
    }

    private void awaitReady(HttpClient client, Service service) {
        service.awaitReady(client, err::println);
        say(service.part(), settings.address(service.part()).toString());
    }

    private void started(RunFolder folder, Running part) throws IOException {
        running.push(part);
        folder.remember(part.child());
    }

    /** Returns when a part has ended. */
    private int watch() throws InterruptedException {
        CompletableFuture<?>[] exits =
                running.stream().map(part -> part.child().exit()).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.anyOf(exits).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("can't watch the parts", e);
        }
        for (Running part : running) {
            if (!part.child().isAlive()) {
                err.printf(
                        "%s ended with exit code %d; the last lines of its log:%n%s%n",
                        part.part().label(),
                        part.child().exit().join(),
                        part.child().lastLogLines(LOG_LINES));
            }
        }
        return 1;
    }

    private void stopAll() {
        while (!running.isEmpty()) {
            Running part = running.pop();
            if (part.child().isAlive()) {
                boolean byItself = part.stop().getAsBoolean();
                say(part.part(), byItself ? "stopped" : "killed: it did not stop within " + GRACE.toSeconds() + " s");
            }
        }
    }

    private void say(Part part, String what) {
        out.printf("%-18s %s%n", part.label(), what);
    }

    private void hints() {
        out.printf("%-18s %s%n", "API page", settings.address(Part.LEDGER).resolve("/docs"));
        out.printf("%-18s %s%n", "data and logs", settings.home());
        out.printf("%-18s %s%n", "stop", "Ctrl-C; the data stays");
    }
}
