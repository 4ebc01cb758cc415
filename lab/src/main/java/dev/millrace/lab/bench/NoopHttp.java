package dev.millrace.lab.bench;

import dev.millrace.common.token.Kid;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.MillraceStack;
import dev.millrace.lab.stack.Stage;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** The limit of HTTP: {@link NoopServer} as a process of its own, which gets the very bytes that ingest-api gets. */
final class NoopHttp extends HttpContestant {
    static final String NAME = "noop-http";

    /** It does not look at events, so that there is no viral case. */
    static final List<Scenario> SCENARIOS = MillraceServices.CASES.stream()
            .map(shape -> new Scenario(NAME, shape, null, Scenario.MANY))
            .toList();

    private static final Kid KID = Kid.parse("bench.1").orElseThrow();
    private static final String SECRET = "a server that does nothing checks no secret";

    private final int port = Ports.free();

    NoopHttp(Stage stage, Slabs slabs) {
        super(new EventRequests(TokenMint.forPublisher(KID, SECRET), slabs));
        ServerProcess server = startJava(
                NAME,
                NoopServer.class.getName(),
                stage.place(NAME),
                Map.of("MILLRACE_INGEST_PORT", Integer.toString(port), "SPRING_PROFILES_ACTIVE", ""),
                () -> listens(port),
                "--server.address=127.0.0.1",
                "--management.server.port=-1",
                "--management.endpoint.health.group.readiness.include=readinessState");
        String options = String.join(" ", MillraceStack.EDGE_JVM);
        runs("server", server, "java " + options + ", server settings of ingest-api");
    }

    /** There are no balances: an answer to each request is the sum. */
    @Override
    Round prepare(Scenario scenario, Events events) {
        List<ByteBuffer> requests = requests(scenario, events);
        return new Round() {
            private long acknowledgedMicros;

            @Override
            public long send(Histogram nanos) throws IOException {
                long sentAgain = NoopHttp.this.send(port, scenario, requests, nanos);
                acknowledgedMicros = events.micros();
                return sentAgain;
            }

            @Override
            public long counted() {
                return acknowledgedMicros;
            }
        };
    }
}
