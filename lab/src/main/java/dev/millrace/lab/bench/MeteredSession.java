package dev.millrace.lab.bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A connection to a {@link MeteredPostgres} whose work has been counted once it has reported or is closed: by itself the
 * server takes up to ten seconds longer. For one thread at a time.
 *
 * @param connection commits after each statement, unless told otherwise
 */
record MeteredSession(Connection connection) implements AutoCloseable {
    /** Runs statements one after another. */
    void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The number that a query answers with. */
    long number(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getLong(1);
        }
    }

    /** Has everything counted that it has done so far. */
    void report() throws SQLException {
        execute(MeteredPostgres.REPORT);
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            report();
        }
    }
}
