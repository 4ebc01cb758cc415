package dev.millrace.local.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A service as the build leaves it in a folder: its jar, the libraries beside it, and what the JVM makes ready of their classes
 * in advance (an AOT cache, JEP 483). A JVM that can't use the cache says so and starts without it.
 *
 * @param folder where they are
 * @param module the service's module
 */
public record ServiceJar(Path folder, String module) {

    /**
     * The service as it was built last.
     *
     * @param root the project's folder
     * @throws StartFailure when it has not been built
     */
    public static ServiceJar built(Path root, String module) {
        Path folder = folderIn(root, module);
        ServiceJar service = new ServiceJar(folder, module);
        if (!Files.isRegularFile(service.jar())) {
            throw new StartFailure(service.jar() + " is missing: build it with mvn package");
        }
        return service;
    }

    /** Where the build leaves it. */
    public static Path folderIn(Path root, String module) {
        return root.resolve(module).resolve("target").resolve("service");
    }

    /** The executable jar. */
    public Path jar() {
        return folder.resolve(module + "-exec.jar");
    }

    /**
     * Program and arguments that start it.
     *
     * @param options of the JVM
     */
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
     * The same files at another place, so that a later build does not pull them from under a running service: a build makes new
     * files, it never writes into old ones, so links will do.
     *
     * @param into a folder that gets one of this service's; what stands there goes
     */
    public ServiceJar linkedInto(Path into) throws IOException {
        Path target = into.resolve(module);
        deleteAll(target);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Path to = target.resolve(folder.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    link(file, to);
                }
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

    private static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
