package dev.millrace.lab.bench;

import dev.millrace.common.token.Kid;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.ServiceJvm;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The limit of HTTP: {@link NoopServer} as a process of its own, which gets the very bytes that ingest-api gets. */
final class NoopHttp implements Contestant {
    static final String NAME = "noop-http";

    private static final Kid KID = Kid.parse("bench.1").orElseThrow();
    private static final String SECRET = "a server that does nothing checks no secret";

    private final int port = Ports.free();
    private final JavaProcess server;
    private final EventRequests writer;
    private final Pacing pacing = new Pacing();

    NoopHttp(Stage stage, Slabs slabs) {
        this.writer = new EventRequests(TokenMint.forPublisher(KID, SECRET), slabs);
        this.server = JavaProcess.start(
                NAME,
                NoopServer.class.getName(),
                stage.place(NAME),
                Map.of("MILLRACE_INGEST_PORT", Integer.toString(port), "SPRING_PROFILES_ACTIVE", ""),
                () -> JavaProcess.listens(port),
                "--server.address=127.0.0.1",
                "--management.server.port=-1",
                "--management.endpoint.health.group.readiness.include=readinessState");
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of("java " + String.join(" ", ServiceJvm.EDGE_OPTIONS) + ", server settings of ingest-api");
    }

    /** It does not look at events, so that there is no viral case. */
    @Override
    public List<Scenario> scenarios() {
        return MillraceServices.CASES.stream()
                .map(shape -> new Scenario(NAME, shape, null, Scenario.MANY))
                .toList();
    }

    @Override
    public int roundSize(Scenario scenario) {
        return MillraceServices.roundSize(scenario.shape());
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("server", server.pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) {
        return new NoopRound(scenario, writer.of(events, scenario.shape().batch()), events.micros());
    }

    @Override
    public void close() {
        server.close();
    }

    private final class NoopRound implements Round {
        private final Scenario scenario;
        private final List<ByteBuffer> requests;
        private final long micros;
        private long acknowledged;

        private NoopRound(Scenario scenario, List<ByteBuffer> requests, long micros) {
            this.scenario = scenario;
            this.requests = requests;
            this.micros = micros;
        }

        @Override
        public long send(Histogram nanos) throws IOException {
            LoadReport report = pacing.send(port, scenario, requests, nanos);
            acknowledged = report.acknowledged();
            return report.sentAgain();
        }

        /** There are no balances: all or nothing, as the answers are. */
        @Override
        public long counted() {
            return acknowledged == requests.size() ? micros : 0;
        }
    }
}
