package dev.millrace.lab.stack;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.JsonClient;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.Part;
import dev.millrace.local.up.StackEnvironment;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The whole path as real processes: Redis, Postgres and the executable jars of the services, configured by environment as
 * in production (no profile). Where the settings have {@code MILLRACE_REDIS_URL}, Redis is the caller's. Unlike
 * {@code ./millrace up} it goes on when a part is killed. One thread at a time may deal with a part; different parts may be
 * dealt with at the same time.
 */
public final class LabStack {
    private static final String REDIS_URL = "MILLRACE_REDIS_URL";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** The exit code of {@code reconcile} when it has found something. */
    private static final int DIFFERS = 1;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final LabSettings settings;
    private final Place place;
    private final Consumer<String> progress;
    private final Map<Instance, ServerProcess> services = new ConcurrentHashMap<>();
    private final @Nullable RedisServer redis;
    private final PostgresServer postgres;

    private LabStack(LabSettings settings, Place place, Consumer<String> progress) {
        this.settings = settings;
        this.place = place;
        this.progress = progress;
        this.postgres = PostgresServer.start(place, settings.local().port(Part.POSTGRES), Durability.ALWAYS);
        this.redis = settings.variables().containsKey(REDIS_URL)
                ? null
                : RedisServer.start(
                        place,
                        settings.local().port(Part.REDIS),
                        Durability.ALWAYS,
                        new StackEnvironment(settings.local()).redisUsers(),
                        progress);
    }

    /**
     * Starts everything on the data that is there, and returns when the database is migrated and every service is ready.
     *
     * @param progress takes a line about what takes long
     * @throws dev.millrace.local.process.CommandException when a service has not been built or does not become ready
     */
    public static LabStack start(LabSettings settings, Place place, Consumer<String> progress) {
        LabStack stack = new LabStack(settings, place, progress);
        try {
            stack.jar(Part.LEDGER)
                    .migrate(
                            StackEnvironment.ofMigration(stack.postgres.databases()),
                            place.data(),
                            place.logs().resolve("migrate.log"));
            settings.instances().forEach(stack::launch);
            settings.instances().forEach(stack::awaitReady);
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

    /** The ledger's database as its superuser sees it, each statement over a connection of its own. */
    public JdbcClient ledger() {
        return JdbcClient.create(
                new DriverManagerDataSource(postgres.url(), PostgresServer.SUPERUSER, postgres.password()));
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
            killed.add(redis.name());
        }
        if (!postgres.stop()) {
            killed.add(postgres.name());
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

    private Stream<ServerProcess> servers() {
        Stream<ServerProcess> stores = redis == null ? Stream.of(postgres) : Stream.of(redis, postgres);
        return Stream.concat(services.values().stream(), stores);
    }

    /** Starts a service, also again once its process has ended; it is not ready yet. */
    public ServerProcess launch(Instance instance) {
        ServerProcess service = services.computeIfAbsent(
                instance,
                _ -> jar(instance.part())
                        .process(
                                instance.toString(),
                                jvmOptions(instance.part()),
                                environment(instance),
                                place.data(),
                                place.logs().resolve(instance + ".log"),
                                settings.managementAddress(instance)));
        service.start();
        return service;
    }

    /**
     * Returns when the service answers that it can do its work.
     *
     * @throws dev.millrace.local.process.CommandException when it ends or does not become ready
     */
    public void awaitReady(Instance instance) {
        service(instance).awaitReady(progress);
    }

    /** Asks a worker for a settlement now; its answer, once everything counted before is settled or can't be. */
    public JsonClient.Answer settle(Instance worker, Duration timeout) throws IOException, InterruptedException {
        return JsonClient.send(
                HttpRequest.newBuilder(settings.managementAddress(worker).resolve("/actuator/settle"))
                        .timeout(timeout)
                        .header("X-Millrace-Settle", "now")
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    public Metrics metrics(Instance instance) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        settings.managementAddress(instance).resolve("/actuator/prometheus"))
                .timeout(TIMEOUT)
                .build();
        return Metrics.parse(
                client.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    /**
     * What {@code reconcile --json} finds.
     *
     * @throws IOException when it can't look
     */
    public JsonNode reconcile() throws IOException, InterruptedException {
        Process process = workerCommand("reconcile", "--json")
                .redirectError(place.logs().resolve("reconcile.log").toFile())
                .start();
        String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() > DIFFERS) {
            throw new IOException("reconcile ended with exit code " + process.exitValue());
        }
        return JsonMapper.shared().readTree(found);
    }

    /** A command of the worker's jar on this stack, to be started. */
    public ProcessBuilder workerCommand(String... arguments) {
        List<String> command = new ArrayList<>(jar(Part.WORKER).command(jvmOptions(Part.WORKER)));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment(Instance.worker(1)));
        return builder;
    }

    private ServiceJar jar(Part service) {
        return ServiceJar.built(settings.local().root(), service.label());
    }

    private List<String> jvmOptions(Part service) {
        return settings.jvmOptions().getOrDefault(service, List.of());
    }

    /** What {@code up} gives a service, and the settings on top: another Redis, no profile. */
    private Map<String, String> environment(Instance instance) {
        Map<String, String> environment =
                new StackEnvironment(settings.local(instance)).of(instance.part(), postgres.databases());
        environment.putAll(settings.environment(instance));
        return environment;
    }
}
