package dev.millrace.lab.scale;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * The database as its superuser sees it. Whoever asks here is not counted. For one thread.
 *
 * @param connection closed with this
 * @param folder for rows that are copied
 */
record ScaleDatabase(Connection connection, Path folder) implements AutoCloseable {
    private static final double SECOND = 1e9;

    /**
     * What a settlement is held against: the rows that it wrote, copied by one client into tables of the same columns, each in
     * one COPY and one transaction, from a file that was written before.
     *
     * @param rows how many
     * @param bareSeconds into tables without an index
     * @param indexedSeconds into tables with the same indexes and checks
     */
    record Copied(long rows, double bareSeconds, double indexedSeconds) {}

    /**
     * Copies what journals after this one wrote.
     *
     * @param journal the last one before
     * @param account the last one before
     * @param articles that were active: their rows don't tell their journal, so that any as many serve
     */
    Copied copy(long journal, long account, long articles) throws SQLException, IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("posting", "SELECT * FROM posting WHERE journal_id > " + journal);
        queries.put("balance", "SELECT * FROM balance WHERE journal_id > " + journal);
        queries.put("account", "SELECT * FROM account WHERE account_id > " + account);
        queries.put("engagement", "SELECT * FROM engagement LIMIT " + articles);
        queries.put("article_score", "SELECT * FROM article_score LIMIT " + articles);
        long rows = 0;
        double bare = 0;
        double indexed = 0;
        for (Map.Entry<String, String> query : queries.entrySet()) {
            Path file = folder.resolve(query.getKey() + ".copy");
            rows += copyOut(query.getValue(), file);
            bare += copyIn(file, "(LIKE public.%s)".formatted(query.getKey()));
            indexed += copyIn(file, "(LIKE public.%s INCLUDING ALL)".formatted(query.getKey()));
            Files.delete(file);
        }
        return new Copied(rows, bare, indexed);
    }

    private long copyOut(String query, Path file) throws SQLException, IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            return connection.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY (" + query + ") TO STDOUT", out);
        }
    }

    /** After a checkpoint, so that what others wrote before is not on this one's account. */
    private double copyIn(Path file, String columns) throws SQLException, IOException {
        try (Statement statement = connection.createStatement();
                InputStream in = Files.newInputStream(file)) {
            statement.execute("CREATE TABLE copied " + columns);
            statement.execute("CHECKPOINT");
            long began = System.nanoTime();
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY copied FROM STDIN", in);
            double seconds = (System.nanoTime() - began) / SECOND;
            statement.execute("DROP TABLE copied");
            return seconds;
        }
    }

    /** Statements of a login since the last reset of pg_stat_statements, with those that begin, set and end. */
    long statements(String login) throws SQLException {
        return number("""
                SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
                WHERE rolname = '%s'
                """.formatted(login));
    }

    long number(String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
