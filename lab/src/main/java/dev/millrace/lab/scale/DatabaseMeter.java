package dev.millrace.lab.scale;

import dev.millrace.lab.stack.Wait;
import dev.millrace.local.server.Databases;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the database has done for worker and ledger. Whoever asks here is not counted. For one thread. */
final class DatabaseMeter implements AutoCloseable {
    /** The server hears of a session's rows when the session is idle for up to so long. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final String ROWS = """
            SELECT regexp_replace(relname, '_[0-9]{4}_[0-9]{2}$', '') AS name, sum(n_tup_ins + n_tup_upd)::bigint
            FROM pg_stat_user_tables WHERE schemaname = 'public' GROUP BY 1
            """;

    private final Connection connection;

    /** @param connection of a superuser; closed with this */
    DatabaseMeter(Connection connection) {
        this.connection = connection;
    }

    /**
     * A statement as pg_stat_statements knows it.
     *
     * @param text its login and its beginning
     * @param calls how often it ran
     * @param millis in all, COPY's with the waiting for its client
     */
    record Spent(String text, long calls, double millis) {}

    /** Statements are counted from here on. */
    void reset() throws SQLException {
        execute("SELECT pg_stat_statements_reset()");
    }

    /** Statements of a login since the last reset, with those that begin, set and end. */
    long statements(String login) throws SQLException {
        return number("""
                SELECT coalesce(sum(calls), 0)::bigint
                FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
                WHERE rolname = ?
                """, login);
    }

    /** Statements by the time they took in all, or by their number, the most first. */
    List<Spent> dearest(boolean byTime, int most) throws SQLException {
        String sql = """
                SELECT rolname || ': ' || left(regexp_replace(query, '\\s+', ' ', 'g'), 90), calls, total_exec_time + total_plan_time
                FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
                WHERE rolname IN (?, ?)
                ORDER BY CASE WHEN ? THEN total_exec_time + total_plan_time ELSE calls END DESC
                LIMIT ?
                """;
        List<Spent> spent = new ArrayList<>();
        try (PreparedStatement statement = prepared(sql, Databases.SETTLER, Databases.LEDGER, byTime, most);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                spent.add(new Spent(row.getString(1), row.getLong(2), row.getDouble(3)));
            }
        }
        return spent;
    }

    /** Rows inserted and updated since the server started, by table; months count as the table that they are of. */
    Map<String, Long> rows() throws SQLException {
        Map<String, Long> rows = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ROWS)) {
            while (row.next()) {
                rows.put(row.getString(1), row.getLong(2));
            }
        }
        return rows;
    }

    /** Rows by table since {@code before}, once the server has heard of at least so many. */
    Map<String, Long> rowsSince(Map<String, Long> before, long expected) throws Exception {
        Wait.until(
                "Postgres to count %,d rows".formatted(expected), PATIENCE, () -> sum(difference(before)) >= expected);
        return difference(before);
    }

    private Map<String, Long> difference(Map<String, Long> before) throws SQLException {
        Map<String, Long> rows = rows();
        rows.replaceAll((table, count) -> count - before.getOrDefault(table, 0L));
        rows.values().removeIf(count -> count == 0);
        return rows;
    }

    private static long sum(Map<String, Long> rows) {
        return rows.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Bytes of the write-ahead log so far. */
    long walBytes() throws SQLException {
        return number("SELECT (pg_current_wal_lsn() - '0/0')::bigint");
    }

    long number(String query, Object... values) throws SQLException {
        try (PreparedStatement statement = prepared(query, values);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private PreparedStatement prepared(String query, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(query);
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    Connection connection() {
        return connection;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
