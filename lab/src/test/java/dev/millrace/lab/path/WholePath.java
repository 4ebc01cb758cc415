package dev.millrace.lab.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.LabStack;
import dev.millrace.lab.stack.Metrics;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Folders;
import dev.millrace.local.server.Place;
import dev.millrace.local.settings.Part;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;

/**
 * The stack of a test class, with what its tests ask of it again and again. The data is in a temporary folder, the logs
 * stay in {@code lab/target}.
 */
final class WholePath {
    /** Surefire says where the module is; the root is the folder above it. */
    static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    private static final Duration PATIENCE = Duration.ofSeconds(45);

    /** Redis, Postgres and the services. */
    private static final int PARTS = 5;

    private final Path home;
    private final LabSettings settings;
    private final Place place;
    private final Api api;
    private final LabStack stack;

    /**
     * @param name of the folder of its logs
     */
    WholePath(String name, Duration interval) throws IOException {
        this(name, interval, 1, Map.of("MILLRACE_REDIS_PATIENCE", "20s")); // no test of it is about a slow Redis
    }

    /** The same with so many ingest nodes, and with these variables. */
    WholePath(String name, Duration interval, int ingestNodes, Map<String, String> variables) throws IOException {
        home = Files.createTempDirectory("millrace-whole-path-");
        LabSettings all = LabSettings.fresh(ROOT, home, interval, ingestNodes, 1);
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            all = all.with(variable.getKey(), variable.getValue());
        }
        settings = all;
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path logs = ROOT.resolve("lab/target/" + name);
        Folders.delete(logs);
        place = new Place(RealServers.place(home).binaries(), home, logs);
        api = new Api(settings);
        Files.createSymbolicLink(home.resolve("binaries"), place.binaries());
        stack = LabStack.start(settings, place, System.out::println);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stack.kill()));
    }

    Api api() {
        return api;
    }

    LabStack stack() {
        return stack;
    }

    /** The port of ingest-api. */
    int ingestPort() {
        return settings.port(Instance.ingest(1));
    }

    /** What ingest-api has written to its log. */
    String ingestLog() throws IOException {
        return Files.readString(place.logs().resolve(Instance.ingest(1) + ".log"));
    }

    /** The folder of this name in the data. */
    Path data(String name) {
        return home.resolve(name);
    }

    CommandLine commandLine() {
        return new CommandLine(settings);
    }

    /** What {@code reconcile} finds, which ends with 0: nothing differs and nothing waits for a decision. */
    JsonNode reconcile() {
        return CommandLine.json(stack.workerCommand("reconcile", "--json"));
    }

    /** A publisher as {@code ./millrace key} gives it, in force when this returns. */
    NimbusPublisher publisher(String id) {
        JsonNode key = commandLine().json("key", id);
        return new NimbusPublisher(
                key.path("kid").asString(), key.path("secret").asString());
    }

    /** Returns when the creator has exactly this, all of it settled. */
    void awaitSettled(String creator, long micros) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(
                        () -> assertThat(api.money(creator)).as(creator).isEqualTo(new Api.Money(micros, 0, micros)));
    }

    /** Settles everything, and checks that it comes to exactly this, by creator, and that the books are sound. */
    void assertPaid(Map<String, Long> micros) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> api.settle().status() == 200);
        micros.forEach((creator, earned) ->
                assertThat(api.money(creator)).as(creator).isEqualTo(new Api.Money(earned, 0, earned)));
        assertIdentities();
        JsonNode found = reconcile();
        assertThat(found.get("differing").asInt() + found.get("undecided").asInt())
                .as("%s", found)
                .isZero();
    }

    /**
     * Stops everything, starts it again by {@code ./millrace up} on the same data, and after the check ends that by
     * SIGTERM. Nothing may be left either time.
     */
    void endThroughUp(Runnable check) {
        stop();
        Path log = place.logs().resolve("up.log");
        ServerProcess up = commandLine().up(log);
        try {
            up.awaitReady(System.out::println);
            check.run();
            List<ProcessHandle> processes = up.tree();
            up.stop(Duration.ofMinutes(1));
            assertThat(up.exit().join()).as("exit code of up").isZero();
            assertNoneIsLeft(processes);
        } finally {
            up.kill();
        }
    }

    boolean isStopped() {
        return stack.processes().isEmpty();
    }

    void close() throws IOException {
        try {
            if (!isStopped()) {
                stop();
            }
        } finally {
            stack.kill();
            Folders.delete(home);
        }
    }

    /** What docs/reference/metrics.md says must hold whenever no request is under way. */
    void assertIdentities() {
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            Metrics ingest = api.metrics(Part.INGEST);
            assertThat(ingest.whole("millrace_events_received_total"))
                    .isEqualTo(ingest.whole("millrace_events_accepted_total")
                            + ingest.whole("millrace_events_duplicate_total")
                            + ingest.whole("millrace_events_filtered_total")
                            + ingest.whole("millrace_events_rejected_total")
                            + ingest.whole("millrace_events_unavailable_total"));
            Metrics worker = api.metrics(Part.WORKER);
            assertThat(worker.whole("millrace_money_drift_micros")).isZero();
            assertThat(worker.whole("millrace_counted_micros"))
                    .isEqualTo(worker.whole("millrace_settled_micros") + worker.whole("millrace_pending_micros"));
            assertThat(worker.whole("millrace_partitions_halted")).isZero();
        });
    }

    private void stop() {
        List<ProcessHandle> processes = stack.processes();
        assertThat(stack.stop()).as("parts that had to be killed").isEmpty();
        assertNoneIsLeft(processes);
    }

    private static void assertNoneIsLeft(List<ProcessHandle> processes) {
        assertThat(processes)
                .as("processes left")
                .hasSizeGreaterThanOrEqualTo(PARTS)
                .noneMatch(ProcessHandle::isAlive);
    }
}
