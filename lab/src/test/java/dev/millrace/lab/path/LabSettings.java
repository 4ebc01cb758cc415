package dev.millrace.lab.path;

import dev.millrace.local.server.Ports;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Ports, secrets and interval of one run, the same for the services and for the command line.
 *
 * @param variables the environment of all of them
 * @param local the same as the command line understands it
 */
record LabSettings(Map<String, String> variables, LocalSettings local) {
    /** Surefire says where the module is; the root is the folder above it. */
    static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    LabSettings {
        variables = Map.copyOf(variables);
    }

    /**
     * Free ports and fresh secrets.
     *
     * @throws IllegalStateException when something that will be run has not been packaged
     */
    static LabSettings fresh(Path home, Duration interval) {
        Stream.of(Part.LEDGER, Part.WORKER, Part.INGEST).forEach(LabSettings::jar);
        commandLine();
        Map<String, String> variables = new HashMap<>();
        for (Part part : Part.values()) {
            variables.put(part.variable(), Integer.toString(Ports.free()));
        }
        variables.put("SPRING_PROFILES_ACTIVE", "");
        variables.put("MILLRACE_HOME", home.toString());
        variables.put("MILLRACE_MASTER_KEY", "lab-" + UUID.randomUUID() + UUID.randomUUID());
        variables.put("MILLRACE_LEDGER_JWT_SECRET", "lab-" + UUID.randomUUID() + UUID.randomUUID());
        variables.put("MILLRACE_SETTLEMENT_INTERVAL", interval.toSeconds() + "s");
        return new LabSettings(variables, LocalSettings.from(variables, ROOT));
    }

    int port(Part part) {
        return local.port(part);
    }

    /** A copy to add to. */
    Map<String, String> environment() {
        return new HashMap<>(variables);
    }

    /** The executable jar of a service. */
    static Path jar(Part service) {
        return built(ROOT.resolve(service.label() + "/target/" + service.label() + "-exec.jar"));
    }

    /** The jar of the command line. */
    static Path commandLine() {
        return built(ROOT.resolve("local/target/local.jar"));
    }

    private static Path built(Path jar) {
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing. This test runs the services as real processes, which"
                    + " takes their packaged jars: run it with ./millrace test");
        }
        return jar;
    }
}
