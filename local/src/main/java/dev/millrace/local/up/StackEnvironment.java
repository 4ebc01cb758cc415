package dev.millrace.local.up;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisUsers;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The variables of the three services: ours, with what makes them use the embedded servers on top.
 *
 * @param settings the stack's; whatever its environment sets and is not named here reaches the services as it is
 */
public record StackEnvironment(LocalSettings settings) {
    private static final String LOCAL = "local";

    private static final Map<Part, String> REDIS_USERS =
            Map.of(Part.INGEST, RedisUsers.INGEST, Part.WORKER, RedisUsers.WORKER, Part.LEDGER, RedisUsers.LEDGER);

    /** The variables that a service gets besides our own. */
    public Map<String, String> of(Part service, Databases postgres) {
        Map<String, String> variables = new HashMap<>();
        variables.put("SPRING_PROFILES_ACTIVE", profiles());
        String user = REDIS_USERS.getOrDefault(service, "default");
        variables.put(
                "MILLRACE_REDIS_URL",
                "redis://%s:%s@127.0.0.1:%d"
                        .formatted(user, settings.secretOrNew(passwordOf(user)), settings.port(Part.REDIS)));
        variables.put(service.variable(), Integer.toString(settings.port(service)));
        variables.put(service.managementVariable(), Integer.toString(settings.managementPort(service)));
        variables.put(LocalSettings.BIND_ADDRESS, settings.bind().getHostAddress());
        if (service == Part.INGEST) {
            putMasterKey(variables);
            putSecrets(variables, IdentityKey.VARIABLE);
            return variables;
        }
        variables.put("MILLRACE_POSTGRES_URL", postgres.url(PostgresServer.DATABASE));
        if (service == Part.WORKER) {
            putLogin(variables, "USER", Databases.SETTLER, "PASSWORD", postgres);
            putLogin(variables, "READER", Databases.READER, "READER_PASSWORD", postgres);
        } else {
            putLogin(variables, "USER", Databases.LEDGER, "PASSWORD", postgres);
            putMasterKey(variables);
            if (ours("MILLRACE_LEDGER_JWK_SET_URI").isEmpty()) {
                putSecrets(variables, LocalSettings.BEARER_SECRET);
            }
        }
        return variables;
    }

    /** The users of the stack's Redis, one a service. */
    public RedisUsers redisUsers() {
        return new RedisUsers(REDIS_USERS.values().stream()
                .collect(Collectors.toMap(user -> user, user -> settings.secretOrNew(passwordOf(user)))));
    }

    private static String passwordOf(String redisUser) {
        return "REDIS_" + redisUser.toUpperCase(Locale.ROOT) + "_PASSWORD";
    }

    /** The variables of {@code migrate}, which alone gets the owner's secret. */
    public static Map<String, String> ofMigration(Databases postgres) {
        Map<String, String> variables = new HashMap<>();
        variables.put("MILLRACE_POSTGRES_URL", postgres.url(PostgresServer.DATABASE));
        putLogin(variables, "OWNER", Databases.OWNER, "OWNER_PASSWORD", postgres);
        return variables;
    }

    /** Lines about variables of ours that have no effect here. */
    List<String> remarks() {
        return Stream.of("MILLRACE_REDIS_URL", "MILLRACE_POSTGRES_URL")
                .filter(name -> !ours(name).isEmpty())
                .map(name -> name + " is set but has no effect: up starts servers of its own")
                .toList();
    }

    /** Where several are set, they reach the services as they are. */
    private void putMasterKey(Map<String, String> variables) {
        if (ours(MasterKeys.VARIABLE).isEmpty()) {
            putSecrets(variables, MasterKey.VARIABLE);
        }
    }

    private void putSecrets(Map<String, String> variables, String... names) {
        for (String name : names) {
            variables.put(name, settings.secretOrNew(name));
        }
    }

    private static void putLogin(
            Map<String, String> variables, String name, String login, String password, Databases postgres) {
        variables.put("MILLRACE_POSTGRES_" + name, login);
        variables.put("MILLRACE_POSTGRES_" + password, postgres.password());
    }

    private String ours(String variable) {
        return settings.environment().getOrDefault(variable, "").strip();
    }

    private String profiles() {
        String given = ours("SPRING_PROFILES_ACTIVE");
        boolean local = List.of(given.split(",", -1)).contains(LOCAL);
        return given.isEmpty() ? LOCAL : local ? given : LOCAL + "," + given;
    }
}
