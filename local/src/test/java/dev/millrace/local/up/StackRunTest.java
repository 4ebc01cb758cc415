package dev.millrace.local.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.command.Terminal;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.server.Ports;
import dev.millrace.local.settings.Part;
import dev.millrace.local.testing.StubServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest on a stack that runs already. {@code StackIT} has one on a stack of its own. */
class StackRunTest {
    private static final String READINESS = "GET /actuator/health/readiness";
    private static final StackGuest NOBODY = () -> () -> {};
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private Path root;

    private final Map<String, String> environment = new HashMap<>();
    private final Screen out = new Screen();
    private final Screen err = new Screen();
    private StackHome running;

    @BeforeEach
    void start() throws IOException {
        for (Part part : List.of(Part.LEDGER, Part.WORKER, Part.INGEST)) {
            environment.put(part.variable(), Integer.toString(Ports.free()));
            environment.put(part.managementVariable(), Integer.toString(Ports.free()));
        }
        running = StackHome.take(terminal().settings().home());
    }

    @AfterEach
    void stop() throws IOException {
        running.close();
    }

    @Test
    void aHomeIsTakenWhileAStackRunsInIt() throws IOException {
        Path home = terminal().settings().home();
        assertThat(StackHome.isTaken(home)).isTrue();
        assertThat(StackHome.isTaken(root.resolve("none"))).isFalse();
        running.close();
        assertThat(StackHome.isTaken(home)).isFalse();
    }

    @Test
    void aGuestRunsOnAStackThatIsReadyUntilItIsStopped() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        FutureTask<Integer> run = new FutureTask<>(() -> StackRun.untilInterrupted(() -> StackRun.join(
                terminal(),
                () -> {
                    begun.countDown();
                    return ended::countDown;
                },
                LONG)));
        List<StubServer> ready = allReady();
        Thread thread = Thread.ofPlatform().start(run);
        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
        thread.interrupt();
        assertThat(run.get(60, TimeUnit.SECONDS)).isZero();
        assertThat(ended.getCount()).isZero();
        assertThat(out.lines()).containsExactly("stack              runs in " + root.resolve(".millrace"));
        ready.forEach(StubServer::close);
    }

    @Test
    void aServiceThatDoesNotBecomeReadyIsNamed() {
        assertThatThrownBy(() -> StackRun.join(terminal(), NOBODY, SHORT))
                .isInstanceOf(CommandException.class)
                .hasMessage(
                        "a ./millrace up runs in %1$s, but no ledger-service is ready at http://127.0.0.1:%2$s; see its logs in %1$s/logs, or set MILLRACE_LEDGER_MANAGEMENT_PORT as it was set there",
                        root.resolve(".millrace"), environment.get("MILLRACE_LEDGER_MANAGEMENT_PORT"));
    }

    @Test
    void aStackThatEndsWhileItStartsIsGone() throws IOException {
        running.close();
        assertThatThrownBy(() -> StackRun.join(terminal(), NOBODY, LONG))
                .isInstanceOf(CommandException.class)
                .hasMessage("the ./millrace up that was starting in %1$s has ended; its logs are in %1$s/logs"
                        .formatted(root.resolve(".millrace")));
    }

    @Test
    void aGuestThatCanNotStartSaysWhy() throws IOException {
        List<StubServer> ready = allReady();
        assertThatThrownBy(() -> StackRun.join(
                        terminal(),
                        () -> {
                            throw CommandException.failed("the guest can't");
                        },
                        LONG))
                .hasMessage("the guest can't");
        ready.forEach(StubServer::close);
    }

    private List<StubServer> allReady() throws IOException {
        return List.of(ready(Part.LEDGER), ready(Part.WORKER), ready(Part.INGEST));
    }

    private StubServer ready(Part part) throws IOException {
        return new StubServer(terminal().settings().managementPort(part)).on(READINESS, 200, "{}");
    }

    private Terminal terminal() {
        return new Terminal(environment, root, out.stream(), err.stream(), 0, Clock.systemUTC());
    }
}
