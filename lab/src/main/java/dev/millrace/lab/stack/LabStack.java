package dev.millrace.lab.stack;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.settings.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole path as real processes: Redis, Postgres and the executable jars of the services, configured by environment as
 * in production (no profile). Where the settings have {@code MILLRACE_REDIS_URL}, Redis is the caller's. Unlike {@code ./millrace up} it
 * goes on when a part is killed. One thread at a time may deal
 * with a part; different parts may be dealt with at the same time.
 */
public final class LabStack {
    private static final String REDIS_URL = "MILLRACE_REDIS_URL";

    private final LabSettings settings;
    private final Place place;
    private final Links links;
    private final Consumer<String> progress;
    private final Map<Instance, ServerProcess> services = new ConcurrentHashMap<>();
    private final @Nullable RedisServer redis;
    private final PostgresServer postgres;

    private LabStack(LabSettings settings, Place place, Links links, Consumer<String> progress) {
        this.settings = settings;
        this.place = place;
        this.links = links;
        this.progress = progress;
        this.postgres = PostgresServer.start(place, settings.port(Part.POSTGRES), Durability.ALWAYS);
        this.redis = settings.variables().containsKey(REDIS_URL)
                ? null
                : RedisServer.start(place, settings.port(Part.REDIS), Durability.ALWAYS);
    }

    /** Starts everything on the data that is there, and returns when every service is ready. */
    public static LabStack start(LabSettings settings, Place place) {
        return start(settings, place, System.out::println);
    }

    /** The same, with a taker for what takes long. */
    public static LabStack start(LabSettings settings, Place place, Consumer<String> progress) {
        Links direct = new Links(i -> settings.port(Part.REDIS), i -> settings.port(Part.POSTGRES));
        return start(settings, place, direct, progress);
    }

    /** The same, with services that reach the servers where the links say, and a taker for what takes long. */
    public static LabStack start(LabSettings settings, Place place, Links links, Consumer<String> progress) {
        LabStack stack = new LabStack(settings, place, links, progress);
        try {
            stack.startServices();
        } catch (RuntimeException e) {
            stack.kill();
            throw e;
        }
        return stack;
    }

    /** @throws IllegalStateException when Redis is the caller's */
    public RedisServer redis() {
        if (redis == null) {
            throw new IllegalStateException(
                    "Redis is at " + settings.variables().get(REDIS_URL));
        }
        return redis;
    }

    public PostgresServer postgres() {
        return postgres;
    }

    /** A service, which {@link #launch} starts again. */
    public ServerProcess service(Instance instance) {
        ServerProcess service = services.get(instance);
        if (service == null) {
            throw new IllegalArgumentException("there is no " + instance);
        }
        return service;
    }

    /** Every process of the stack as it runs now. */
    public List<ProcessHandle> processes() {
        return servers().flatMap(server -> server.tree().stream()).toList();
    }

    /** Stops everything as {@code ./millrace up} does; the parts that had to be killed. */
    public List<String> stop() {
        List<String> killed = new ArrayList<>(stopServices());
        if (redis != null && !redis.stop()) {
            killed.add(Part.REDIS.label());
        }
        if (!postgres.stop()) {
            killed.add(Part.POSTGRES.label());
        }
        return killed;
    }

    /** Stops the services, so that nothing moves in Redis and Postgres any more; those that had to be killed. */
    public List<String> stopServices() {
        return settings.instances().stream()
                .filter(services::containsKey)
                .filter(instance -> !service(instance).stop())
                .map(Instance::toString)
                .toList();
    }

    /** Ends whatever still runs; for a run that is given up. */
    public void kill() {
        servers().forEach(ServerProcess::kill);
    }

    /** Starts a service, also again once its process has ended; it is not ready yet. */
    public ServerProcess launch(Instance instance) {
        ServerProcess service = services.computeIfAbsent(instance, this::process);
        service.start();
        return service;
    }

    private ServerProcess process(Instance instance) {
        Part part = instance.part();
        return settings.jar(part)
                .process(
                        instance.toString(),
                        settings.jvmOptions(part),
                        environment(instance),
                        place.data(),
                        place.logs().resolve(instance + ".log"),
                        settings.managementAddress(instance));
    }

    /**
     * Returns when the service answers that it can do its work.
     *
     * @throws dev.millrace.local.process.CommandException when it ends or does not become ready
     */
    public void awaitReady(Instance instance) {
        service(instance).awaitReady(progress);
    }

    /** A command of the worker's jar on this stack, to be started. */
    public ProcessBuilder workerCommand(String... arguments) {
        List<String> command = new ArrayList<>(settings.jar(Part.WORKER).command(settings.jvmOptions(Part.WORKER)));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment(Instance.worker(1)));
        return builder;
    }

    private Stream<ServerProcess> servers() {
        Stream<ServerProcess> stores = redis == null ? Stream.of(postgres) : Stream.of(redis, postgres);
        return Stream.concat(services.values().stream(), stores);
    }

    /** The ledger first, since it migrates the database; the others start side by side. */
    private void startServices() {
        launch(Instance.LEDGER);
        awaitReady(Instance.LEDGER);
        List<Instance> others = settings.instances().stream()
                .filter(instance -> instance.part() != Part.LEDGER)
                .toList();
        others.forEach(this::launch);
        others.forEach(this::awaitReady);
    }

    private Map<String, String> environment(Instance instance) {
        Part part = instance.part();
        Map<String, String> environment = settings.environment();
        environment.put(part.variable(), Integer.toString(settings.port(instance)));
        environment.put(part.managementVariable(), Integer.toString(settings.managementPort(instance)));
        environment.putIfAbsent(REDIS_URL, "redis://127.0.0.1:" + links.redis().applyAsInt(instance));
        if (part != Part.INGEST) {
            environment.put(
                    "MILLRACE_POSTGRES_URL",
                    "jdbc:postgresql://127.0.0.1:%d/%s"
                            .formatted(links.postgres().applyAsInt(instance), PostgresServer.DATABASE));
            environment.put("MILLRACE_POSTGRES_USER", part == Part.WORKER ? Databases.SETTLER : Databases.LEDGER);
            environment.put("MILLRACE_POSTGRES_PASSWORD", postgres.password());
        }
        if (part == Part.LEDGER) {
            environment.put("MILLRACE_POSTGRES_OWNER", Databases.OWNER);
            environment.put("MILLRACE_POSTGRES_OWNER_PASSWORD", postgres.password());
        }
        return environment;
    }
}
