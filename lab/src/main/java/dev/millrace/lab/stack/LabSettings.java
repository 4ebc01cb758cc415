package dev.millrace.lab.stack;

import dev.millrace.local.server.Ports;
import dev.millrace.local.server.ServiceJar;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Ports, secrets and interval of one run, the same for the services and for the command line.
 *
 * @param variables the environment of all of them
 * @param local the same as the command line understands it; of each service, the first instance
 * @param ports the port of each instance of a service
 * @param managementPorts the port of its health and metrics; the same where it has one port only
 * @param jvmOptions of the services
 */
public record LabSettings(
        Map<String, String> variables,
        LocalSettings local,
        Map<Instance, Integer> ports,
        Map<Instance, Integer> managementPorts,
        Map<Part, List<String>> jvmOptions) {
    /**
     * Ports below those that systems hand out to clients: while a part is down, no client's own port can take the place of
     * it, and no connection to it can end at itself.
     */
    private static final int LOWEST_PORT = 12_000;

    private static final int HIGHEST_PORT = 30_000;
    private static final List<String> SMALL = List.of("-Xmx384m");

    /** Two cores start ledger and worker sooner without the optimising compiler. */
    private static final List<String> QUICK =
            Stream.concat(SMALL.stream(), Stream.of("-XX:TieredStopAtLevel=1")).toList();

    private static final Map<Part, List<String>> JVMS =
            Map.of(Part.INGEST, SMALL, Part.WORKER, QUICK, Part.LEDGER, QUICK);

    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    public LabSettings {
        variables = Map.copyOf(variables);
        ports = Map.copyOf(ports);
        managementPorts = Map.copyOf(managementPorts);
        jvmOptions = Map.copyOf(jvmOptions);
    }

    /**
     * Free ports and fresh secrets for a ledger-service and so many of the others.
     *
     * @param root the project's folder
     * @param home where the data goes
     * @throws IllegalStateException when something that will be run has not been packaged
     */
    public static LabSettings fresh(Path root, Path home, Duration interval, int ingestNodes, int workers) {
        Map<Instance, Integer> ports = new HashMap<>();
        Map<Instance, Integer> managementPorts = new HashMap<>();
        instances(ingestNodes, workers).forEach(instance -> {
            int port = freePort();
            ports.put(instance, port);
            managementPorts.put(instance, instance.part() == Part.WORKER ? port : freePort());
        });
        Map<String, String> variables = new HashMap<>();
        variables.put(Part.POSTGRES.variable(), Integer.toString(freePort()));
        variables.put(Part.REDIS.variable(), Integer.toString(freePort()));
        ports.forEach((instance, port) -> {
            if (instance.number() == 1) {
                variables.put(instance.part().variable(), Integer.toString(port));
                variables.put(
                        instance.part().managementVariable(),
                        Integer.toString(managementPorts.getOrDefault(instance, port)));
            }
        });
        variables.put("SPRING_PROFILES_ACTIVE", "");
        variables.put("MILLRACE_BIND_ADDRESS", "127.0.0.1");
        variables.put("MILLRACE_HOME", home.toString());
        variables.put("MILLRACE_MASTER_KEY", "lab-" + UUID.randomUUID() + UUID.randomUUID());
        variables.put("MILLRACE_IDENTITY_KEY", "lab-" + UUID.randomUUID() + UUID.randomUUID());
        variables.put("MILLRACE_LEDGER_JWT_SECRET", "lab-" + UUID.randomUUID() + UUID.randomUUID());
        variables.put("MILLRACE_SETTLEMENT_INTERVAL", interval.toSeconds() + "s");
        LabSettings settings =
                new LabSettings(variables, LocalSettings.from(variables, root), ports, managementPorts, JVMS);
        Stream.of(Part.LEDGER, Part.WORKER, Part.INGEST).forEach(settings::jar);
        settings.commandLine();
        return settings;
    }

    /** A port that nobody listens on and that is given once, for what is to be reached again and again. */
    public static int freePort() {
        return IntStream.generate(() -> ThreadLocalRandom.current().nextInt(LOWEST_PORT, HIGHEST_PORT))
                .filter(GIVEN::add)
                .filter(Ports::isFree)
                .findFirst()
                .orElseThrow();
    }

    /** The same with one variable more. */
    public LabSettings with(String variable, String value) {
        Map<String, String> more = environment();
        more.put(variable, value);
        return new LabSettings(more, local, ports, managementPorts, jvmOptions);
    }

    /** The same with a service whose JVM is run so. */
    public LabSettings withJvmOptions(Part service, List<String> options) {
        Map<Part, List<String>> others = new EnumMap<>(jvmOptions);
        others.put(service, List.copyOf(options));
        return new LabSettings(variables, local, ports, managementPorts, others);
    }

    List<String> jvmOptions(Part service) {
        return jvmOptions.getOrDefault(service, QUICK);
    }

    /** The instances in the order in which they are stopped. */
    public List<Instance> instances() {
        return ports.keySet().stream()
                .sorted((a, b) -> a.part() == b.part()
                        ? Integer.compare(a.number(), b.number())
                        : b.part().compareTo(a.part()))
                .toList();
    }

    int port(Part part) {
        return local.port(part);
    }

    /** The port of a service's instance. */
    public int port(Instance instance) {
        return port(ports, instance);
    }

    /** The port of its health and metrics. */
    int managementPort(Instance instance) {
        return port(managementPorts, instance);
    }

    private static int port(Map<Instance, Integer> ports, Instance instance) {
        Integer port = ports.get(instance);
        if (port == null) {
            throw new IllegalArgumentException("there is no " + instance);
        }
        return port;
    }

    /** {@code http://127.0.0.1:<port>} of a service's instance. */
    public URI address(Instance instance) {
        return URI.create("http://127.0.0.1:" + port(instance));
    }

    /** {@code http://127.0.0.1:<port>} of its health and metrics. */
    public URI managementAddress(Instance instance) {
        return URI.create("http://127.0.0.1:" + managementPort(instance));
    }

    /** A copy to add to. */
    public Map<String, String> environment() {
        return new HashMap<>(variables);
    }

    /** A service as it was built. */
    ServiceJar jar(Part service) {
        return ServiceJar.built(local.root(), service.label());
    }

    /** The jar of the command line. */
    public Path commandLine() {
        return built(local.root().resolve("local/target/local.jar"));
    }

    private static Stream<Instance> instances(int ingestNodes, int workers) {
        return Stream.of(
                        Stream.of(Instance.LEDGER),
                        IntStream.rangeClosed(1, workers).mapToObj(Instance::worker),
                        IntStream.rangeClosed(1, ingestNodes).mapToObj(Instance::ingest))
                .flatMap(instances -> instances);
    }

    private static Path built(Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing. The services run as real processes here, which takes"
                    + " their packaged jars: use ./millrace, which builds them");
        }
        return jar;
    }
}
