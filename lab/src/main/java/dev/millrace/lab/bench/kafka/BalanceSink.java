package dev.millrace.lab.bench.kafka;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Writes {@link Topics#TOTALS} to the table {@code balance}, exactly once: how far it has read is kept in the table
 * {@code read_to} and changes in the same transaction. One thread.
 */
final class BalanceSink {
    private static final Duration PATIENCE = Duration.ofMillis(200);

    private static final String WRITE = """
            INSERT INTO balance SELECT * FROM unnest(?::text[], ?::bigint[])
            ON CONFLICT (creator) DO UPDATE SET micros = excluded.micros
            """;

    private static final String MOVE = """
            INSERT INTO read_to SELECT * FROM unnest(?::int[], ?::bigint[])
            ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset
            """;

    /** Not counted as a statement of the application. */
    private static final String REPORT = "SELECT pg_stat_force_next_flush()";

    private final Consumer<String, Long> consumer;
    private final Connection connection;
    private final List<TopicPartition> partitions = IntStream.range(0, Topics.PARTITIONS)
            .mapToObj(partition -> new TopicPartition(Topics.TOTALS, partition))
            .toList();
    private Map<TopicPartition, Long> readTo = new HashMap<>();

    /**
     * @param consumer reads committed records only, and commits nothing itself
     * @param connection belongs to the sink from now on
     */
    BalanceSink(Consumer<String, Long> consumer, Connection connection) throws SQLException {
        this.consumer = consumer;
        this.connection = connection;
        connection.setAutoCommit(false);
    }

    /** Creates the table of how far it has read, and goes on for ever from where that says it is. */
    void run() throws SQLException {
        consumer.assign(partitions);
        partitions.forEach(partition -> readTo.put(partition, 0L));
        readTo.putAll(stored());
        readTo.forEach(consumer::seek);
        while (true) {
            write(consumer.poll(PATIENCE));
        }
    }

    /** What closes a transaction takes an offset too, so that there may be news without records. */
    private void write(ConsumerRecords<String, Long> records) throws SQLException {
        Map<TopicPartition, Long> reached = new HashMap<>();
        partitions.forEach(partition -> reached.put(partition, consumer.position(partition)));
        if (reached.equals(readTo)) {
            return;
        }
        Map<String, Long> latest = new HashMap<>();
        for (ConsumerRecord<String, Long> total : records) {
            latest.put(total.key(), total.value());
        }
        if (!latest.isEmpty()) {
            execute(WRITE, "text", latest.keySet().toArray(), latest.values().toArray());
        }
        Object[] numbers =
                reached.keySet().stream().map(TopicPartition::partition).toArray();
        execute(MOVE, "int", numbers, reached.values().toArray());
        report();
        connection.commit();
        readTo = reached;
    }

    /** So that what this session has done is counted by the time its transaction can be seen. */
    private void report() throws SQLException {
        try (PreparedStatement report = connection.prepareStatement(REPORT)) {
            report.execute();
        }
    }

    private Map<TopicPartition, Long> stored() throws SQLException {
        Map<TopicPartition, Long> stored = new HashMap<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT partition, next_offset FROM read_to");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                stored.put(new TopicPartition(Topics.TOTALS, rows.getInt(1)), rows.getLong(2));
            }
        }
        connection.commit();
        return stored;
    }

    private void execute(String sql, String keyType, Object[] keys, Object[] numbers) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf(keyType, keys));
            statement.setArray(2, connection.createArrayOf("bigint", numbers));
            statement.executeUpdate();
        }
    }
}
