package dev.millrace.lab.deployment;

import static dev.millrace.lab.deployment.Repository.all;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.DurationStyle;

/** The dashboard and the alerts speak of metrics that exist; docs/reference/metrics.md says which do. */
class MetricNamesTest {

    private static final Pattern ROW = Pattern.compile("^\\| (`[a-z_]+`(?:, `[a-z_]+`)*) \\|", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("`([a-z_]+)`");
    private static final Pattern TIMER = Pattern.compile("^\\| `([a-z_]+)` \\| timer \\|", Pattern.MULTILINE);
    private static final Pattern METRIC = Pattern.compile("\\b((?:millrace|http)_[a-z_]+)\\b");

    private final String table = Repository.text("docs/reference/metrics.md");
    private final Set<String> documented = new TreeSet<>(all(NAME, String.join(" ", all(ROW, table))));
    private final Node dashboard = Repository.yaml("deploy/grafana/dashboards/millrace.json");
    private final Node alerts = Repository.yaml("deploy/prometheus/alerts.yml");

    /** A timer's series become its name again; any other name stays as it is. */
    private Set<String> metrics(Stream<String> expressions) {
        List<String> timers = all(TIMER, table);
        Set<String> metrics = new TreeSet<>();
        expressions.flatMap(expression -> all(METRIC, expression).stream()).forEach(name -> {
            String base = name.replaceFirst("_(count|sum|bucket)$", "");
            metrics.add(timers.contains(base) ? base : name);
        });
        return metrics;
    }

    private List<Node> rules() {
        return alerts.at("groups").items().stream()
                .flatMap(group -> group.at("rules").items().stream())
                .toList();
    }

    @Test
    void theDashboardDrawsExactlyTheDocumentedMetrics() {
        Set<String> drawn = metrics(dashboard.at("panels").items().stream()
                .filter(panel -> panel.has("targets"))
                .flatMap(panel -> panel.at("targets").items().stream())
                .map(target -> target.at("expr").text()));

        assertThat(documented).hasSizeGreaterThan(20);
        assertThat(drawn).containsExactlyElementsOf(documented);
    }

    @Test
    void alertsAndTheirTestsNameDocumentedMetricsOnly() {
        assertThat(documented)
                .containsAll(
                        metrics(rules().stream().map(rule -> rule.at("expr").text())))
                .containsAll(metrics(rules().stream()
                        .map(rule -> rule.at("annotations", "description").text())))
                .containsAll(metrics(Stream.of(Repository.text("deploy/prometheus/alerts.test.yml"))));
    }

    @Test
    void everyAlertSaysWhatIsWrongAndWhatToDoAndIsTested() {
        String tests = Repository.text("deploy/prometheus/alerts.test.yml");

        assertThat(rules()).hasSizeGreaterThanOrEqualTo(8).allSatisfy(rule -> {
            assertThat(rule.at("labels", "severity").text()).isIn("page", "ticket");
            assertThat(rule.at("annotations", "summary").text()).isNotBlank();
            assertThat(rule.at("annotations", "description").text()).contains("Remedy: ");
            assertThat(tests).contains("alertname=\"" + rule.at("alert").text() + "\"");
        });
    }

    @Test
    void settlementLagsWhenThreeIntervalsHavePassed() {
        String interval = Repository.yaml("docker-compose.yml")
                .at("services", "settlement-worker", "environment", "MILLRACE_SETTLEMENT_INTERVAL")
                .text();
        long seconds = DurationStyle.detectAndParse(interval).toSeconds();

        assertThat(rules())
                .filteredOn(rule -> rule.at("alert").text().equals("MillraceSettlementLags"))
                .extracting(rule -> rule.at("expr").text())
                .containsExactly("max(millrace_settlement_lag_seconds) > " + 3 * seconds);
        assertThat(Service.SETTLEMENT_WORKER.defaultOf("MILLRACE_SETTLEMENT_INTERVAL"))
                .isEqualTo(interval);
    }

    @Test
    void prometheusScrapesEveryServiceOnItsPort() {
        List<Node> jobs = Repository.yaml("deploy/prometheus/prometheus.yml")
                .at("scrape_configs")
                .items();

        assertThat(jobs)
                .extracting(job -> job.at("job_name").text() + " "
                        + job.at("static_configs", 0, "targets").texts()
                        + job.at("metrics_path").text())
                .containsExactlyInAnyOrderElementsOf(Stream.of(Service.values())
                        .map(service -> service.module + " [" + service.module + ":" + service.managementPort
                                + "]/actuator/prometheus")
                        .toList());
    }

    @Test
    void panelsAskTheProvisionedDatasource() {
        Node datasource = Repository.yaml("deploy/grafana/provisioning/datasources/prometheus.yml")
                .at("datasources", 0);

        assertThat(dashboard.at("title").text()).isEqualTo("Millrace");
        assertThat(dashboard.at("panels").items())
                .filteredOn(panel -> panel.has("targets"))
                .extracting(panel -> panel.at("datasource", "uid").text())
                .containsOnly(datasource.at("uid").text());
    }
}
