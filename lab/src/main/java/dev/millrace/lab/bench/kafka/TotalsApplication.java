package dev.millrace.lab.bench.kafka;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.process.Signal;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** The application that counts events from Kafka and writes the totals to Postgres, as a process of its own. */
public final class TotalsApplication implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final Child child;

    private TotalsApplication(Child child) {
        this.child = child;
    }

    /**
     * Starts it and returns when it counts.
     *
     * @param broker its address
     * @param url of the database, which has the tables {@code balance} and {@code read_to}
     * @param login of the database
     * @param password of the login
     * @throws dev.millrace.local.process.StartFailure with the last lines of its log when it does not come up
     */
    public static TotalsApplication start(Place place, String broker, String url, String login, String password) {
        Path state = place.data().resolve("streams");
        Path ready = state.resolve(TotalsProcess.READY);
        try {
            Files.createDirectories(state);
            Files.deleteIfExists(ready);
        } catch (IOException e) {
            throw new UncheckedIOException("can't prepare " + state, e);
        }
        Map<String, String> secret = Map.of(TotalsProcess.PASSWORD, password);
        Child child =
                JavaChild.start("streams", TotalsProcess.class, place, secret, broker, state.toString(), url, login);
        new Readiness(child, PATIENCE, line -> {})
                .await(() -> Files.exists(ready) ? Readiness.Answer.READY : Readiness.Answer.SILENT);
        return new TotalsApplication(child);
    }

    /** The id of its process. */
    public long pid() {
        return child.handle().pid();
    }

    @Override
    public void close() {
        child.stop(Signal.TERM, GRACE);
    }
}
