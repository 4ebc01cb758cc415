package dev.millrace.lab.deployment;

import static dev.millrace.lab.deployment.Repository.all;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.convert.DurationStyle;

/** docker-compose.yml: what each service is given, and that what holds the money keeps it. */
class ComposeTest {

    private static final Pattern NEEDED =
            Pattern.compile("^\\$\\{([A-Z_]+):\\?set \\1 in \\.env, see deploy/env\\.example}$");

    private final Node containers = Repository.yaml("docker-compose.yml").at("services");

    @ParameterizedTest
    @EnumSource
    void aServiceIsGivenOnlyVariablesThatItReads(Service service) {
        var given = containers.at(service.module, "environment").fields().keySet();

        assertThat(service.variables())
                .containsAll(given.stream()
                        .filter(name -> name.startsWith("MILLRACE_"))
                        .toList());
    }

    @ParameterizedTest
    @EnumSource
    void aServiceListensAndIsAskedWhereItListensByDefault(Service service) {
        Node container = containers.at(service.module);
        Map<String, Integer> ports = Map.of(
                "port " + service.portVariable, service.port,
                "management " + service.managementVariable, service.managementPort);

        ports.forEach((what, port) -> {
            String variable = what.substring(what.indexOf(' ') + 1);
            assertThat(service.defaultOf(variable)).as(what).isEqualTo(String.valueOf(port));
            assertThat(container.at("environment", variable).number()).as(what).isEqualTo(port);
        });
        assertThat(container.at("ports").texts())
                .containsExactlyElementsOf(service.ports().stream()
                        .map(port -> "127.0.0.1:" + port + ":" + port)
                        .toList());
        assertThat(container.at("healthcheck", "test").texts())
                .containsExactly("CMD", "ask", "GET", String.valueOf(service.managementPort), Service.READINESS);
    }

    @ParameterizedTest
    @EnumSource
    void aServiceIsGivenTimeToStop(Service service) {
        Duration grace = DurationStyle.detectAndParse(
                containers.at(service.module, "stop_grace_period").text());

        assertThat(grace).isGreaterThan(service.stopping());
    }

    @Test
    void redisKeepsWhatItAcknowledgesAndEvictsNothing() {
        List<String> command = containers.at("redis", "command").texts();
        Map<String, String> flags = new HashMap<>();
        for (int i = 1; i < command.size(); i += 2) {
            flags.put(command.get(i), command.get(i + 1));
        }

        assertThat(flags)
                .containsEntry("--appendonly", "yes")
                .containsEntry("--appendfsync", "always")
                .containsEntry("--no-appendfsync-on-rewrite", "no")
                .containsEntry("--maxmemory-policy", "noeviction")
                .containsEntry("--hash-max-listpack-entries", "32")
                .containsEntry("--stream-node-max-entries", "1000")
                .containsEntry("--dir", "/data")
                .containsKey("--maxmemory");
        assertThat(containers.at("redis", "volumes").texts())
                .containsExactly("redis-data:/data", "./deploy/redis:/millrace:ro");
    }

    /** Whoever takes one service over has what its user may do, and no more. */
    @Test
    void eachServiceIsAUserOfRedisOfItsOwn() {
        Map.of("ingest-api", "ingest", "settlement-worker", "worker", "ledger-service", "ledger")
                .forEach((service, user) -> {
                    String password = "REDIS_" + user.toUpperCase(Locale.ROOT) + "_PASSWORD";
                    assertThat(containers
                                    .at(service, "environment", "MILLRACE_REDIS_URL")
                                    .text())
                            .isEqualTo("redis://%s:${%s:?set %s in .env, see deploy/env.example}@redis:6379"
                                    .formatted(user, password, password));
                });
        assertThat(containers.at("redis", "entrypoint").texts()).containsExactly("bash", "/millrace/start");
    }

    @Test
    void postgresKeepsWhatItCommits() {
        Node postgres = containers.at("postgres");

        assertThat(postgres.at("command").texts())
                .containsExactly(
                        "postgres", "-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on");
        assertThat(postgres.at("environment", "POSTGRES_INITDB_ARGS").text()).isEqualTo("--data-checksums");
        assertThat(postgres.at("volumes").texts())
                .containsExactly(
                        "postgres-data:/var/lib/postgresql",
                        "./deploy/postgres/roles.sql:/docker-entrypoint-initdb.d/10-roles.sql:ro",
                        "./deploy/postgres/20-logins.sh:/docker-entrypoint-initdb.d/20-logins.sh:ro");
    }

    /** Whoever has it can rewrite the ledger. */
    @Test
    void theOwnersSecretIsForTheJobThatMigratesAloneAndTheServicesWaitForIt() {
        Map<String, String> given = new HashMap<>();
        containers.fields().forEach((name, container) -> {
            if (container.has("environment")
                    && String.valueOf(container.at("environment").value()).contains("{OWNER_PASSWORD")) {
                given.put(
                        name,
                        container.at("environment").fields().keySet().stream()
                                .filter(variable -> variable.contains("OWNER_PASSWORD"))
                                .collect(Collectors.joining()));
            }
        });
        assertThat(given)
                .isEqualTo(Map.of(
                        "migrate", "MILLRACE_POSTGRES_OWNER_PASSWORD",
                        "postgres", "OWNER_PASSWORD"));
        assertThat(containers.at("migrate", "command").texts()).containsExactly("migrate");
        assertThat(containers.at("migrate", "restart").text()).isEqualTo("no");
        for (String service : List.of("ledger-service", "settlement-worker")) {
            assertThat(containers
                            .at(service, "depends_on", "migrate", "condition")
                            .text())
                    .isEqualTo("service_completed_successfully");
        }
    }

    @Test
    void ingestApiSharesNoNetworkWithPostgresAndOnlyTheFrontHasAWayOut() {
        assertThat(containers.at("ingest-api", "networks").texts())
                .doesNotContainAnyElementsOf(
                        containers.at("postgres", "networks").texts());
        Node networks = Repository.yaml("docker-compose.yml").at("networks");
        assertThat(networks.at("counters", "internal").text()).isEqualTo("true");
        assertThat(networks.at("books", "internal").text()).isEqualTo("true");
    }

    @Test
    void aSecretThatIsMissingIsNamedAndIsOneOfTheExample() {
        List<String> needed = new ArrayList<>();
        containers.fields().values().stream()
                .filter(container -> container.has("environment"))
                .flatMap(container -> container.at("environment").fields().entrySet().stream())
                .filter(entry -> entry.getKey().matches(".*(PASSWORD|SECRET|_KEY)$"))
                .forEach(entry -> {
                    String value = entry.getValue().text();
                    assertThat(value).as(entry.getValue().where()).matches(NEEDED);
                    needed.addAll(all(NEEDED, value));
                });

        assertThat(new TreeSet<>(needed))
                .containsExactlyInAnyOrderElementsOf(
                        all(Pattern.compile("^([A-Z_]+)=$", Pattern.MULTILINE), Repository.text("deploy/env.example")));
    }
}
