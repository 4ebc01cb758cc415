package dev.millrace.lab.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A reader who finds a class by its name finds one. The client is a library: its classes have the names that its users would expect. */
class NamesTest {
    @Test
    void noTwoMainClassesHaveOneName() throws IOException {
        Map<String, List<Path>> byName;
        try (Stream<Path> files = Files.walk(Repository.path("."))) {
            byName = files.filter(file -> file.toString().contains("/src/main/java/"))
                    .filter(file -> !file.toString().contains("/client/src/"))
                    .filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
                    .collect(Collectors.groupingBy(
                            file -> file.getFileName().toString(), TreeMap::new, Collectors.toList()));
        }
        assertThat(byName).hasSizeGreaterThan(200);
        byName.values().removeIf(files -> files.size() == 1);
        assertThat(byName).isEmpty();
    }
}
