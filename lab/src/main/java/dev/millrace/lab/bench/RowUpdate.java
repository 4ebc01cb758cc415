package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * What users have today: each event is a transaction of one UPDATE of the creator's row. Postgres is durable and has its
 * default settings, {@code synchronous_commit = on} among them.
 */
final class RowUpdate implements Contestant {
    static final String NAME = "row-update";

    static final List<Case> CASES =
            List.of(new Case("clients-1", 1, 1), new Case("clients-8", 1, 8), new Case("clients-64", 1, 64));
    private static final int ROUND = 1_000;
    private static final int DIGITS = 3;

    private static final List<String> FRESH = List.of(
            "DROP TABLE IF EXISTS creator", "CREATE TABLE creator (name text PRIMARY KEY, balance bigint NOT NULL)");
    private static final String PAY = "UPDATE creator SET balance = balance + ? WHERE name = ?";
    private static final String SUM = "SELECT sum(balance)::bigint FROM creator";

    private final PostgresServer server;
    private final AtomicLong updates = new AtomicLong();

    private RowUpdate(PostgresServer server) {
        this.server = server;
    }

    static Contestant start(Stage stage) {
        return new RowUpdate(PostgresServer.start(stage.place(NAME), 0, Durability.ALWAYS, stage.progress()));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(server.description() + ", fsync on, synchronous_commit on, autocommit, prepared statements");
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.of(NAME, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return ROUND;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("postgres", server.handle().pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : FRESH) {
                statement.execute(sql);
            }
            statement.execute("INSERT INTO creator SELECT 'c-' || rank, 0 FROM generate_series(0, %d) AS rank"
                    .formatted(scenario.creators() - 1));
            statement.execute("VACUUM ANALYZE creator");
            statement.execute("CHECKPOINT");
        }
        return new UpdateRound(events, connections(scenario.shape().clients()));
    }

    /** Every event is a statement and a row, counted here. */
    @Override
    public Costs costs() {
        return new Costs(updates.get(), updates.get(), 0, 0);
    }

    @Override
    public void close() {
        server.close();
    }

    private Connection connect() throws SQLException {
        return server.databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
    }

    private List<Connection> connections(int count) throws SQLException {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            connections.add(connect());
        }
        return connections;
    }

    /** One thread a connection, each takes the next event when the one before is committed. */
    private final class UpdateRound implements Round {
        private final Events events;
        private final List<Connection> connections;
        private final AtomicInteger next = new AtomicInteger();

        UpdateRound(Events events, List<Connection> connections) {
            this.events = events;
            this.connections = connections;
        }

        @Override
        public void send(Histogram nanos) throws Exception {
            try (ExecutorService clients = Executors.newFixedThreadPool(connections.size())) {
                List<Future<Histogram>> work = connections.stream()
                        .map(connection -> clients.submit(() -> update(connection)))
                        .toList();
                for (Future<Histogram> done : work) {
                    nanos.add(done.get());
                }
            }
        }

        @Override
        public long counted() throws SQLException {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement();
                    ResultSet sum = statement.executeQuery(SUM)) {
                sum.next();
                return sum.getLong(1);
            }
        }

        private Histogram update(Connection connection) throws SQLException {
            Histogram nanos = new Histogram(DIGITS);
            try (connection;
                    PreparedStatement pay = connection.prepareStatement(PAY)) {
                for (int i = next.getAndIncrement(); i < events.size(); i = next.getAndIncrement()) {
                    long began = System.nanoTime();
                    pay.setLong(1, Events.MICROS);
                    pay.setString(2, events.creator(i));
                    updates.addAndGet(pay.executeUpdate());
                    nanos.recordValue(System.nanoTime() - began);
                }
            }
            return nanos;
        }
    }
}
