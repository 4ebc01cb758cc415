package dev.millrace.local.up;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The whole embedded stack. One thread runs it; to interrupt that thread stops it, at any time.
 *
 * <p>What is started is stopped in the opposite order: ingest-api first, which answers what it has accepted, the
 * databases last.
 */
final class Stack {
    /** The edge holds the requests of many clients at a time, in a heap that is there from the start (decision 21). */
    private static final List<String> EDGE_JVM =
            List.of("-Xms384m", "-Xmx384m", "-XX:+AlwaysPreTouch", "-XX:+ExitOnOutOfMemoryError");

    private static final List<String> JVM = List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError");

    private final LocalSettings settings;
    private final StackEnvironment environment;
    private final PrintStream out;
    private final PrintStream err;
    private final Deque<ServerProcess> running = new ArrayDeque<>();

    /**
     * @param out takes a line a part, and {@code READY}
     * @param err takes progress and complaints
     */
    Stack(LocalSettings settings, PrintStream out, PrintStream err) {
        this.settings = settings;
        this.environment = new StackEnvironment(settings);
        this.out = out;
        this.err = err;
    }

    /**
     * Starts everything and stays until a part ends or this thread is interrupted. Nothing runs any more then.
     *
     * @param guest runs from the moment at which everything is ready
     * @return 1, as a part ended by itself
     * @throws CommandException when something does not start, or a port is taken
     */
    int run(StackGuest guest) throws IOException, InterruptedException {
        try (StackHome home = StackHome.take(settings.home())) {
            home.endLeftovers(err::println);
            checkPorts();
            environment.remarks().forEach(err::println);
            home.rotateLogs();
            try {
                start(home);
                try (Closeable _ = guest.start()) {
                    return watch();
                }
            } finally {
                stopAll();
                home.forget();
            }
        }
    }

    private void checkPorts() {
        for (Part part : Part.values()) {
            for (String variable : List.of(part.variable(), part.managementVariable())) {
                int port = settings.port(variable);
                if (!Ports.isFree(port)) {
                    throw CommandException.wrongCall(
                            "port %d for %s is taken; set %s to a free one".formatted(port, part.label(), variable));
                }
            }
        }
    }

    private void start(StackHome home) throws IOException {
        home.takeServices(settings.root());
        Place place = Place.under(settings.home());
        PostgresServer postgres =
                PostgresServer.start(place, settings.port(Part.POSTGRES), Durability.ALWAYS, err::println);
        started(home, postgres);
        say(Part.POSTGRES.label(), postgres.url() + "  " + postgres.description());
        RedisServer redis = RedisServer.start(
                place, settings.port(Part.REDIS), Durability.ALWAYS, environment.redisUsers(), err::println);
        started(home, redis);
        say(Part.REDIS.label(), redis.url() + "  " + redis.description());
        home.service(Part.LEDGER)
                .migrate(StackEnvironment.ofMigration(postgres.databases()), settings.home(), home.log(Part.LEDGER));
        startServices(home, postgres.databases(), Part.LEDGER, Part.WORKER, Part.INGEST);
        out.println("READY");
        say("API page", settings.address(Part.LEDGER).resolve("/docs").toString());
        say("data and logs", settings.home().toString());
        say("stop", "Ctrl-C; the data stays");
    }

    /** Starts these side by side, and returns when they are ready. */
    private void startServices(StackHome home, Databases postgres, Part... parts) throws IOException {
        Map<Part, ServerProcess> services = new EnumMap<>(Part.class);
        for (Part part : parts) {
            ServerProcess service = home.service(part)
                    .process(
                            part.label(),
                            part == Part.INGEST ? EDGE_JVM : JVM,
                            environment.of(part, postgres),
                            settings.home(),
                            home.log(part),
                            settings.managementAddress(part));
            service.start();
            started(home, service);
            services.put(part, service);
        }
        services.forEach((part, service) -> {
            service.awaitReady(err::println);
            say(part.label(), settings.address(part).toString());
        });
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
                        process.name(), process.exit().join(), process.lastLogLines(ServerProcess.LOG_LINES));
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
