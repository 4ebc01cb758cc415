package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Continuous integration: it runs what a developer runs. */
class WorkflowTest {

    private final Node workflow = Repository.yaml(".github/workflows/ci.yml");

    private List<Node> steps() {
        return workflow.at("jobs").fields().values().stream()
                .flatMap(job -> job.at("steps").items().stream())
                .toList();
    }

    @Test
    void runsTheModelAndEveryTestOnTheJavaOfTheBuild() {
        Node job = workflow.at("jobs", "test");

        assertThat(job.at("steps").items())
                .filteredOn(step -> step.has("run"))
                .extracting(step -> step.at("run").text())
                .filteredOn(command -> command.startsWith("./"))
                .containsExactly("./millrace model", "./millrace test");
        Node java = job.at("steps", 1, "with");
        assertThat(java.at("distribution").text()).isEqualTo("temurin");
        assertThat(java.at("cache").text()).isEqualTo("maven");
        assertThat(Repository.text("pom.xml"))
                .contains("<java.version>" + java.at("java-version").text() + "</java.version>");
    }

    @Test
    void mayReadOnlyAndEnds() {
        assertThat(workflow.at("permissions").fields()).containsOnlyKeys("contents");
        assertThat(workflow.at("permissions", "contents").text()).isEqualTo("read");
        assertThat(workflow.at("concurrency").has("group")).isTrue();
        assertThat(workflow.at("jobs").fields().values())
                .allMatch(job -> job.at("timeout-minutes").number() <= 30);
    }

    @Test
    void actionsHaveAMajorVersion() {
        assertThat(steps())
                .filteredOn(step -> step.has("uses"))
                .isNotEmpty()
                .allMatch(step -> step.at("uses").text().matches("actions/[a-z-]+@v\\d+"));
    }

    @Test
    void testsTheAlertsWithTheVersionThatComposeRuns() {
        String image = Repository.yaml("docker-compose.yml")
                .at("services", "prometheus", "image")
                .text();

        assertThat(steps())
                .filteredOn(step -> step.has("run"))
                .extracting(step -> step.at("run").text())
                .anyMatch(run -> run.contains(image + " test rules"));
    }

    @Test
    void theScriptPassesOnTheExitCodeOfTheTests() {
        assertThat(Repository.text(".ci/run").lines().toList().getLast()).isEqualTo("exec ./millrace test");
        assertThat(Files.isExecutable(Repository.path(".ci/run"))).isTrue();
    }
}
