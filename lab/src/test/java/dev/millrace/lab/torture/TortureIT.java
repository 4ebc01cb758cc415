package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The torture as a user runs it. {@code -Dmillrace.seed=…} chooses the faults; without, every run has others. */
class TortureIT {
    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Pattern FAULTS = Pattern.compile("(?m)^ +faults +(\\d+): ");
    private static final Pattern HOME = Pattern.compile("kept in (\\S+)");

    @TempDir
    private Path folder;

    @Test
    void inAMinuteOfFaultsNoMicroIsLostOrPaidTwice() throws IOException {
        String seed = System.getProperty("millrace.seed", Long.toString(System.nanoTime() % 1_000_000));
        ServerProcess torture = start("--minutes", "1", "--seed", seed);
        try {
            assertThat(torture.awaitExit(PATIENCE)).as("it ends").isTrue();
        } finally {
            end(torture);
            System.out.println(output());
        }
        assertThat(torture.exit().join()).as("exit code").isZero();
        assertThat(output()).contains("torture: no difference", " drift            0 micros");
        Matcher faults = FAULTS.matcher(output());
        assertThat(faults.find()).isTrue();
        assertThat(Integer.parseInt(faults.group(1))).isGreaterThanOrEqualTo(20);
        assertThat(HOME.matcher(output()).find()).as("data is kept").isFalse();
    }

    @Test
    void whenItIsInterruptedNoProcessAndNoDataIsLeft() throws IOException {
        ServerProcess torture = start("--minutes", "1");
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> torture.handle().descendants().count() >= 4);
            List<ProcessHandle> processes = torture.handle().descendants().toList();
            assertThat(torture.stop(Duration.ofMinutes(2))).isTrue();
            assertThat(processes).noneMatch(ProcessHandle::isAlive);
            assertThat(torture.exit().join()).as("exit code").isEqualTo(130);
            assertThat(output()).contains("interrupted: everything is stopped, nothing was proven");
        } finally {
            end(torture);
        }
    }

    private ServerProcess start(String... options) throws IOException {
        List<String> command = Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx512m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-Dmillrace.root=" + ROOT,
                                "-cp",
                                ROOT.resolve("lab/target/classes") + ":"
                                        + Files.readString(ROOT.resolve("lab/target/runtime.classpath")),
                                "dev.millrace.lab.Lab",
                                "torture"),
                        Stream.of(options))
                .toList();
        ServerProcess torture = new ServerProcess(new ServerProcess.Plan("torture", command, Map.of(), ROOT, log()));
        torture.start();
        return torture;
    }

    /** Whatever is left of it is a failure above; here it only has to go. */
    private static void end(ServerProcess torture) {
        torture.kill();
    }

    private Path log() {
        return folder.resolve("torture.log");
    }

    private String output() throws IOException {
        return Files.readString(log());
    }
}
