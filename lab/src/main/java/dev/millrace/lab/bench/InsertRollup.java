package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * A row per event, whose primary key lets it count once, and a roll-up now and then: one statement that marks the rows
 * that are new and adds their sums to the balances. A crash neither loses nor doubles what was acknowledged.
 */
final class InsertRollup implements Contestant {
    static final String NAME = "insert-rollup";

    private static final int SINGLES = 2_000;
    private static final int BATCHED = 20_000;

    static final List<Case> CASES = List.of(
            new Case("clients-1", 1, 1),
            new Case("clients-8", 1, 8),
            new Case("clients-64", 1, 64),
            new Case("batch-100", 100, 8));

    private static final String EVENT = """
            CREATE TABLE IF NOT EXISTS event (
                id text PRIMARY KEY,
                creator text NOT NULL,
                micros bigint NOT NULL,
                counted boolean NOT NULL DEFAULT false)
            """;

    private static final String WAITING =
            "CREATE INDEX IF NOT EXISTS event_waiting ON event (creator) WHERE NOT counted";

    private static final String ROLL_UP = """
            WITH fresh AS (
                UPDATE event SET counted = true WHERE NOT counted RETURNING creator, micros
            ), sums AS (
                SELECT creator, sum(micros)::bigint AS micros FROM fresh GROUP BY creator
            )
            UPDATE balance SET micros = balance.micros + sums.micros FROM sums WHERE balance.creator = sums.creator
            """;

    private final MeteredPostgres postgres;
    private final Balances balances;
    private final List<MeteredSession> clients = new ArrayList<>();

    private InsertRollup(MeteredPostgres postgres, Balances balances) {
        this.postgres = postgres;
        this.balances = balances;
    }

    static InsertRollup start(Place place, Durability durability) throws SQLException {
        MeteredPostgres postgres = MeteredPostgres.start(place, durability);
        try (MeteredSession session = postgres.session()) {
            session.execute(EVENT, WAITING);
            return new InsertRollup(postgres, Balances.in(postgres));
        } catch (SQLException e) {
            postgres.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(postgres.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.of(NAME, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return scenario.shape().batch() == 1 ? SINGLES : BATCHED;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("postgres", postgres.pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws SQLException {
        balances.open(scenario.creators());
        try (MeteredSession session = postgres.session()) {
            session.execute("TRUNCATE event");
        }
        endClients();
        for (int client = 0; client < scenario.shape().clients(); client++) {
            clients.add(postgres.session());
        }
        return new Inserts(new InsertClients(List.copyOf(clients), scenario.shape(), Clicks.of(events)));
    }

    @Override
    public Costs costs() throws SQLException {
        return new Costs(postgres.statements(), postgres.rowsWritten(), 0, 0);
    }

    @Override
    public void close() {
        postgres.close();
    }

    private void endClients() throws SQLException {
        for (MeteredSession client : clients) {
            client.close();
        }
        clients.clear();
    }

    private void rollUp() throws SQLException {
        try (MeteredSession session = postgres.session()) {
            session.execute(ROLL_UP);
        }
    }

    private final class Inserts implements Round {
        private final InsertClients clients;

        private Inserts(InsertClients clients) {
            this.clients = clients;
        }

        @Override
        public void send(Histogram nanos) throws Exception {
            clients.send(nanos);
        }

        @Override
        public void drain() throws SQLException {
            rollUp();
        }

        @Override
        public long counted() throws SQLException {
            return balances.micros();
        }
    }
}
