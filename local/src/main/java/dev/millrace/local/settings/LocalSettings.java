package dev.millrace.local.settings;

import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.key.MasterKey;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the local stack listens, where it keeps its data, and its secrets.
 *
 * @param root the project's folder
 * @param home {@code MILLRACE_HOME}, by default {@code .millrace} in the root; a relative one starts at the root
 * @param ports the TCP port that each variable of a {@link Part} sets, 1 to 65535, all different
 * @param masterKey {@code MILLRACE_MASTER_KEY}, by default the well-known one of the local profile
 * @param bearerSecret {@code MILLRACE_LEDGER_JWT_SECRET}, by default the well-known one of the local profile
 */
public record LocalSettings(
        Path root, Path home, Map<String, Integer> ports, MasterKey masterKey, String bearerSecret) {
    public LocalSettings {
        ports = Map.copyOf(ports);
    }

    /** @throws SettingsFailure naming the variable, its value and what it should be */
    public static LocalSettings from(Map<String, String> environment, Path root) {
        Path base = root.toAbsolutePath().normalize();
        return new LocalSettings(
                base,
                base.resolve(text(environment, "MILLRACE_HOME", ".millrace")).normalize(),
                ports(environment),
                masterKey(text(environment, "MILLRACE_MASTER_KEY", MasterKey.LOCAL)),
                bearerSecret(text(environment, "MILLRACE_LEDGER_JWT_SECRET", BearerSecret.LOCAL)));
    }

    public int port(Part part) {
        return port(part.variable());
    }

    /** The port of its health and metrics; the same where it has one port only. */
    public int managementPort(Part part) {
        return port(part.managementVariable());
    }

    private int port(String variable) {
        Integer port = ports.get(variable);
        if (port == null) {
            throw new IllegalStateException("no port for " + variable);
        }
        return port;
    }

    /** {@code http://127.0.0.1:<port>} of a service. */
    public URI address(Part part) {
        return URI.create("http://127.0.0.1:" + port(part));
    }

    /** {@code http://127.0.0.1:<port>} of a service's health and metrics. */
    public URI managementAddress(Part part) {
        return URI.create("http://127.0.0.1:" + managementPort(part));
    }

    private static Map<String, Integer> ports(Map<String, String> environment) {
        Map<String, Integer> ports = new LinkedHashMap<>();
        for (Part part : Part.values()) {
            take(ports, part.variable(), port(environment, part.variable(), part.defaultPort()));
        }
        for (Part part : Part.values()) {
            if (!part.managementVariable().equals(part.variable())) {
                int port = port(environment, part.managementVariable(), part.defaultManagementPort());
                take(ports, part.managementVariable(), port);
            }
        }
        return ports;
    }

    private static void take(Map<String, Integer> ports, String variable, int port) {
        ports.forEach((other, taken) -> {
            if (taken == port) {
                throw new SettingsFailure(
                        "%s and %s are both %d; give each part a port of its own".formatted(other, variable, port));
            }
        });
        ports.put(variable, port);
    }

    private static int port(Map<String, String> environment, String variable, int otherwise) {
        String value = text(environment, variable, Integer.toString(otherwise));
        int port = value.matches("[0-9]{1,5}") ? Integer.parseInt(value) : 0;
        if (port < 1 || port > 65535) {
            throw new SettingsFailure("%s is '%s'; it takes a port from 1 to 65535".formatted(variable, value));
        }
        return port;
    }

    private static MasterKey masterKey(String text) {
        try {
            return MasterKey.of(text);
        } catch (IllegalArgumentException e) {
            throw new SettingsFailure(String.valueOf(e.getMessage()));
        }
    }

    private static String bearerSecret(String secret) {
        if (secret.length() < BearerSecret.LEAST_BYTES) {
            throw new SettingsFailure("MILLRACE_LEDGER_JWT_SECRET has %d characters; it takes at least %d"
                    .formatted(secret.length(), BearerSecret.LEAST_BYTES));
        }
        return secret;
    }

    private static String text(Map<String, String> environment, String name, String otherwise) {
        String value = environment.getOrDefault(name, "").strip();
        return value.isEmpty() ? otherwise : value;
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "LocalSettings[home=" + home + ", ports=" + ports + "]";
    }
}
