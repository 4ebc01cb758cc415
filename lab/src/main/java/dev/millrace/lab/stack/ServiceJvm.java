package dev.millrace.lab.stack;

import java.nio.file.Path;
import java.util.List;

/** How the JVMs of services are run here: the real one and the one with an empty endpoint alike. */
public final class ServiceJvm {
    public static final List<String> OPTIONS = List.of("-Xmx1g");

    /** Of the edge, whose heap is there from the start (decision 21). */
    public static final List<String> EDGE_OPTIONS = List.of("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch");

    public static final String PROGRAM =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private ServiceJvm() {}
}
