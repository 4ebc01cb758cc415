package dev.millrace.local.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceJarTest {
    private static final String MODULE = "ingest-api";

    @TempDir
    Path root;

    @Test
    void whatIsNotBuiltIsNamedWithItsRemedy() {
        assertThatThrownBy(() -> ServiceJar.built(root, MODULE))
                .isInstanceOf(CommandException.class)
                .hasMessage("%s is missing: build it with mvn package"
                        .formatted(root.resolve("ingest-api/target/service/ingest-api-exec.jar")));
    }

    @Test
    void aCacheIsUsedWhereThereIsOne() throws IOException {
        ServiceJar service = build("first");
        assertThat(service.command(List.of("-Xmx64m")))
                .startsWith(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m")
                .endsWith("-jar", service.jar().toString())
                .noneMatch(argument -> argument.startsWith("-XX:AOTCache"));
        Path cache = Files.writeString(service.folder().resolve("service.aot"), "cache");
        assertThat(service.command(List.of())).contains("-XX:AOTCache=" + cache);
    }

    @Test
    void aLaterBuildDoesNotChangeWhatRuns() throws IOException {
        ServiceJar built = build("first");
        FileTime changed = Files.getLastModifiedTime(built.jar());
        Path run = Files.createDirectories(root.resolve("run"));
        ServiceJar running = built.linkedInto(run);
        Files.delete(built.jar());
        build("second");
        assertThat(running.jar()).hasContent("first");
        assertThat(Files.getLastModifiedTime(running.jar())).isEqualTo(changed);
        assertThat(running.folder().resolve("lib/library.jar")).hasContent("first");
        assertThat(ServiceJar.built(root, MODULE).linkedInto(run).jar()).hasContent("second");
    }

    private ServiceJar build(String content) throws IOException {
        Path folder = ServiceJar.folderIn(root, MODULE);
        Files.createDirectories(folder.resolve("lib"));
        Files.deleteIfExists(folder.resolve("lib/library.jar"));
        Files.writeString(folder.resolve("lib/library.jar"), content);
        Files.writeString(folder.resolve("ingest-api-exec.jar"), content);
        return ServiceJar.built(root, MODULE);
    }
}
