package dev.millrace.local.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisLine;
import dev.millrace.local.settings.LocalSettings;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StackIT {
    private static final StackGuest NOBODY = () -> () -> {};

    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>();
    private final Screen out = new Screen();
    private final Screen err = new Screen();

    @BeforeEach
    void prepare() throws IOException {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String module : List.of("ledger-service", "settlement-worker", "ingest-api")) {
            FakeService.writeJar(root, module);
        }
        for (Part part : Part.values()) {
            environment.put(part.variable(), Integer.toString(Ports.free()));
            environment.put(part.managementVariable(), Integer.toString(Ports.free()));
        }
        Files.createDirectories(root.resolve(".millrace"));
        Files.createSymbolicLink(
                root.resolve(".millrace/binaries"), Path.of("target/binaries").toAbsolutePath());
        Files.createDirectories(Path.of("target/binaries"));
    }

    @Test
    void startsAndStopsInOrderAndKeepsTheData() throws Exception {
        LocalSettings settings = settings();
        Running run = inBackground(() -> {
            out.stream().println("guest begins");
            return () -> out.stream().println("guest ends");
        });
        out.await("guest ");
        assertThat(redis(settings).ask("SET kept 1")).isEqualTo("+OK");
        sql(settings, "CREATE TABLE kept ()");
        run.thread().interrupt();
        assertThat(run.exitCode()).isZero();
        assertThat(out.firstWords())
                .containsExactly(
                        "postgres jdbc:postgresql://127.0.0.1:" + settings.port(Part.POSTGRES) + "/millrace",
                        "redis redis://127.0.0.1:" + settings.port(Part.REDIS),
                        "ledger-service http://127.0.0.1:" + settings.port(Part.LEDGER),
                        "settlement-worker http://127.0.0.1:" + settings.port(Part.WORKER),
                        "ingest-api http://127.0.0.1:" + settings.port(Part.INGEST),
                        "READY",
                        "API page",
                        "data and",
                        "stop Ctrl-C;",
                        "guest begins",
                        "guest ends",
                        "ingest-api stopped",
                        "settlement-worker stopped",
                        "ledger-service stopped",
                        "redis stopped",
                        "postgres stopped");
        assertThat(err.lines()).isEmpty();
        assertThat(log("ledger-service"))
                .containsExactly(
                        "migrated as millrace_owner",
                        "jdbc:postgresql://127.0.0.1:" + settings.port(Part.POSTGRES) + "/millrace as ledger",
                        "MILLRACE_MASTER_KEY " + secret("MILLRACE_MASTER_KEY"),
                        "MILLRACE_LEDGER_JWT_SECRET " + secret("MILLRACE_LEDGER_JWT_SECRET"));
        List<String> secretsOfIngest = log("ingest-api");
        assertThat(allPortsAreFree(settings)).isTrue();

        Running secondRun = inBackground();
        out.await("stop ");
        assertThat(redis(settings).ask("INCR kept")).isEqualTo(":2");
        sql(settings, "DROP TABLE kept");
        assertThatThrownBy(() -> stack().run(NOBODY))
                .isInstanceOf(CommandException.class)
                .hasMessage("another ./millrace up runs on " + settings.home()
                        + ": stop it, or set MILLRACE_HOME to another folder");
        killIngest();
        assertThat(secondRun.exitCode()).isEqualTo(1);
        assertThat(err.lines())
                .startsWith("ingest-api ended with exit code 137; the last lines of its log:", "null as null");
        assertThat(log("ingest-api"))
                .as("secrets after a restart")
                .isEqualTo(secretsOfIngest)
                .contains(
                        "MILLRACE_MASTER_KEY " + secret("MILLRACE_MASTER_KEY"),
                        "MILLRACE_IDENTITY_KEY " + secret("MILLRACE_IDENTITY_KEY"));
        assertThat(allPortsAreFree(settings)).isTrue();
    }

    @Test
    void aGuestThatCanNotStartTakesEverythingDown() {
        assertThatThrownBy(() -> stack().run(() -> {
                    throw CommandException.failed("the guest can't");
                }))
                .isInstanceOf(CommandException.class)
                .hasMessage("the guest can't");
        assertThat(out.firstWords()).endsWith("redis stopped", "postgres stopped");
        assertThat(allPortsAreFree(settings())).isTrue();
    }

    @Test
    void aServiceThatFailsTakesEverythingDownWithItsOwnWords() throws Exception {
        Files.createFile(root.resolve(".millrace/fail"));
        assertThatThrownBy(() -> stack().run(NOBODY))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith(
                        "ledger-service ended with exit code 7 while starting; the last lines of its log:\n")
                .hasMessageEndingWith("can't do it");
        assertThat(out.firstWords()).endsWith("redis stopped", "postgres stopped");
        assertThat(allPortsAreFree(settings())).isTrue();
    }

    @Test
    void withoutTheSchemaNoServiceStarts() throws Exception {
        Files.createFile(root.resolve(".millrace/fail-migrate"));
        assertThatThrownBy(() -> stack().run(NOBODY))
                .isInstanceOf(CommandException.class)
                .hasMessage("migrate ended with exit code 1; its output:\nmigrated as millrace_owner");
        assertThat(out.firstWords()).endsWith("redis stopped", "postgres stopped");
        assertThat(allPortsAreFree(settings())).isTrue();
    }

    @Test
    void whatAKilledStackLeftBehindIsEndedFirst() throws Exception {
        ServerProcess orphan = new ServerProcess(
                new ServerProcess.Plan("redis", List.of("sleep", "600"), Map.of(), root, root.resolve("sleep.log")));
        orphan.start();
        try (StackHome home = StackHome.take(settings().home())) {
            home.remember(orphan);
            home.endLeftovers(err.stream()::println);
        }
        assertThat(orphan.exit().get(60, TimeUnit.SECONDS)).isEqualTo(143);
        assertThat(err.lines())
                .containsExactly("stopping redis (process " + orphan.handle().pid()
                        + "), left behind by a stack that was killed");
        assertThat(root.resolve(".millrace/run/processes")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"MILLRACE_INGEST_PORT", "MILLRACE_INGEST_MANAGEMENT_PORT"})
    void aTakenPortIsFoundBeforeAnythingStarts(String variable) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put(variable, Integer.toString(taken.getLocalPort()));
            assertThatThrownBy(() -> stack().run(NOBODY))
                    .isInstanceOf(CommandException.class)
                    .hasMessage("port " + taken.getLocalPort() + " for ingest-api is taken; set " + variable
                            + " to a free one");
        }
        assertThat(out.lines()).isEmpty();
        assertThat(root.resolve(".millrace/postgres")).doesNotExist();
    }

    @Test
    void listensOnTheLoopbackAddressAlone() throws Exception {
        InetAddress other = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && address instanceof Inet4Address)
                .findFirst()
                .orElseThrow();
        Running run = inBackground();
        out.await("stop ");
        for (Part part : Part.values()) {
            int port = settings().managementPort(part);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(socket.isConnected()).isTrue();
            }
            assertThatThrownBy(() -> new Socket(other, port))
                    .as("%s at %s", part, other)
                    .isInstanceOf(ConnectException.class);
        }
        run.thread().interrupt();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void aStopDuringTheStartEndsIt() throws Exception {
        Running run = inBackground();
        out.await("postgres ");
        run.thread().interrupt();
        assertThat(run.exitCode()).isZero();
        assertThat(out.lines()).doesNotContain("READY");
        assertThat(allPortsAreFree(settings())).isTrue();
    }

    private List<String> log(String module) throws IOException {
        return Files.readAllLines(root.resolve(".millrace/logs").resolve(module + ".log"));
    }

    private String secret(String variable) throws IOException {
        return Files.readString(root.resolve(".millrace/secrets").resolve(variable));
    }

    private Stack stack() {
        return new Stack(settings(), out.stream(), err.stream());
    }

    private LocalSettings settings() {
        return LocalSettings.from(environment, root);
    }

    private void sql(LocalSettings settings, String statement) throws Exception {
        String password = Files.readString(root.resolve(".millrace/postgres/password"));
        Databases databases = new Databases("127.0.0.1", settings.port(Part.POSTGRES), password);
        try (Connection connection = databases.connect(Databases.OWNER, PostgresServer.DATABASE);
                Statement executed = connection.createStatement()) {
            executed.execute(statement);
        }
    }

    private static RedisLine redis(LocalSettings settings) {
        return new RedisLine("127.0.0.1", settings.port(Part.REDIS));
    }

    private void killIngest() throws IOException {
        for (String line : Files.readAllLines(root.resolve(".millrace/run/processes"))) {
            List<String> parts = List.of(line.split(" ", -1));
            if (parts.getFirst().equals("ingest-api")) {
                ProcessHandle.of(Long.parseLong(parts.get(1))).orElseThrow().destroyForcibly();
            }
        }
    }

    private static boolean allPortsAreFree(LocalSettings settings) {
        return settings.ports().values().stream().allMatch(Ports::isFree);
    }

    private Running inBackground() {
        return inBackground(NOBODY);
    }

    private Running inBackground(StackGuest guest) {
        FutureTask<Integer> run = new FutureTask<>(() -> StackRun.untilInterrupted(() -> stack().run(guest)));
        return new Running(Thread.ofPlatform().start(run), run);
    }

    /** A stack that runs; to interrupt its thread stops it. */
    private record Running(Thread thread, FutureTask<Integer> run) {
        int exitCode() throws Exception {
            return run.get(60, TimeUnit.SECONDS);
        }
    }
}
