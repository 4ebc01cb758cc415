package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
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
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

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

    /** The consumer group of the sink. Postgres has all totals up to its offsets. */
    static final String SINK = "sink";

    /** The environment variable with the password of the database. */
    static final String PASSWORD = "BENCH_DATABASE_PASSWORD";

    /** The file in the folder of the state that appears when events are being counted. */
    static final String READY = "ready";

    private static final String WRITE = """
            INSERT INTO balance SELECT * FROM unnest(?::text[], ?::bigint[])
            ON CONFLICT (creator) DO UPDATE SET micros = excluded.micros
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
        streams.setStateListener((now, before) -> announce(now, state));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
        Map<String, Object> settings = Map.ofEntries(
                Map.entry("bootstrap.servers", arguments[0]),
                Map.entry("group.id", SINK),
                Map.entry("isolation.level", "read_committed"),
                Map.entry("auto.offset.reset", "earliest"),
                Map.entry("enable.auto.commit", false),
                Map.entry("max.poll.records", 10_000));
        try (Connection connection = DriverManager.getConnection(arguments[2], arguments[3], System.getenv(PASSWORD));
                PreparedStatement write = connection.prepareStatement(WRITE);
                Consumer<String, Long> consumer =
                        new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            sink(consumer, write);
        }
    }

    private static void announce(KafkaStreams.State now, Path state) {
        try {
            if (now == KafkaStreams.State.RUNNING) {
                Files.writeString(state.resolve(READY), "");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KafkaStreams streams(String broker, Path state) {
        StreamsBuilder path = new StreamsBuilder();
        path.stream(CLICKS, Consumed.with(Serdes.String(), Serdes.String()))
                .processValues(new OncePerId())
                .groupByKey()
                .reduce(Math::addExact)
                .toStream()
                .to(TOTALS);
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.LongSerde.class);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 500);
        settings.put(StreamsConfig.consumerPrefix("max.poll.records"), 10_000);
        settings.put(StreamsConfig.producerPrefix("batch.size"), 128 * 1024);
        return new KafkaStreams(path.build(), settings);
    }

    /**
     * Goes on for ever. A total is written before its offset is committed; writing it twice changes nothing. What closes a
     * transaction takes an offset too, so that there may be news without records.
     */
    private static void sink(Consumer<String, Long> consumer, PreparedStatement write) throws SQLException {
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(TOTALS, partition))
                .toList();
        consumer.assign(partitions);
        Map<TopicPartition, Long> committed = Map.of();
        while (true) {
            Map<String, Long> latest = new HashMap<>();
            consumer.poll(Duration.ofMillis(200)).forEach(total -> latest.put(total.key(), total.value()));
            if (!latest.isEmpty()) {
                write.setObject(1, latest.keySet().toArray(String[]::new));
                write.setObject(2, latest.values().toArray(Long[]::new));
                write.executeUpdate();
            }
            Map<TopicPartition, Long> reached =
                    partitions.stream().collect(Collectors.toMap(partition -> partition, consumer::position));
            if (!reached.equals(committed)) {
                consumer.commitSync();
                committed = reached;
            }
        }
    }

    /**
     * From an id to the micros that it pays, where it was not there for {@value #MINUTES} minutes. It is remembered in a window
     * store, whose old segments go as a whole, in the window that it came in; only this one and the one before matter.
     */
    private static final class OncePerId implements FixedKeyProcessorSupplier<String, String, Long> {
        private static final String SEEN = "seen";
        private static final int MINUTES = 130;
        private static final Duration SPAN = Duration.ofMinutes(MINUTES);

        @Override
        public FixedKeyProcessor<String, String, Long> get() {
            return new Filter();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(Stores.windowStoreBuilder(
                    Stores.persistentWindowStore(SEEN, SPAN.multipliedBy(2), SPAN, false),
                    Serdes.String(),
                    Serdes.ByteArray()));
        }

        private static final class Filter extends ContextualFixedKeyProcessor<String, String, Long> {
            private static final byte[] NOTHING = {};

            @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before it hands over events.
            private WindowStore<String, byte[]> seen;

            @Override
            public void init(FixedKeyProcessorContext<String, Long> context) {
                super.init(context);
                seen = context.getStateStore(SEEN);
            }

            /** Looked up by their window's start: two gets, where asking for a span of time would scan. */
            @Override
            public void process(FixedKeyRecord<String, String> click) {
                String id = click.value();
                long window = click.timestamp() - click.timestamp() % SPAN.toMillis();
                if (seen.fetch(id, window) == null && seen.fetch(id, window - SPAN.toMillis()) == null) {
                    seen.put(id, NOTHING, window);
                    context().forward(click.withValue(Events.MICROS));
                }
            }
        }
    }
}
