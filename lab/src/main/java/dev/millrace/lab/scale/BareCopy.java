package dev.millrace.lab.scale;

import dev.millrace.lab.stack.CpuTime;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postgresql.PGConnection;

/**
 * What a settlement is held against: the rows that it wrote, copied by one client into tables of the same columns, each in
 * one COPY and one transaction, from a file that was written before.
 */
final class BareCopy {
    private static final double MILLI = 1e6;

    private final DatabaseMeter database;
    private final long server;
    private final Path folder;

    /**
     * @param server the id of the database's process
     * @param folder for the rows
     */
    BareCopy(DatabaseMeter database, long server, Path folder) {
        this.database = database;
        this.server = server;
        this.folder = folder;
    }

    /**
     * How long a COPY took.
     *
     * @param millis until it was committed
     * @param cpuSeconds of the database's processes, which depends less on what else the machine does
     */
    record Took(double millis, double cpuSeconds) {
        Took plus(Took other) {
            return new Took(millis + other.millis, cpuSeconds + other.cpuSeconds);
        }
    }

    /** Of one table: rows, and their COPY into a table without an index and into one with the same indexes and checks. */
    record Copied(long rows, Took bare, Took indexed) {
        static final Copied NOTHING = new Copied(0, new Took(0, 0), new Took(0, 0));

        Copied plus(Copied other) {
            return new Copied(rows + other.rows, bare.plus(other.bare), indexed.plus(other.indexed));
        }
    }

    /**
     * Copies what journals after this one wrote.
     *
     * @param journal the last one before
     * @param account the last one before
     * @param written rows by table: of those that do not tell their journal any so many serve
     */
    Map<String, Copied> since(long journal, long account, Map<String, Long> written) throws SQLException, IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("posting", "SELECT * FROM posting WHERE journal_id > %d".formatted(journal));
        queries.put("balance", "SELECT * FROM balance WHERE journal_id > %d".formatted(journal));
        queries.put("account", "SELECT * FROM account WHERE account_id > %d".formatted(account));
        queries.put(
                "engagement", "SELECT * FROM engagement LIMIT %d".formatted(written.getOrDefault("engagement", 0L)));
        queries.put(
                "article_score",
                "SELECT * FROM article_score LIMIT %d".formatted(written.getOrDefault("article_score", 0L)));
        Map<String, Copied> copied = new LinkedHashMap<>();
        for (Map.Entry<String, String> query : queries.entrySet()) {
            copied.put(query.getKey(), copy(query.getKey(), query.getValue()));
        }
        return copied;
    }

    private Copied copy(String table, String query) throws SQLException, IOException {
        Path file = folder.resolve(table + ".copy");
        long rows;
        try (OutputStream out = Files.newOutputStream(file)) {
            rows = database.connection()
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyOut("COPY (" + query + ") TO STDOUT", out);
        }
        database.execute("CREATE SCHEMA IF NOT EXISTS copied");
        Took bare = into(file, "(LIKE public." + table + ")");
        Took indexed = into(file, "(LIKE public." + table + " INCLUDING ALL)");
        Files.delete(file);
        return new Copied(rows, bare, indexed);
    }

    private Took into(Path file, String columns) throws SQLException, IOException {
        database.execute("CREATE TABLE copied.rows " + columns);
        database.execute("CHECKPOINT"); // What others wrote before is not on this one's account.
        double cpu = CpuTime.ofTree(server);
        long began = System.nanoTime();
        try (InputStream in = Files.newInputStream(file)) {
            database.connection().unwrap(PGConnection.class).getCopyAPI().copyIn("COPY copied.rows FROM STDIN", in);
        }
        Took took = new Took((System.nanoTime() - began) / MILLI, CpuTime.ofTree(server) - cpu);
        database.execute("DROP TABLE copied.rows");
        return took;
    }
}
