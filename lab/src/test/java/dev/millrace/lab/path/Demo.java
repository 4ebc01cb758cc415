package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.stack.LabSettings;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Folders;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/** {@code ./millrace demo} and all that it starts, in a home of its own; logs stay in {@code lab/target/demo}. */
final class Demo implements AutoCloseable {
    /** Where logs and pictures go. */
    static final Path OUT = WholePath.ROOT.resolve("lab/target/demo");

    private static final List<String> CREATORS = List.of("c-heron", "c-otter", "c-wagtail");
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Path home;
    private final int port = Ports.free();
    private final LabSettings settings;
    private final Api api;
    private final ServerProcess process;

    /** Settles each hour, or when a test asks for it. Proxies on this machine are believed about their clients. */
    Demo() throws IOException {
        home = Files.createTempDirectory("millrace-demo-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path binaries = Files.createDirectories(RealServers.place(home).binaries());
        Files.createSymbolicLink(home.resolve("binaries"), binaries.toAbsolutePath());
        Folders.delete(OUT);
        settings = LabSettings.fresh(WholePath.ROOT, home, Duration.ofHours(1), 1, 1)
                .with("MILLRACE_TRUSTED_PROXIES", "127.0.0.1");
        api = new Api(settings);
        process = another("demo.log", port, 60);
        Runtime.getRuntime().addShutdownHook(new Thread(process::kill));
        process.awaitReady(System.out::println);
    }

    /** A further one in the same home, which is starting. */
    ServerProcess another(String log, int port, int pages) {
        return new CommandLine(settings)
                .demo(OUT.resolve(log), "--port", Integer.toString(port), "--bot", Integer.toString(pages));
    }

    /** The address of a page. */
    String at(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    int port() {
        return port;
    }

    Path home() {
        return home;
    }

    LabSettings settings() {
        return settings;
    }

    Api api() {
        return api;
    }

    /**
     * What a reader's deeds add to the engagement of the site's creators, once all is settled: units by article and type, what was
     * filtered, sources and sessions. The bot's visits are left out, since they come all the time.
     */
    Map<String, Long> gained(Runnable deeds) {
        Map<String, Long> before = engagement();
        deeds.run();
        Map<String, Long> gained = engagement();
        before.forEach((name, count) -> gained.merge(name, -count, Long::sum));
        gained.keySet().removeIf(name -> name.endsWith(" robot"));
        gained.values().removeIf(count -> count == 0);
        return gained;
    }

    /** Settles everything, and reads it. */
    Map<String, Long> engagement() {
        Awaitility.await().atMost(PATIENCE).until(() -> api.settle().status() == 200);
        Map<String, Long> counts = new TreeMap<>();
        for (String creator : CREATORS) {
            JsonNode engagement = api.engagement(creator);
            assertThat(engagement.path("truncated").asBoolean()).isFalse();
            engagement.path("articles").forEach(row -> add(row, counts));
        }
        counts.values().removeIf(count -> count == 0);
        return counts;
    }

    private static void add(JsonNode row, Map<String, Long> counts) {
        String article = row.path("article").asString().substring("/articles/".length());
        counts.merge(
                article + " " + row.path("type").asString(), row.path("units").asLong(), Long::sum);
        counts.merge("micros", row.path("micros").asLong(), Long::sum);
        row.path("filtered")
                .forEach(one -> counts.merge(
                        article + " " + one.path("type").asString() + " filtered "
                                + one.path("reason").asString(),
                        one.path("units").asLong(),
                        Long::sum));
        row.path("sources")
                .properties()
                .forEach(source -> counts.merge(
                        article + " from " + source.getKey(), source.getValue().asLong(), Long::sum));
        JsonNode sessions = row.path("sessions");
        counts.merge(article + " sessions", sessions.path("count").asLong(), Long::sum);
        counts.merge(article + " sessions' views", sessions.path("views").asLong(), Long::sum);
        counts.merge(article + " seconds", sessions.path("readSeconds").asLong(), Long::sum);
    }

    @Override
    public void close() throws IOException {
        try {
            process.stop(Duration.ofMinutes(1));
        } finally {
            process.kill();
            Folders.delete(home);
        }
    }
}
