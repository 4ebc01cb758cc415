package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A contestant with a durable Postgres of its own and the table {@code balance}: micros by creator. The server counts what its
 * login {@link Databases#OWNER} does.
 */
abstract class DatabaseContestant extends Contestant {
    private static final String BALANCE =
            "CREATE TABLE IF NOT EXISTS balance (creator text PRIMARY KEY, micros bigint NOT NULL)";
    private static final String ADD = "UPDATE balance SET micros = micros + ? WHERE creator = ?";
    private static final String COUNT =
            "FROM pg_stat_statements(true) WHERE userid = '%s'::regrole AND query ~* '^(insert|update)'"
                    .formatted(Databases.OWNER);

    private final PostgresServer server;

    /** @param settings the server's settings, for people */
    DatabaseContestant(Place place, String settings) throws SQLException {
        server = PostgresServer.start(place, 0, Durability.ALWAYS);
        try (Connection connection = connect(PostgresServer.SUPERUSER)) {
            execute(
                    connection,
                    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'",
                    "ALTER SYSTEM SET pg_stat_statements.track_utility = off");
        }
        server.restart();
        try (Connection connection = connect(PostgresServer.SUPERUSER);
                Connection owner = connect()) {
            execute(connection, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
            execute(owner, BALANCE);
        }
        runs("postgres", server, server.description() + ", default settings, pg_stat_statements" + settings);
    }

    /** A session that commits after each statement; the caller closes it. */
    final Connection connect() throws SQLException {
        return connect(Databases.OWNER);
    }

    private Connection connect(String login) throws SQLException {
        return server.databases().connect(login, PostgresServer.DATABASE);
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    final PostgresServer server() {
        return server;
    }

    @Override
    Costs costs() throws SQLException {
        return costs(0, 0, 0);
    }

    /** Statements that write, and the rows that they have written; what is asked is not counted. */
    final Costs costs(long redisBytes, long remembered, long redisMicros) throws SQLException {
        return new Costs(
                look("SELECT coalesce(sum(calls), 0) " + COUNT),
                look("SELECT coalesce(sum(rows), 0) " + COUNT),
                redisBytes,
                remembered,
                redisMicros);
    }

    /** The number that a query answers with; it is not counted. */
    private long look(String query) throws SQLException {
        try (Connection connection = connect(PostgresServer.SUPERUSER);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }

    /** Leaves a balance of 0 micros for each of so many creators. */
    final void openBalances(int creators) throws SQLException {
        String rows = IntStream.range(0, creators)
                .mapToObj(rank -> "('" + Events.creatorName(rank) + "', 0)")
                .collect(Collectors.joining(", "));
        try (Connection connection = connect()) {
            execute(connection, "TRUNCATE balance", "INSERT INTO balance VALUES " + rows, "VACUUM ANALYZE balance");
        }
    }

    /** Adds to each its micros: an UPDATE per creator, all in one transaction and one exchange with the server. */
    final void addToBalances(Map<String, Long> micros) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement update = connection.prepareStatement(ADD)) {
            connection.setAutoCommit(false);
            for (Map.Entry<String, Long> one : micros.entrySet()) {
                update.setLong(1, one.getValue());
                update.setString(2, one.getKey());
                update.addBatch();
            }
            update.executeBatch();
            connection.commit();
        }
    }

    /** Micros in all balances. */
    final long micros() throws SQLException {
        return look("SELECT coalesce(sum(micros), 0) FROM balance");
    }
}
