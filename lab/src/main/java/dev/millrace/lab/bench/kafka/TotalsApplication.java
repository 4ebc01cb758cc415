package dev.millrace.lab.bench.kafka;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The application that counts events from Kafka and writes the totals to Postgres, as a process of its own. */
public final class TotalsApplication implements AutoCloseable {

    private final ServerProcess child;

    private TotalsApplication(ServerProcess child) {
        this.child = child;
    }

    /**
     * Starts it and returns when it counts.
     *
     * @param broker its address
     * @param url of the database, which has the tables {@code balance} and {@code read_to}
     * @param login of the database
     * @param password of the login
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
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
        ServerProcess child = JavaChild.start(
                "streams",
                TotalsProcess.class,
                place,
                secret,
                () -> Files.exists(ready) ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT,
                broker,
                state.toString(),
                url,
                login);
        return new TotalsApplication(child);
    }

    /** The id of its process. */
    public long pid() {
        return child.handle().pid();
    }

    @Override
    public void close() {
        child.stop();
    }
}
