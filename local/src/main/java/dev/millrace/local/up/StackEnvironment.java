package dev.millrace.local.up;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import dev.millrace.local.settings.Secrets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The variables of the three services: ours, with what makes them use the embedded servers on top.
 *
 * @param settings the stack's
 * @param ours our own variables; whatever is set there and not named here reaches the services as it is
 */
record StackEnvironment(LocalSettings settings, Map<String, String> ours) {
    private static final String PROFILES = "SPRING_PROFILES_ACTIVE";
    private static final String LOCAL = "local";

    /** What a service gets on top of our own variables. */
    Map<String, String> of(Part service, Databases postgres) {
        Map<String, String> variables = new HashMap<>();
        variables.put(PROFILES, profiles());
        variables.put("MILLRACE_REDIS_URL", "redis://127.0.0.1:" + settings.port(Part.REDIS));
        variables.put(service.variable(), Integer.toString(settings.port(service)));
        variables.put(service.managementVariable(), Integer.toString(settings.managementPort(service)));
        variables.put(LocalSettings.BIND_ADDRESS, settings.bind().getHostAddress());
        if (service != Part.WORKER) {
            putSecret(variables, MasterKey.VARIABLE);
        }
        if (service == Part.INGEST) {
            putSecret(variables, IdentityKey.VARIABLE);
        }
        if (service == Part.WORKER) {
            putLogin(variables, "MILLRACE_POSTGRES", Databases.SETTLER, postgres);
            variables.put("MILLRACE_POSTGRES_READER", Databases.READER);
            variables.put("MILLRACE_POSTGRES_READER_PASSWORD", postgres.password());
        }
        if (service == Part.LEDGER) {
            if (ours.getOrDefault("MILLRACE_LEDGER_JWK_SET_URI", "").isBlank()) {
                putSecret(variables, Secrets.BEARER);
            }
            putLogin(variables, "MILLRACE_POSTGRES", Databases.LEDGER, postgres);
            variables.put("MILLRACE_POSTGRES_OWNER", Databases.OWNER);
            variables.put("MILLRACE_POSTGRES_OWNER_PASSWORD", postgres.password());
        }
        return variables;
    }

    /** Lines about variables of ours that have no effect here. */
    List<String> remarks() {
        return Stream.of("MILLRACE_REDIS_URL", "MILLRACE_POSTGRES_URL")
                .filter(name -> !ours.getOrDefault(name, "").isBlank())
                .map(name -> name + " is set but has no effect: up starts servers of its own")
                .toList();
    }

    private void putSecret(Map<String, String> variables, String variable) {
        variables.put(variable, settings.secrets().getOrMake(variable));
    }

    private static void putLogin(Map<String, String> variables, String prefix, String login, Databases postgres) {
        variables.put(prefix + "_URL", postgres.url(PostgresServer.DATABASE));
        variables.put(prefix + "_USER", login);
        variables.put(prefix + "_PASSWORD", postgres.password());
    }

    private String profiles() {
        String given = ours.getOrDefault(PROFILES, "").strip();
        boolean local = List.of(given.split(",", -1)).contains(LOCAL);
        return given.isEmpty() ? LOCAL : local ? given : LOCAL + "," + given;
    }
}
