package dev.millrace.lab.path;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.process.Signal;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.settings.Part;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The whole path as real processes: Redis, Postgres and the executable jars of the three services, configured by
 * environment as in production (no profile). Unlike {@code ./millrace up} it goes on when a part is killed. Not
 * thread-safe.
 */
final class LabStack {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final LabSettings settings;
    private final Place place;
    private final Map<Part, Child> services = new EnumMap<>(Part.class);
    private final RedisServer redis;
    private final PostgresServer postgres;

    private LabStack(LabSettings settings, Place place) {
        this.settings = settings;
        this.place = place;
        this.postgres = PostgresServer.start(place, settings.port(Part.POSTGRES), Durability.ALWAYS);
        this.redis = RedisServer.start(place, settings.port(Part.REDIS), Durability.ALWAYS);
    }

    /** Starts everything on the data that is there, and returns when every service is ready. */
    static LabStack start(LabSettings settings, Place place) {
        LabStack stack = new LabStack(settings, place);
        try {
            stack.startServices();
        } catch (RuntimeException e) {
            stack.kill();
            throw e;
        }
        return stack;
    }

    RedisServer redis() {
        return redis;
    }

    PostgresServer postgres() {
        return postgres;
    }

    /** Every process of the stack as it runs now. */
    List<ProcessHandle> processes() {
        return children()
                .flatMap(child ->
                        Stream.concat(Stream.of(child.handle()), child.handle().descendants()))
                .toList();
    }

    /** Stops everything as {@code ./millrace up} does; the parts that had to be killed. */
    List<String> stop() {
        List<String> killed = new ArrayList<>();
        for (Part part : List.of(Part.INGEST, Part.WORKER, Part.LEDGER)) {
            Child service = services.get(part);
            if (service != null && !service.stop(Signal.TERM, GRACE)) {
                killed.add(part.label());
            }
        }
        if (!redis.stop()) {
            killed.add(Part.REDIS.label());
        }
        if (!postgres.stop()) {
            killed.add(Part.POSTGRES.label());
        }
        return killed;
    }

    /** Ends whatever still runs; for a run that is given up. */
    void kill() {
        children().filter(Child::isAlive).forEach(Child::kill);
    }

    private Stream<Child> children() {
        return Stream.concat(services.values().stream(), Stream.of(redis.process(), postgres.process()));
    }

    /** The ledger first, since it migrates the database; the other two start side by side. */
    private void startServices() {
        awaitReady(Part.LEDGER, launch(Part.LEDGER));
        Child worker = launch(Part.WORKER);
        Child ingest = launch(Part.INGEST);
        awaitReady(Part.WORKER, worker);
        awaitReady(Part.INGEST, ingest);
    }

    private Child launch(Part part) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=" + (part == Part.INGEST ? 4 : 1), // Two cores start the other two sooner so.
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                LabSettings.jar(part).toString());
        Child child = Child.start(new ChildPlan(
                part.label(),
                command,
                environment(part),
                place.data(),
                place.logs().resolve(part.label() + ".log")));
        services.put(part, child);
        return child;
    }

    private Map<String, String> environment(Part part) {
        Map<String, String> environment = settings.environment();
        environment.put("MILLRACE_REDIS_URL", redis.url());
        if (part != Part.INGEST) {
            environment.put("MILLRACE_POSTGRES_URL", postgres.url());
            environment.put("MILLRACE_POSTGRES_USER", part == Part.WORKER ? Databases.SETTLER : Databases.LEDGER);
            environment.put("MILLRACE_POSTGRES_PASSWORD", postgres.password());
        }
        if (part == Part.LEDGER) {
            environment.put("MILLRACE_POSTGRES_OWNER", Databases.OWNER);
            environment.put("MILLRACE_POSTGRES_OWNER_PASSWORD", postgres.password());
        }
        return environment;
    }

    private void awaitReady(Part part, Child child) {
        Api api = new Api(settings);
        new Readiness(child, PATIENCE, System.out::println)
                .await(() -> api.isReady(part) ? Readiness.Answer.READY : Readiness.Answer.SILENT);
    }
}
