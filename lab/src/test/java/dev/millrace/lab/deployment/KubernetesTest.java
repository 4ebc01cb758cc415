package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** k8s/: each service's deployment, service and disruption budget. */
class KubernetesTest {

    private static Node resource(Service service, String kind) {
        return Repository.documents("k8s/" + service.module + ".yaml").stream()
                .filter(document -> document.at("kind").text().equals(kind))
                .findFirst()
                .orElseThrow(() -> new AssertionError(service.module + " has no " + kind));
    }

    private static Node pod(Service service) {
        return resource(service, "Deployment").at("spec", "template", "spec");
    }

    private static Node container(Service service) {
        List<Node> containers = pod(service).at("containers").items();
        assertThat(containers).hasSize(1);
        return containers.getFirst();
    }

    private static Map<String, Node> environment(Service service) {
        return container(service).at("env").items().stream()
                .collect(Collectors.toMap(variable -> variable.at("name").text(), variable -> variable));
    }

    @ParameterizedTest
    @EnumSource
    void aServiceIsGivenOnlyVariablesThatItReads(Service service) {
        assertThat(service.variables())
                .containsAll(environment(service).keySet().stream()
                        .filter(name -> name.startsWith("MILLRACE_"))
                        .toList());
    }

    /** Kubernetes and compose run the same services: what one is given, the other is too. */
    @ParameterizedTest
    @EnumSource
    void aServiceIsGivenTheSameVariablesAsInCompose(Service service) {
        assertThat(environment(service).keySet())
                .containsExactlyInAnyOrderElementsOf(Repository.yaml("docker-compose.yml")
                        .at("services", service.module, "environment")
                        .fields()
                        .keySet());
    }

    @ParameterizedTest
    @EnumSource
    void everythingNamesTheServicesPort(Service service) {
        Node container = container(service);

        assertThat(service.defaultOf(service.portVariable)).isEqualTo(String.valueOf(service.port));
        Node variable = environment(service).getOrDefault(service.portVariable, container);
        assertThat(variable.at("value").number()).isEqualTo(service.port);
        assertThat(service.defaultOf(service.managementVariable)).isEqualTo(String.valueOf(service.managementPort));
        assertThat(environment(service)
                        .getOrDefault(service.managementVariable, container)
                        .at("value")
                        .number())
                .isEqualTo(service.managementPort);
        assertThat(container.at("ports").items())
                .extracting(port -> port.at("containerPort").number())
                .containsExactlyElementsOf(service.ports());
        assertThat(container.at("ports", 0, "name").text()).isEqualTo("http");
        assertThat(container.at("ports", 0, "containerPort").number()).isEqualTo(service.port);
        Node exposed = resource(service, "Service").at("spec", "ports", 0);
        assertThat(exposed.at("port").number()).isEqualTo(service.port);
        assertThat(exposed.at("targetPort").text()).isEqualTo("http");
        Node scraped = resource(service, "Deployment").at("spec", "template", "metadata", "annotations");
        assertThat(scraped.at("prometheus.io/port").number()).isEqualTo(service.managementPort);
        assertThat(scraped.at("prometheus.io/path").text()).isEqualTo("/actuator/prometheus");
    }

    @ParameterizedTest
    @EnumSource
    void onlyReadinessLooksAtDependencies(Service service) {
        Map.of(
                        "startupProbe", Service.LIVENESS,
                        "livenessProbe", Service.LIVENESS,
                        "readinessProbe", Service.READINESS)
                .forEach((probe, path) -> {
                    Node request = container(service).at(probe, "httpGet");
                    assertThat(request.at("path").text()).as(probe).isEqualTo(path);
                    assertThat(request.at("port").text())
                            .as(probe)
                            .isEqualTo(service.ports().size() == 1 ? "http" : "management");
                });
    }

    @ParameterizedTest
    @EnumSource
    void aPodIsRestricted(Service service) {
        Node pod = pod(service).at("securityContext");
        assertThat(pod.at("runAsNonRoot").text()).isEqualTo("true");
        assertThat(pod.at("runAsUser").number()).isEqualTo(10001);
        assertThat(pod.at("seccompProfile", "type").text()).isEqualTo("RuntimeDefault");
        assertThat(pod(service).at("automountServiceAccountToken").text()).isEqualTo("false");

        Node container = container(service).at("securityContext");
        assertThat(container.at("allowPrivilegeEscalation").text()).isEqualTo("false");
        assertThat(container.at("readOnlyRootFilesystem").text()).isEqualTo("true");
        assertThat(container.at("capabilities", "drop").texts()).containsExactly("ALL");
        assertThat(container(service).at("volumeMounts", 0, "mountPath").text()).isEqualTo("/tmp");
        assertThat(pod(service).at("volumes", 0).has("emptyDir")).isTrue();
        assertThat(container(service).at("resources", "limits", "memory").text())
                .isEqualTo(
                        container(service).at("resources", "requests", "memory").text());
    }

    @ParameterizedTest
    @EnumSource
    void aPodIsGivenTimeToStop(Service service) {
        Duration before = container(service).has("lifecycle")
                ? Duration.ofSeconds(container(service)
                        .at("lifecycle", "preStop", "exec", "command", 1)
                        .number())
                : Duration.ZERO;
        Duration grace = Duration.ofSeconds(
                pod(service).at("terminationGracePeriodSeconds").number());

        assertThat(grace).isGreaterThan(before.plus(service.stopping()));
    }

    @ParameterizedTest
    @EnumSource
    void twoReplicasOfWhichOneStays(Service service) {
        assertThat(resource(service, "Deployment").at("spec", "replicas").number())
                .isEqualTo(2);
        Node budget = resource(service, "PodDisruptionBudget").at("spec");
        assertThat(budget.at("maxUnavailable").number()).isEqualTo(1);

        Object label = Map.of("app.kubernetes.io/name", service.module);
        Node deployment = resource(service, "Deployment").at("spec");
        assertThat(deployment.at("selector", "matchLabels").value()).isEqualTo(label);
        assertThat(deployment.at("template", "metadata", "labels").value()).isEqualTo(label);
        assertThat(budget.at("selector", "matchLabels").value()).isEqualTo(label);
        assertThat(resource(service, "Service").at("spec", "selector").value()).isEqualTo(label);
    }
}
