package dev.millrace.lab.stack;

import dev.millrace.local.server.Ports;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Ports, secrets and interval of one run, the same for the services and for the command line.
 *
 * @param variables the environment of all of them
 * @param own the variables that each instance has on top: its ports, and what a run gives to it alone
 * @param jvmOptions of the services
 * @param local what the command line makes of the variables; of each service it knows the first instance
 */
public record LabSettings(
        Map<String, String> variables,
        Map<Instance, Map<String, String>> own,
        Map<Part, List<String>> jvmOptions,
        LocalSettings local) {
    /** Two cores start ledger and worker sooner without the optimising compiler. */
    private static final List<String> QUICK = List.of("-Xmx384m", "-XX:TieredStopAtLevel=1");

    private static final Map<Part, List<String>> JVMS =
            Map.of(Part.INGEST, List.of("-Xmx384m"), Part.WORKER, QUICK, Part.LEDGER, QUICK);

    public LabSettings {
        variables = Map.copyOf(variables);
        own = Map.copyOf(own);
        jvmOptions = Map.copyOf(jvmOptions);
    }

    /**
     * Free ports and fresh secrets for a ledger-service and so many of the others.
     *
     * @param root the project's folder
     * @param home where the data goes
     */
    public static LabSettings fresh(Path root, Path home, Duration interval, int ingestNodes, int workers) {
        Map<String, String> variables = new HashMap<>();
        Map<Instance, Map<String, String>> own = new HashMap<>();
        Stream.of(Part.POSTGRES, Part.REDIS).map(LabSettings::ports).forEach(variables::putAll);
        Stream.of(
                        Stream.of(Instance.LEDGER),
                        IntStream.rangeClosed(1, workers).mapToObj(Instance::worker),
                        IntStream.rangeClosed(1, ingestNodes).mapToObj(Instance::ingest))
                .flatMap(instances -> instances)
                .forEach(instance -> {
                    Map<String, String> ports = ports(instance.part());
                    own.put(instance, ports);
                    ports.forEach(variables::putIfAbsent);
                });
        variables.put("SPRING_PROFILES_ACTIVE", "");
        variables.put(LocalSettings.BIND_ADDRESS, "127.0.0.1");
        variables.put("MILLRACE_HOME", home.toString());
        for (String secret : List.of("MILLRACE_MASTER_KEY", "MILLRACE_IDENTITY_KEY", "MILLRACE_LEDGER_JWT_SECRET")) {
            variables.put(secret, "lab-" + UUID.randomUUID() + UUID.randomUUID());
        }
        variables.put("MILLRACE_SETTLEMENT_INTERVAL", interval.toSeconds() + "s");
        return new LabSettings(variables, own, JVMS, LocalSettings.from(variables, root));
    }

    /** Free ones; both variables of the worker are the same. */
    private static Map<String, String> ports(Part part) {
        Map<String, String> ports = new HashMap<>();
        ports.put(part.variable(), Integer.toString(Ports.free()));
        ports.computeIfAbsent(part.managementVariable(), _ -> Integer.toString(Ports.free()));
        return Map.copyOf(ports);
    }

    /** The same with one variable more. */
    public LabSettings with(String variable, String value) {
        Map<String, String> more = new HashMap<>(variables);
        more.put(variable, value);
        return new LabSettings(more, own, jvmOptions, local);
    }

    /** The same with variables that one instance alone has. */
    public LabSettings with(Instance instance, Map<String, String> variables) {
        Map<String, String> more = new HashMap<>(own(instance));
        more.putAll(variables);
        Map<Instance, Map<String, String>> others = new HashMap<>(own);
        others.put(instance, more);
        return new LabSettings(this.variables, others, jvmOptions, local);
    }

    /** The same with JVMs that are run so. */
    public LabSettings withJvmOptions(Map<Part, List<String>> options) {
        return new LabSettings(variables, own, options, local);
    }

    /** The instances in the order in which they are stopped. */
    public List<Instance> instances() {
        return own.keySet().stream()
                .sorted(Comparator.comparing(Instance::part).reversed().thenComparingInt(Instance::number))
                .toList();
    }

    private Map<String, String> own(Instance instance) {
        Map<String, String> variables = own.get(instance);
        if (variables == null) {
            throw new IllegalArgumentException("there is no " + instance);
        }
        return variables;
    }

    /** The environment of an instance. */
    public Map<String, String> environment(Instance instance) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.putAll(own(instance));
        return environment;
    }

    /** What the command line would see if this were the only instance of its service. */
    public LocalSettings local(Instance instance) {
        return LocalSettings.from(environment(instance), local.root());
    }

    /** The port of a service's instance. */
    public int port(Instance instance) {
        return local(instance).port(instance.part());
    }

    /** {@code http://127.0.0.1:<port>} of a service's instance. */
    public URI address(Instance instance) {
        return local(instance).address(instance.part());
    }

    /** {@code http://127.0.0.1:<port>} of its health and metrics. */
    public URI managementAddress(Instance instance) {
        return local(instance).managementAddress(instance.part());
    }
}
