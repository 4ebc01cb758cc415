package dev.millrace.local.settings;

import dev.millrace.common.key.MasterKey;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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
 * @param bind {@code MILLRACE_BIND_ADDRESS}, by default 127.0.0.1
 * @param secrets of the stack
 */
public record LocalSettings(Path root, Path home, Map<String, Integer> ports, InetAddress bind, Secrets secrets) {
    /** The variable of the address that the services listen on. */
    public static final String BIND_ADDRESS = "MILLRACE_BIND_ADDRESS";

    public LocalSettings {
        ports = Map.copyOf(ports);
    }

    /** @throws CommandException naming the variable, its value and what it should be */
    public static LocalSettings from(Map<String, String> environment, Path root) {
        Path base = root.toAbsolutePath().normalize();
        Path home =
                base.resolve(text(environment, "MILLRACE_HOME", ".millrace")).normalize();
        return new LocalSettings(
                base,
                home,
                ports(environment),
                bind(text(environment, BIND_ADDRESS, "127.0.0.1")),
                Secrets.from(environment, home));
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

    /** {@code http://127.0.0.1:<port>} of a service, or with the address that it listens on alone. */
    public URI address(Part part) {
        return address(port(part));
    }

    /** The same with the port of its health and metrics. */
    public URI managementAddress(Part part) {
        return address(managementPort(part));
    }

    private URI address(int port) {
        String host = bind.isAnyLocalAddress() ? "127.0.0.1" : bind.getHostAddress();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
    }

    /** @throws CommandException when nothing was ever started in this home and the environment has no key */
    public MasterKey masterKey() {
        return MasterKey.of(secrets.get(MasterKey.VARIABLE));
    }

    /** The same for the secret of the ledger's bearer tokens. */
    public String bearerSecret() {
        return secrets.get(Secrets.BEARER);
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
                throw CommandException.wrongCall(
                        "%s and %s are both %d; give each part a port of its own".formatted(other, variable, port));
            }
        });
        ports.put(variable, port);
    }

    private static int port(Map<String, String> environment, String variable, int otherwise) {
        String value = text(environment, variable, Integer.toString(otherwise));
        int port = value.matches("[0-9]{1,5}") ? Integer.parseInt(value) : 0;
        if (port < 1 || port > 65535) {
            throw CommandException.wrongCall("%s is '%s'; it takes a port from 1 to 65535".formatted(variable, value));
        }
        return port;
    }

    private static InetAddress bind(String value) {
        try (ServerSocket socket = new ServerSocket()) {
            InetAddress address = InetAddress.getByName(value);
            socket.bind(new InetSocketAddress(address, 0));
            return address;
        } catch (IOException e) {
            throw CommandException.wrongCall("%s is '%s'; it takes an address of this machine, 0.0.0.0 for all of them"
                    .formatted(BIND_ADDRESS, value));
        }
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
