package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The table {@code balance} of a contestant: micros by creator. */
final class Balances {
    private static final String CREATE =
            "CREATE TABLE IF NOT EXISTS balance (creator text PRIMARY KEY, micros bigint NOT NULL)";

    private static final String ADD = "UPDATE balance SET micros = micros + ? WHERE creator = ?";

    private final MeteredPostgres postgres;

    private Balances(MeteredPostgres postgres) {
        this.postgres = postgres;
    }

    /** Creates the table where it is missing. */
    static Balances in(MeteredPostgres postgres) throws SQLException {
        try (MeteredSession session = postgres.session()) {
            session.execute(CREATE);
        }
        return new Balances(postgres);
    }

    /** Leaves a row of 0 micros for each of so many creators. */
    void open(int creators) throws SQLException {
        String rows = IntStream.range(0, creators)
                .mapToObj(rank -> "('" + Events.creatorName(rank) + "', 0)")
                .collect(Collectors.joining(", "));
        try (MeteredSession session = postgres.session()) {
            session.execute("TRUNCATE balance", "INSERT INTO balance VALUES " + rows, "VACUUM ANALYZE balance");
        }
    }

    /** Who has a balance. */
    List<String> creators() throws SQLException {
        List<String> creators = new ArrayList<>();
        try (MeteredSession session = postgres.session();
                Statement statement = session.connection().createStatement();
                ResultSet rows = statement.executeQuery("SELECT creator FROM balance")) {
            while (rows.next()) {
                creators.add(rows.getString(1));
            }
        }
        return creators;
    }

    /** Adds to each its micros: an UPDATE per creator, all in one transaction and one exchange with the server. */
    void add(Map<String, Long> micros) throws SQLException {
        try (MeteredSession session = postgres.session();
                PreparedStatement update = session.connection().prepareStatement(ADD)) {
            session.connection().setAutoCommit(false);
            for (Map.Entry<String, Long> one : micros.entrySet()) {
                update.setLong(1, one.getValue());
                update.setString(2, one.getKey());
                update.addBatch();
            }
            update.executeBatch();
            session.connection().commit();
            session.connection().setAutoCommit(true);
        }
    }

    /** Micros in all of them. */
    long micros() throws SQLException {
        return postgres.look("SELECT coalesce(sum(micros), 0) FROM balance");
    }
}
