package dev.millrace.lab.bench.kafka;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** The process of the application: counts by Kafka Streams, and writes the totals to Postgres. */
final class TotalsProcess {
    /** The environment variable with the password of the database. */
    static final String PASSWORD = "BENCH_DATABASE_PASSWORD";

    /** The file in the folder of the state that appears when events are being counted. */
    static final String READY = "ready";

    private TotalsProcess() {}

    /** @param arguments the broker's address, the folder of the state, the JDBC URL and the login of the database */
    public static void main(String[] arguments) throws SQLException {
        String broker = arguments[0];
        Path state = Path.of(arguments[1]);
        KafkaStreams streams = Totals.streams(broker, state);
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
        new BalanceSink(
                        new KafkaConsumer<>(consumer(broker), new StringDeserializer(), new LongDeserializer()),
                        DriverManager.getConnection(arguments[2], arguments[3], System.getenv(PASSWORD)))
                .run();
    }

    private static void announce(Path state) {
        try {
            Files.writeString(state.resolve(READY), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties consumer(String broker) {
        Properties settings = new Properties();
        settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        return settings;
    }
}
