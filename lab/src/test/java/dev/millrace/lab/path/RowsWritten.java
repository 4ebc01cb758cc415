package dev.millrace.lab.path;

import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/** Rows that have been inserted, updated or deleted since the database was made, as Postgres counts them. */
final class RowsWritten {
    /** A session reports its figures at the latest when it ends; the worker opens new ones by itself. */
    private static final String END_SESSIONS = """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '%s'
            """.formatted(Databases.SETTLER);

    private static final String BY_TABLE = """
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS rows
            FROM pg_stat_user_tables WHERE schemaname NOT LIKE 'pg_temp%'
            """;

    private RowsWritten() {}

    static Map<String, Long> byTable(PostgresServer postgres) throws SQLException {
        Map<String, Long> rows = new TreeMap<>();
        try (Connection connection = postgres.databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
                Statement statement = connection.createStatement()) {
            statement.execute(END_SESSIONS);
            try (ResultSet tables = statement.executeQuery(BY_TABLE)) {
                while (tables.next()) {
                    rows.put(tables.getString("relname"), tables.getLong("rows"));
                }
            }
        }
        return rows;
    }

    /** What was added since; tables without a change are left out. */
    static Map<String, Long> between(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> difference = new TreeMap<>();
        after.forEach((table, rows) -> {
            long added = rows - before.getOrDefault(table, 0L);
            if (added != 0) {
                difference.put(table, added);
            }
        });
        return difference;
    }
}
