package dev.millrace.lab.bench;

import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import java.sql.SQLException;

/**
 * A Postgres of one contestant, which connects as {@link Databases#OWNER}. The server itself counts what that login does.
 */
final class MeteredPostgres implements AutoCloseable {
    /** Makes the server count at once what this session has done. */
    static final String REPORT = "SELECT pg_stat_force_next_flush()";

    private static final String STATEMENTS = """
            SELECT coalesce(sum(calls), 0) FROM pg_stat_statements(true)
            WHERE userid = '%s'::regrole AND query <> '%s'
            """.formatted(Databases.OWNER, REPORT);

    private static final String ROWS_WRITTEN =
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables";

    private final PostgresServer server;

    private MeteredPostgres(PostgresServer server) {
        this.server = server;
    }

    static MeteredPostgres start(Place place, Durability durability) throws SQLException {
        PostgresServer server = PostgresServer.start(place, 0, durability);
        MeteredPostgres metered = new MeteredPostgres(server);
        try {
            metered.preload();
        } catch (SQLException e) {
            server.stop();
            throw e;
        }
        return metered;
    }

    /** A session with the database {@value PostgresServer#DATABASE}; the caller closes it. */
    MeteredSession session() throws SQLException {
        return session(Databases.OWNER);
    }

    /** The JDBC URL of the database. */
    String url() {
        return server.url();
    }

    /** The password of {@link Databases#OWNER}. */
    String password() {
        return server.password();
    }

    /** The binary and its settings, for people. */
    String description() {
        return server.description() + ", default settings, pg_stat_statements";
    }

    /** The id of the process that all its others descend from. */
    long pid() {
        return server.handle().pid();
    }

    /** Statements run so far, without those that begin and end transactions or change the schema. */
    long statements() throws SQLException {
        return look(STATEMENTS);
    }

    /** Rows inserted, updated and deleted so far. */
    long rowsWritten() throws SQLException {
        return look(ROWS_WRITTEN);
    }

    /** The number that a query answers with; it is not counted. */
    long look(String query) throws SQLException {
        try (MeteredSession session = session(PostgresServer.SUPERUSER)) {
            return session.number(query);
        }
    }

    @Override
    public void close() {
        server.stop();
    }

    private void preload() throws SQLException {
        try (MeteredSession session = session(PostgresServer.SUPERUSER)) {
            session.execute(
                    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'",
                    "ALTER SYSTEM SET pg_stat_statements.track_utility = off");
        }
        server.restart();
        try (MeteredSession session = session(PostgresServer.SUPERUSER)) {
            session.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        }
    }

    private MeteredSession session(String login) throws SQLException {
        return new MeteredSession(server.databases().connect(login, PostgresServer.DATABASE));
    }
}
