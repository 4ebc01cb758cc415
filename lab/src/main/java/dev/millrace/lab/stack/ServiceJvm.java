package dev.millrace.lab.bench;

import java.nio.file.Path;
import java.util.List;

/** How the JVMs of services are run here: the real one and the one with an empty endpoint alike. */
final class ServiceJvm {
    static final List<String> OPTIONS = List.of("-Xmx1g");

    static final String PROGRAM =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private ServiceJvm() {}
}
