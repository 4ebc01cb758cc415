package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.convert.DurationStyle;

/** One of the three services, as its own application.yml describes it to whoever deploys it. */
enum Service {
    INGEST_API("ingest-api", "MILLRACE_INGEST_PORT", 8080, "MILLRACE_INGEST_MANAGEMENT_PORT", 9080),
    LEDGER_SERVICE("ledger-service", "MILLRACE_LEDGER_PORT", 8081, "MILLRACE_LEDGER_MANAGEMENT_PORT", 9081),
    SETTLEMENT_WORKER("settlement-worker", "MILLRACE_WORKER_PORT", 8082, "MILLRACE_WORKER_PORT", 8082);

    static final String LIVENESS = "/actuator/health/liveness";
    static final String READINESS = "/actuator/health/readiness";

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(MILLRACE_[A-Z0-9_]+)");
    private static final Pattern STOPPING = Pattern.compile("timeout-per-shutdown-phase:\\s*(\\S+)");

    final String module;
    final String portVariable;
    final int port;
    final String managementVariable;
    final int managementPort;

    Service(String module, String portVariable, int port, String managementVariable, int managementPort) {
        this.module = module;
        this.portVariable = portVariable;
        this.port = port;
        this.managementVariable = managementVariable;
        this.managementPort = managementPort;
    }

    /** The API's port and the one of health and metrics, which is the same where there is one only. */
    List<Integer> ports() {
        return Stream.of(port, managementPort).distinct().toList();
    }

    /** The variables that its configuration reads. */
    Set<String> variables() {
        return new TreeSet<>(Repository.all(VARIABLE, configuration()));
    }

    /** The value that counts while nobody sets the variable. */
    String defaultOf(String variable) {
        Matcher found = Pattern.compile("\\$\\{" + variable + ":([^}]*)}").matcher(configuration());
        assertThat(found.find()).as("%s gives %s a default", module, variable).isTrue();
        return found.group(1);
    }

    /** How long it may take to stop: Boot's 30 s unless it says otherwise. */
    Duration stopping() {
        return Repository.all(STOPPING, configuration()).stream()
                .map(DurationStyle::detectAndParse)
                .findFirst()
                .orElse(Duration.ofSeconds(30));
    }

    private String configuration() {
        return Repository.text(module + "/src/main/resources/application.yml")
                .lines()
                .filter(line -> !line.strip().startsWith("#"))
                .reduce("", (all, line) -> all + line + "\n");
    }
}
