package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** k8s/: each resource is as Kubernetes' schema has it, by the model classes of the official Java client. */
class KubernetesSchemaTest {

    static List<String> files() {
        return Repository.files("k8s", Pattern.compile(".*\\.ya?ml")).stream()
                .filter(file -> !file.equals("kustomization.yaml"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void everyResourceIsAsTheSchemaHasIt(String file) throws Exception {
        List<Node> resources = Repository.documents("k8s/" + file);
        assertThat(resources).isNotEmpty();
        for (Node resource : resources) {
            validate(resource);
        }
    }

    @Test
    void aFieldThatTheSchemaDoesNotHaveIsFound() {
        Node misspelt = new Node(
                "here",
                Map.of("apiVersion", "v1", "kind", "Service", "spec", Map.of("ports", List.of(Map.of("prot", 8080)))));
        assertThatThrownBy(() -> validate(misspelt)).hasMessageContaining("prot");
    }

    /** The model of {@code apps/v1} and {@code Deployment} is {@code V1Deployment}. */
    private static void validate(Node resource) throws Exception {
        String version =
                resource.at("apiVersion").text().replaceFirst(".*/", "").toUpperCase(Locale.ROOT);
        Class<?> model = Class.forName("io.kubernetes.client.openapi.models." + version
                + resource.at("kind").text());
        try {
            model.getMethod("validateJsonElement", JsonElement.class)
                    .invoke(null, new Gson().toJsonTree(resource.value()));
        } catch (InvocationTargetException e) {
            throw new AssertionError(resource.where() + ": " + e.getCause(), e);
        }
    }
}
