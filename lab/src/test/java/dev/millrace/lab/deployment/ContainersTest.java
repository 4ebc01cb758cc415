package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** docker-compose.yml: what holds for every container, ours or not. */
class ContainersTest {

    /** It does one thing and ends. */
    private static final String JOB = "migrate";

    static Stream<Node> containers() {
        return Repository.yaml("docker-compose.yml").at("services").fields().values().stream();
    }

    static Stream<Node> containersThatStay() {
        return Repository.yaml("docker-compose.yml").at("services").fields().entrySet().stream()
                .filter(container -> !container.getKey().equals(JOB))
                .map(Map.Entry::getValue);
    }

    @ParameterizedTest
    @MethodSource("containers")
    void isLockedDown(Node container) {
        assertThat(container.at("read_only").text()).isEqualTo("true");
        assertThat(container.at("cap_drop").texts()).containsExactly("ALL");
        assertThat(container.at("security_opt").texts()).containsExactly("no-new-privileges:true");
        assertThat(container.at("user").text()).matches("[1-9]\\d*:\\d+");
        assertThat(container.has("privileged")).isFalse();
    }

    @ParameterizedTest
    @MethodSource("containersThatStay")
    void isWatchedLimitedAndStartedAgain(Node container) {
        assertThat(container.at("restart").text()).isEqualTo("unless-stopped");
        assertThat(container.at("mem_limit").text()).matches("\\d+[mg]");
        assertThat(container.at("healthcheck", "test").texts().getFirst()).startsWith("CMD");
    }

    @ParameterizedTest
    @MethodSource("containers")
    void isReachedFromThisHostOnly(Node container) {
        List<String> ports = container.has("ports") ? container.at("ports").texts() : List.of();

        assertThat(ports).allMatch(port -> port.matches("127\\.0\\.0\\.1:(\\d+):\\1"));
    }

    @ParameterizedTest
    @MethodSource("containers")
    void comesFromAnImageWithAVersion(Node container) {
        assertThat(container.at("image").text()).matches("[a-z/-]+:v?\\d[\\w.-]+");
    }

    @ParameterizedTest
    @MethodSource("containers")
    void mountsOnlyFilesThatExistAndCannotWriteThem(Node container) {
        List<String> volumes =
                container.has("volumes") ? container.at("volumes").texts() : List.of();

        assertThat(volumes).filteredOn(volume -> volume.startsWith(".")).allSatisfy(volume -> {
            assertThat(volume).endsWith(":ro");
            assertThat(Files.exists(Repository.path(volume.substring(0, volume.indexOf(':')))))
                    .as(volume)
                    .isTrue();
        });
    }
}
