package dev.millrace.lab.deployment;

import static dev.millrace.lab.deployment.Repository.all;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The Dockerfile: its stages, and that it knows every module of the build. */
class DockerfileTest {

    /** Instructions with their continuation lines joined and comments left out. */
    private final String dockerfile =
            Repository.text("Dockerfile").replaceAll("(?m)^#.*\\R", "").replaceAll("\\\\\\R\\s*", "");

    private List<String> instructions(String name) {
        return all(Pattern.compile("^" + name + " (.*)$", Pattern.MULTILINE), dockerfile);
    }

    @Test
    void javaIsProcessOneAndNotRoot() {
        assertThat(instructions("ENTRYPOINT"))
                .containsExactly(
                        "[\"java\", \"-XX:AOTCache=millrace.aot\", \"--enable-native-access=ALL-UNNAMED\", \"-jar\", \"millrace.jar\"]");
        assertThat(instructions("USER")).containsExactly("10001:10001");
    }

    /** The build of the three services and the image make the cache by the same start. */
    @Test
    void theCacheIsMadeByTheStartThatTheBuildMakes() {
        List<String> training = all(
                Pattern.compile("<argument>(-Dspring[^<]*|-Dserver[^<]*|-Dmanagement[^<]*)</argument>"),
                Repository.text("pom.xml"));
        String made = instructions("RUN").getLast();

        assertThat(made).startsWith("java -XX:AOTCacheOutput=millrace.aot ");
        assertThat(training).hasSize(4).allMatch(made::contains);
    }

    @Test
    void copiesThePomOfEveryModuleBeforeAnySource() {
        List<String> copies = instructions("COPY");
        List<String> modules = all(Pattern.compile("<module>([a-z-]+)</module>"), Repository.text("pom.xml"));

        assertThat(modules).isNotEmpty();
        List<String> poms = modules.stream()
                .map(module -> module + "/pom.xml " + module + "/")
                .toList();
        assertThat(copies.subList(1, 1 + modules.size())).containsExactlyInAnyOrderElementsOf(poms);
        assertThat(copies.getFirst()).isEqualTo("pom.xml ./");
    }

    @ParameterizedTest
    @EnumSource
    void buildsEveryServiceAndComposeChoosesByModule(Service service) {
        Node build = Repository.yaml("docker-compose.yml").at("services", service.module, "build");

        assertThat(build.at("args", "MODULE").text()).isEqualTo(service.module);
        assertThat(instructions("RUN")).anyMatch(run -> run.matches(".*package.* -pl \\S*" + service.module + ".*"));
        assertThat(instructions("COPY")).contains(service.module + "/src/main " + service.module + "/src/main");
    }

    @Test
    void takesTheJarThatTheBuildMakesRunnable() {
        assertThat(instructions("COPY"))
                .contains("--from=build /build/${MODULE}/target/${MODULE}-exec.jar millrace.jar");
        assertThat(Repository.text("pom.xml")).contains("<classifier>exec</classifier>");
    }
}
