package dev.millrace.lab.torture;

import dev.millrace.local.server.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** Questions to Postgres, past all links, that end in time also when it is frozen. For one thread. */
final class LedgerSession implements AutoCloseable {
    private final Connection connection;

    private LedgerSession(Connection connection) {
        this.connection = connection;
    }

    /** @param patienceSeconds the longest that connecting and each statement may take */
    static LedgerSession open(PostgresServer postgres, int patienceSeconds) throws SQLException {
        return open(postgres.url(), postgres.password(), patienceSeconds);
    }

    /** The same, with the superuser's password. */
    static LedgerSession open(String url, String password, int patienceSeconds) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", PostgresServer.SUPERUSER);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", Integer.toString(patienceSeconds));
        properties.setProperty("socketTimeout", Integer.toString(patienceSeconds));
        return new LedgerSession(DriverManager.getConnection(url, properties));
    }

    /** Reads one row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    <T> List<T> list(String sql, Row<T> row) throws SQLException {
        List<T> list = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                list.add(row.read(rows));
            }
        }
        return list;
    }

    long number(String sql) throws SQLException {
        return list(sql, row -> row.getLong(1)).getFirst();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
