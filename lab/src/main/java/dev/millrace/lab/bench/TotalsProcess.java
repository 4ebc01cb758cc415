package dev.millrace.lab.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The process of the application: a Kafka Streams topology from {@link #CLICKS}, each id once, to {@link #TOTALS}, with what
 * Kafka calls exactly-once, and a sink that writes the totals to Postgres. Creators are the keys throughout, so nothing is sent
 * through Kafka a second time to be regrouped.
 */
final class TotalsProcess {
    /** Ids of events by creator, so that all of one creator, and so all with one id, are in the same partition. */
    static final String CLICKS = "clicks";

    /** The latest total of each creator: micros by creator. */
    static final String TOTALS = "totals";

    /** Of each topic; two a core of a small machine. */
    static final int PARTITIONS = 4;

    /** As its consumer group is called. */
    static final String APPLICATION = "totals";

    /** The environment variable with the password of the database. */
    static final String PASSWORD = "BENCH_DATABASE_PASSWORD";

    /** The file in the folder of the state that appears when events are being counted. */
    static final String READY = "ready";

    /** How far the sink has read: it changes in the transaction that writes the totals, so that each counts once. */
    static final String READ_TO =
            "CREATE TABLE IF NOT EXISTS read_to (partition int PRIMARY KEY, next_offset bigint NOT NULL)";

    private static final String WRITE = """
            INSERT INTO balance SELECT * FROM unnest(?::text[], ?::bigint[])
            ON CONFLICT (creator) DO UPDATE SET micros = excluded.micros
            """;
    private static final String MOVE = """
            INSERT INTO read_to SELECT * FROM unnest(?::int[], ?::bigint[])
            ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset
            """;

    private TotalsProcess() {}

    /** @param arguments the broker's address, the folder of the state, the JDBC URL and the login of the database */
    public static void main(String[] arguments) throws SQLException {
        Path state = Path.of(arguments[1]);
        KafkaStreams streams = streams(arguments[0], state);
        streams.setUncaughtExceptionHandler(failure -> {
            failure.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                announce(state);
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                arguments[0],
                "isolation.level",
                "read_committed",
                "enable.auto.commit",
                false,
                "max.poll.records",
                10_000);
        try (Connection connection = DriverManager.getConnection(arguments[2], arguments[3], System.getenv(PASSWORD));
                Consumer<String, Long> consumer =
                        new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            sink(consumer, connection);
        }
    }

    private static void announce(Path state) {
        try {
            Files.writeString(state.resolve(READY), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KafkaStreams streams(String broker, Path state) {
        StreamsBuilder path = new StreamsBuilder();
        path.stream(CLICKS, Consumed.with(Serdes.String(), Serdes.String()))
                .processValues(new OncePerId())
                .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
                .reduce(
                        Math::addExact,
                        Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("earned")
                                .withKeySerde(Serdes.String())
                                .withValueSerde(Serdes.Long()))
                .toStream()
                .to(TOTALS, Produced.with(Serdes.String(), Serdes.Long()));
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
        settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 10_000);
        settings.put(StreamsConfig.producerPrefix("batch.size"), 128 * 1024);
        return new KafkaStreams(path.build(), settings);
    }

    /** Goes on for ever. What closes a transaction takes an offset too, so that there may be news without records. */
    private static void sink(Consumer<String, Long> consumer, Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(TOTALS, partition))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> readTo = Map.of();
        while (true) {
            ConsumerRecords<String, Long> records = consumer.poll(Duration.ofMillis(200));
            Map<TopicPartition, Long> reached = new HashMap<>();
            partitions.forEach(partition -> reached.put(partition, consumer.position(partition)));
            if (reached.equals(readTo)) {
                continue;
            }
            Map<String, Long> latest = new HashMap<>();
            records.forEach(total -> latest.put(total.key(), total.value()));
            if (!latest.isEmpty()) {
                execute(
                        connection,
                        WRITE,
                        "text",
                        latest.keySet().toArray(),
                        latest.values().toArray());
            }
            Object[] numbers =
                    reached.keySet().stream().map(TopicPartition::partition).toArray();
            execute(connection, MOVE, "int", numbers, reached.values().toArray());
            connection.commit();
            readTo = reached;
        }
    }

    private static void execute(Connection connection, String sql, String keyType, Object[] keys, Object[] numbers)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf(keyType, keys));
            statement.setArray(2, connection.createArrayOf("bigint", numbers));
            statement.executeUpdate();
        }
    }
}
