package dev.millrace.local.server;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A service as the build leaves it in a folder: its jar, the libraries beside it, and an AOT cache of their classes (JEP 483).
 * A JVM that can't use the cache says so and starts without it.
 *
 * @param folder where they are
 * @param module the service's module
 */
public record ServiceJar(Path folder, String module) {
    /** A migration of a large ledger may take any time, and ends when its thread is interrupted. */
    private static final Duration MIGRATION_POLL = Duration.ofMillis(200);

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(5);

    /** The service as it was built last; a {@link CommandException} where it has not been built. */
    public static ServiceJar built(Path root, String module) {
        ServiceJar service = new ServiceJar(folderIn(root, module), module);
        if (!Files.isRegularFile(service.jar())) {
            throw CommandException.failed(service.jar() + " is missing: build it with mvn package");
        }
        return service;
    }

    /** Where the build leaves it. */
    public static Path folderIn(Path root, String module) {
        return root.resolve(module).resolve("target/service");
    }

    /** The executable jar. */
    public Path jar() {
        return folder.resolve(module + "-exec.jar");
    }

    /** Program and arguments that start it, with options for the JVM. */
    public List<String> command(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        Path cache = folder.resolve("service.aot");
        if (Files.isRegularFile(cache)) {
            command.add("-XX:AOTCache=" + cache);
        }
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                jar().toString()));
        return command;
    }

    /**
     * The service as a process, ready when its endpoint {@code /actuator/health/readiness} answers 200.
     *
     * @param options of the JVM
     * @param directory its working directory
     * @param management the address of its health and metrics
     */
    public ServerProcess process(
            String name,
            List<String> options,
            Map<String, String> environment,
            Path directory,
            Path log,
            URI management) {
        HttpRequest.Builder readiness = HttpRequest.newBuilder(management.resolve("/actuator/health/readiness"))
                .timeout(PROBE_TIMEOUT);
        return new ServerProcess(new ServerProcess.Plan(name, command(options), environment, directory, log), () -> {
            boolean isReady = JsonClient.send(readiness).status() == 200;
            return isReady ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT;
        });
    }

    /**
     * Runs the command {@code migrate} of ledger-service, and returns when the schema is this release's.
     *
     * @param directory its working directory
     * @throws CommandException with the last lines of its log when it fails
     */
    public void migrate(Map<String, String> environment, Path directory, Path log) {
        List<String> command = new ArrayList<>(command(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1")));
        command.add("migrate");
        ServerProcess migration =
                new ServerProcess(new ServerProcess.Plan("migrate", command, environment, directory, log));
        migration.start();
        while (!migration.awaitExit(MIGRATION_POLL)) {
            if (Thread.currentThread().isInterrupted()) {
                migration.kill(); // Postgres takes back what is not committed.
            }
        }
        int code = migration.exit().join();
        if (code != 0) {
            throw CommandException.failed("migrate ended with exit code " + code + "; its output:\n"
                    + migration.lastLogLines(ServerProcess.LOG_LINES));
        }
    }

    /**
     * The same files at another place, so that a later build does not pull them from under a running service. Links will do:
     * a build makes new files and never writes into old ones.
     *
     * @param into gets a folder of this service, in place of one that is there
     */
    public ServiceJar linkedInto(Path into) throws IOException {
        Path target = into.resolve(module);
        Folders.delete(target);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path to = target.resolve(folder.relativize(file));
                Files.createDirectories(to.getParent());
                link(file, to);
            }
        }
        return new ServiceJar(target, module);
    }

    /** A copy where the file system has no links or is another one; the cache wants its jars' times of change. */
    private static void link(Path file, Path to) throws IOException {
        try {
            Files.createLink(to, file);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
        }
    }
}
