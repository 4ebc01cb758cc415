package dev.millrace.lab.path;

import dev.millrace.counters.Partition;
import dev.millrace.local.server.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * What the ledger knows of the partitions' histories.
 *
 * @param numbers the lineage of each
 * @param openings how often partitions were opened, all together: once each, unless something was lost
 */
record Lineages(Map<Partition, Long> numbers, long openings) {
    private static final String CURSORS =
            "SELECT partition, lineage, (SELECT count(*) FROM partition_opening) AS openings FROM partition_cursor";

    static Lineages of(PostgresServer postgres) throws SQLException {
        try (Connection connection = postgres.databases().connect(PostgresServer.SUPERUSER, PostgresServer.DATABASE);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(CURSORS)) {
            Map<Partition, Long> numbers = new HashMap<>();
            long openings = 0;
            while (rows.next()) {
                numbers.put(Partition.of(rows.getInt("partition")), rows.getLong("lineage"));
                openings = rows.getLong("openings");
            }
            return new Lineages(numbers, openings);
        }
    }

    long number(Partition partition) {
        return numbers.getOrDefault(partition, 0L);
    }
}
