package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** k8s/: what the base is made of, and that every reference leads somewhere. */
class KustomizationTest {

    private final Node kustomization = Repository.yaml("k8s/kustomization.yaml");

    private static List<Node> environment(Service service) {
        return Repository.documents("k8s/" + service.module + ".yaml").stream()
                .filter(document -> document.at("kind").text().equals("Deployment"))
                .flatMap(deployment ->
                        deployment.at("spec", "template", "spec", "containers", 0, "env").items().stream())
                .toList();
    }

    /** The environment of the job that migrates. */
    private static List<Node> job() {
        return Repository.yaml("k8s/migrate.yaml")
                .at("spec", "template", "spec", "containers", 0, "env")
                .items();
    }

    /** "name/key" of all references of one kind. */
    private static Set<String> references(String kind) {
        return Stream.concat(
                        Stream.of(Service.values()).flatMap(service -> environment(service).stream()), job().stream())
                .filter(variable -> variable.has("valueFrom"))
                .map(variable -> variable.at("valueFrom"))
                .filter(from -> from.has(kind))
                .map(from -> from.at(kind, "name").text() + "/"
                        + from.at(kind, "key").text())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theBaseIsEveryFileOfTheFolderButTheExample() {
        List<String> files = new ArrayList<>(Repository.files("k8s", Pattern.compile(".*\\.ya?ml")));
        files.removeAll(List.of("kustomization.yaml", "secrets.example.yaml"));

        assertThat(kustomization.at("resources").texts()).containsExactlyInAnyOrderElementsOf(files);
    }

    @Test
    void theConfigurationIsWhatPodsReferTo() {
        Node generator = kustomization.at("configMapGenerator", 0);
        String name = generator.at("name").text();
        List<String> keys = generator.at("literals").texts().stream()
                .map(literal -> name + "/" + literal.substring(0, literal.indexOf('=')))
                .toList();

        assertThat(references("configMapKeyRef")).containsExactlyInAnyOrderElementsOf(keys);
    }

    @Test
    void theExampleListsTheSecretsThatPodsReferToAndFillsInNone() {
        List<String> keys = new ArrayList<>();
        for (Node secret : Repository.documents("k8s/secrets.example.yaml")) {
            secret.at("stringData").fields().forEach((key, value) -> {
                keys.add(secret.at("metadata", "name").text() + "/" + key);
                assertThat(value.text()).as(value.where()).isEmpty();
            });
        }

        assertThat(references("secretKeyRef")).containsExactlyInAnyOrderElementsOf(keys);
    }

    /** The log and `kubectl describe` show what stands in a manifest; a secret never does. */
    @ParameterizedTest
    @EnumSource
    void aSecretComesByReferenceOnly(Service service) {
        assertThat(environment(service))
                .filteredOn(variable -> variable.at("name").text().matches(".*(PASSWORD|SECRET|_KEY|REDIS_URL)$"))
                .isNotEmpty()
                .allMatch(variable ->
                        variable.has("valueFrom") && variable.at("valueFrom").has("secretKeyRef"));
    }

    @Test
    void theOwnersSecretIsForTheJobThatMigratesAlone() {
        for (Service service : Service.values()) {
            assertThat(environment(service))
                    .noneMatch(variable -> variable.at("name").text().contains("OWNER"));
        }
        assertThat(job()).anyMatch(variable -> variable.at("name").text().equals("MILLRACE_POSTGRES_OWNER_PASSWORD"));
        Node pod = Repository.yaml("k8s/migrate.yaml").at("spec", "template", "spec");
        assertThat(pod.at("containers", 0, "args").texts()).containsExactly("migrate");
        assertThat(pod.at("containers", 0, "image").text()).isEqualTo("millrace/ledger-service");
        assertThat(pod.at("securityContext", "runAsNonRoot").text()).isEqualTo("true");
        assertThat(pod.at("containers", 0, "securityContext", "capabilities", "drop")
                        .texts())
                .containsExactly("ALL");
    }

    @Test
    void ingestApiCanReachRedisAndNamesAndNothingElse() {
        Node policy = Repository.documents("k8s/network-policies.yaml").stream()
                .filter(document -> document.at("metadata", "name").text().equals("ingest-api"))
                .findFirst()
                .orElseThrow();

        assertThat(policy.at("spec", "policyTypes").texts()).contains("Egress");
        assertThat(policy.at("spec", "egress").items())
                .flatExtracting(rule -> rule.at("ports").items())
                .extracting(port -> port.at("port").text())
                .containsOnly("53", "6379");
        assertThat(environment(Service.INGEST_API))
                .noneMatch(variable -> variable.at("name").text().contains("POSTGRES"));
    }

    @Test
    void imagesHaveTheVersionThatComposeBuilds() {
        Map<String, String> tags = kustomization.at("images").items().stream()
                .collect(Collectors.toMap(
                        image -> image.at("name").text(),
                        image -> image.at("newTag").text()));

        for (Service service : Service.values()) {
            String image = "millrace/" + service.module;
            Node container = Repository.yaml("docker-compose.yml").at("services", service.module);
            assertThat(image + ":" + tags.get(image))
                    .isEqualTo(container.at("image").text());
            assertThat(Repository.text("k8s/" + service.module + ".yaml")).contains("image: " + image + "\n");
        }
    }
}
