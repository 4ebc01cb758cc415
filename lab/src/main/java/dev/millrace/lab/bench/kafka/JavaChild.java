package dev.millrace.lab.bench.kafka;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A class of ours that runs as a process of its own, on the same class path, with a gigabyte of heap. */
final class JavaChild {
    private JavaChild() {}

    /**
     * @param name of the process and of its log
     * @param main has the method {@code main}
     * @param environment what is not for the eyes of others
     * @param probe tells when it is ready, which this waits for
     */
    static ServerProcess start(
            String name,
            Class<?> main,
            Place place,
            Map<String, String> environment,
            ServerProcess.Probe probe,
            String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms1g",
                "-Xmx1g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        Path log = place.logs().resolve(name + ".log");
        Path directory = Path.of("").toAbsolutePath(); // Ours, since the class path may be relative to it.
        ServerProcess child =
                new ServerProcess(new ServerProcess.Plan(name, command, environment, directory, log), probe);
        child.start();
        child.awaitReady(line -> {});
        return child;
    }
}
