package dev.millrace.lab.bench.kafka;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The Kafka Streams application: from {@link Topics#CLICKS}, each id once, to {@link Topics#TOTALS}, with what Kafka calls
 * exactly-once. Creators are the keys throughout, so nothing is sent through Kafka a second time to be regrouped.
 */
final class Totals {
    /** As its consumer group is called. */
    static final String APPLICATION = "totals";

    private static final Duration COMMIT = Duration.ofMillis(500);
    private static final int THREADS = 2;
    private static final int FETCHED = 10_000;
    private static final int BATCH_BYTES = 128 * 1024;

    private Totals() {}

    /**
     * Not started yet.
     *
     * @param broker {@code host:port}
     * @param state the folder of its state stores
     */
    static KafkaStreams streams(String broker, Path state) {
        StreamsBuilder path = new StreamsBuilder();
        path.stream(Topics.CLICKS, Consumed.with(Serdes.String(), Click.serde()))
                .processValues(new Deduplication())
                .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
                .reduce(
                        Math::addExact,
                        Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>as("earned")
                                .withKeySerde(Serdes.String())
                                .withValueSerde(Serdes.Long()))
                .toStream()
                .to(Topics.TOTALS, Produced.with(Serdes.String(), Serdes.Long()));
        return new KafkaStreams(path.build(), settings(broker, state));
    }

    private static Properties settings(String broker, Path state) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, THREADS);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT.toMillis());
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), FETCHED);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), BATCH_BYTES);
        return settings;
    }
}
