package dev.millrace.lab.bench;

import dev.millrace.common.token.Kid;
import dev.millrace.lab.bench.noop.NoopServer;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.ServiceJvm;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The limit of HTTP: {@link NoopServer} as a process of its own, which gets the very bytes that ingest-api gets. */
final class NoopHttp implements Contestant {
    static final String NAME = "noop-http";

    private static final Kid KID = Kid.parse("bench.1").orElseThrow();
    private static final String SECRET = "a server that does nothing checks no secret";

    private final ServerProcess process;
    private final int port;
    private final EventRequests requests;
    private final Peaks peaks = new Peaks();

    private NoopHttp(ServerProcess process, int port, Slabs slabs) {
        this.process = process;
        this.port = port;
        this.requests = new EventRequests(TokenMint.forPublisher(KID, SECRET), slabs);
    }

    static Contestant start(Stage stage) throws IOException {
        int port = Ports.free();
        Place place = stage.place(NAME);
        Files.createDirectories(place.data());
        ServerProcess.Plan plan = new ServerProcess.Plan(
                NAME,
                command(stage.root()),
                Map.of("MILLRACE_INGEST_PORT", Integer.toString(port), "SPRING_PROFILES_ACTIVE", ""),
                place.data(),
                place.logs().resolve(NAME + ".log"));
        ServerProcess process = new ServerProcess(plan, () -> probe(port));
        process.start();
        process.awaitReady(stage.progress());
        return new NoopHttp(process, port, stage.slabs());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of("java " + String.join(" ", ServiceJvm.EDGE_OPTIONS) + ", server settings of ingest-api");
    }

    @Override
    public List<Scenario> scenarios() {
        return Millrace.CASES.stream()
                .map(shape -> new Scenario(NAME, shape, null, Plan.MANY))
                .toList();
    }

    @Override
    public int roundSize(Scenario scenario) {
        return Millrace.roundSize(scenario.shape());
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("server", process.handle().pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) {
        return new NoopRound(scenario, requests.of(events, scenario.shape().batch()), events.micros());
    }

    @Override
    public Costs costs() {
        return Costs.NONE;
    }

    @Override
    public void close() {
        process.stop();
    }

    private static List<String> command(Path root) throws IOException {
        String classPath = root.resolve("lab/target/classes") + ":"
                + Files.readString(root.resolve("lab/target/runtime.classpath"));
        List<String> command = new ArrayList<>(List.of(ServiceJvm.PROGRAM));
        command.addAll(ServiceJvm.EDGE_OPTIONS);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                NoopServer.class.getName(),
                "--server.address=127.0.0.1",
                "--management.server.port=-1",
                "--management.endpoint.health.group.readiness.include=readinessState"));
        return command;
    }

    private static ServerProcess.Answer probe(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected() ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT;
        }
    }

    private final class NoopRound implements Round {
        private final Scenario scenario;
        private final List<ByteBuffer> bodies;
        private final long micros;
        private long counted;
        private long repeated;

        NoopRound(Scenario scenario, List<ByteBuffer> bodies, long micros) {
            this.scenario = scenario;
            this.bodies = bodies;
            this.micros = micros;
        }

        @Override
        public void send(Histogram nanos) throws IOException {
            LoadClient client = LoadClient.http(port, scenario.shape().clients());
            LoadReport report = client.send(bodies, peaks.drive(scenario), Refusals.SEND_AGAIN, nanos, null);
            peaks.reached(scenario, report.acknowledgedPerSecond());
            repeated = report.sentAgain();
            counted = report.acknowledged() == bodies.size() ? micros : 0;
        }

        /** There are no balances: all or nothing, as the answers are. */
        @Override
        public long counted() {
            return counted;
        }

        @Override
        public long repeated() {
            return repeated;
        }
    }
}
