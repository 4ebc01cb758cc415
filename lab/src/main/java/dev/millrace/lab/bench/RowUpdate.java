package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Stage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;

/**
 * What users have today: each event is a transaction of one UPDATE of the creator's row. Postgres is durable and has its
 * default settings, {@code synchronous_commit = on} among them.
 */
final class RowUpdate extends DatabaseContestant {
    static final String NAME = "row-update";

    /** The case with most connections. */
    static final String MOST_CLIENTS = "clients-64";

    static final List<Scenario> SCENARIOS = Scenario.of(
            NAME, List.of(new Case("clients-1", 1, 1), new Case("clients-8", 1, 8), new Case(MOST_CLIENTS, 1, 64)));

    private static final String PAY = "UPDATE balance SET micros = micros + ? WHERE creator = ?";

    RowUpdate(Stage stage) throws SQLException {
        super(stage.place(NAME), ", fsync on, synchronous_commit on, autocommit, prepared statements");
    }

    /** One thread per connection. A thread takes its next event after it has committed the last one. */
    @Override
    Round prepare(Scenario scenario, Events events) throws SQLException {
        openBalances(scenario.creators());
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < scenario.shape().clients(); i++) {
            connections.add(connect());
        }
        AtomicInteger next = new AtomicInteger();
        return new Round() {
            @Override
            public long send(Histogram nanos) throws Exception {
                try (ExecutorService clients = Executors.newFixedThreadPool(connections.size())) {
                    List<Future<Histogram>> work = connections.stream()
                            .map(connection -> clients.submit(() -> update(connection, events, next)))
                            .toList();
                    for (Future<Histogram> done : work) {
                        nanos.add(done.get());
                    }
                }
                return 0;
            }

            @Override
            public long counted() throws SQLException {
                return micros();
            }
        };
    }

    private static Histogram update(Connection connection, Events events, AtomicInteger next) throws SQLException {
        Histogram nanos = new Histogram(3);
        try (connection;
                PreparedStatement pay = connection.prepareStatement(PAY)) {
            for (int i = next.getAndIncrement(); i < events.size(); i = next.getAndIncrement()) {
                long began = System.nanoTime();
                pay.setLong(1, Events.MICROS);
                pay.setString(2, events.creator(i));
                pay.executeUpdate();
                nanos.recordValue(System.nanoTime() - began);
            }
        }
        return nanos;
    }
}
