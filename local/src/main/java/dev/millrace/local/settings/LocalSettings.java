package dev.millrace.local.settings;

import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.SettingException;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.Folders;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the local stack listens, where it keeps its data, and its secrets. Each secret comes from the environment, or else
 * from {@code secrets/} in the home, which the first start of the stack fills at random.
 *
 * @param environment the variables that all of this comes from
 * @param root the project's folder
 * @param home {@code MILLRACE_HOME}, by default {@code .millrace} in the root; a relative one starts at the root
 * @param ports the TCP port that each variable of a {@link Part} sets, 1 to 65535, all different
 * @param bind {@code MILLRACE_BIND_ADDRESS}, by default 127.0.0.1
 */
public record LocalSettings(
        Map<String, String> environment, Path root, Path home, Map<String, Integer> ports, InetAddress bind) {
    /** The variable of the address that the services listen on. */
    public static final String BIND_ADDRESS = "MILLRACE_BIND_ADDRESS";

    /** The variable of the ledger's bearer secret. */
    public static final String BEARER_SECRET = BearerSecret.VARIABLE;

    private static final int SECRET_BYTES = 32;

    /** By variable, in the order of the alphabet. */
    private static final Map<String, Integer> DEFAULT_PORTS = new TreeMap<>(Map.of(
            "MILLRACE_INGEST_PORT", 8080,
            "MILLRACE_LEDGER_PORT", 8081,
            "MILLRACE_WORKER_PORT", 8082,
            "MILLRACE_INGEST_MANAGEMENT_PORT", 9080,
            "MILLRACE_LEDGER_MANAGEMENT_PORT", 9081,
            "MILLRACE_LOCAL_POSTGRES_PORT", 15432,
            "MILLRACE_LOCAL_REDIS_PORT", 16379));

    /** @throws CommandException naming the variable, its value and what it should be */
    public static LocalSettings from(Map<String, String> environment, Path root) {
        Path base = root.toAbsolutePath().normalize();
        Path home =
                base.resolve(text(environment, "MILLRACE_HOME", ".millrace")).normalize();
        check(environment);
        return new LocalSettings(
                Map.copyOf(environment),
                base,
                home,
                Map.copyOf(ports(environment)),
                bind(text(environment, BIND_ADDRESS, "127.0.0.1")));
    }

    public int port(Part part) {
        return port(part.variable());
    }

    /** The port of its health and metrics; the same where it has one port only. */
    public int managementPort(Part part) {
        return port(part.managementVariable());
    }

    /** The port that a variable of a {@link Part} sets. */
    public int port(String variable) {
        return ports.getOrDefault(variable, 0);
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
    public MasterKeys masterKeys() {
        String several = text(environment, MasterKeys.VARIABLE, "");
        return several.isEmpty()
                ? MasterKeys.of(secret(MasterKey.VARIABLE), "")
                : MasterKeys.of(text(environment, MasterKey.VARIABLE, ""), several);
    }

    /** The same for the secret of the ledger's bearer tokens. */
    public String bearerSecret() {
        return secret(BEARER_SECRET);
    }

    private String secret(String variable) {
        if (text(environment, variable, "").isEmpty() && !Files.exists(secretFile(variable))) {
            throw noStack();
        }
        return secretOrNew(variable);
    }

    /** A secret for the start of a stack, which makes a random one where there is none. */
    public String secretOrNew(String variable) {
        String given = text(environment, variable, "");
        try {
            return given.isEmpty() ? Folders.secret(secretFile(variable), SECRET_BYTES) : given;
        } catch (IOException e) {
            throw CommandException.failed("can't keep %s in %s: %s".formatted(variable, secretFile(variable), e), e);
        }
    }

    private Path secretFile(String variable) {
        return home.resolve("secrets").resolve(variable);
    }

    /** Nothing was ever started in this home. */
    public CommandException noStack() {
        return CommandException.wrongCall("there is no stack in " + home
                + ": start one with ./millrace up, or set MILLRACE_HOME to the folder of the one that runs");
    }

    private static void check(Map<String, String> environment) {
        String bearer = text(environment, BEARER_SECRET, "");
        String several = text(environment, MasterKeys.VARIABLE, "");
        try {
            String _ = bearer.isEmpty() ? "" : BearerSecret.checked(bearer);
            MasterKeys _ = MasterKeys.of(
                    text(environment, MasterKey.VARIABLE, several.isEmpty() ? MasterKey.LOCAL : ""), several);
            IdentityKey _ = IdentityKey.of(text(environment, IdentityKey.VARIABLE, IdentityKey.LOCAL));
        } catch (SettingException e) {
            throw CommandException.wrongCall(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Integer> ports(Map<String, String> environment) {
        Map<String, Integer> ports = new HashMap<>();
        Map<Integer, String> taken = new HashMap<>();
        DEFAULT_PORTS.forEach((variable, otherwise) -> {
            int port = port(variable, text(environment, variable, Integer.toString(otherwise)));
            String other = taken.putIfAbsent(port, variable);
            if (other != null) {
                throw CommandException.wrongCall(
                        "%s and %s are both %d; give each part a port of its own".formatted(other, variable, port));
            }
            ports.put(variable, port);
        });
        return ports;
    }

    private static int port(String variable, String value) {
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
