package dev.millrace.lab.bench;

import dev.millrace.lab.bench.Pipeline.Click;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kafka.tools.StorageTool;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Events to Kafka (one node), counted by a Kafka Streams application under exactly-once, whose totals a sink writes to Postgres
 * ({@link TotalsProcess}). An event is acknowledged when the broker has it: it is in the balance up to a second later. A crash
 * of a process neither loses nor doubles one; a power cut loses what the broker has left to the kernel to write to the disk.
 */
final class KafkaStreamsTotals extends DatabaseContestant {
    static final String NAME = "kafka";
    static final List<Scenario> SCENARIOS = Scenario.of(NAME, List.of(Case.BATCH_100, Case.BATCH_1000));

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Map<String, Object> PRODUCER = Map.ofEntries(
            Map.entry("acks", "all"),
            Map.entry("enable.idempotence", true),
            Map.entry("linger.ms", 5),
            Map.entry("batch.size", 128 * 1024),
            Map.entry("compression.type", "lz4"));

    private final Admin admin;
    private final Producer<String, String> producer;

    KafkaStreamsTotals(Stage stage) throws Exception {
        super(stage.place(NAME), "");
        Place place = stage.place(NAME);
        int port = Ports.free();
        String address = "127.0.0.1:" + port;
        runs(
                "kafka",
                startBroker(place, port),
                "kafka %s, one node, flushed when the kernel likes; %s"
                        .formatted(AppInfoParser.getVersion(), new TreeMap<>(PRODUCER)));
        admin = Admin.create(Map.of("bootstrap.servers", address));
        admin.createTopics(Stream.of(TotalsProcess.CLICKS, TotalsProcess.TOTALS)
                        .map(topic -> new NewTopic(topic, TotalsProcess.PARTITIONS, (short) 1))
                        .toList())
                .all()
                .get();
        Path state = Files.createDirectories(place.data().resolve("streams"));
        Path ready = state.resolve(TotalsProcess.READY);
        ServerProcess application = startJava(
                "streams",
                TotalsProcess.class.getName(),
                place,
                Map.of(TotalsProcess.PASSWORD, server().password()),
                () -> Files.exists(ready) ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT,
                address,
                state.toString(),
                server().url(),
                Databases.OWNER);
        runs(
                "streams",
                application,
                "kafka streams, exactly_once_v2, %d partitions".formatted(TotalsProcess.PARTITIONS));
        Map<String, Object> settings = new HashMap<>(PRODUCER);
        settings.put("bootstrap.servers", address);
        producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** Broker and controller in one process; few partitions of its own topics, which it would create one by one. */
    private static ServerProcess startBroker(Place place, int port) throws IOException {
        Path folder = Files.createDirectories(place.data().resolve("kafka"));
        Path properties = folder.resolve("server.properties");
        Files.writeString(properties, """
                process.roles=broker,controller
                node.id=1
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                controller.listener.names=CONTROLLER
                controller.quorum.bootstrap.servers=127.0.0.1:%2$d
                log.dirs=%3$s
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=4
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=4
                group.initial.rebalance.delay.ms=0
                """.formatted(port, Ports.free(), folder.resolve("log")));
        String cluster = Uuid.randomUuid().toString();
        String[] format = {"format", "--config", properties.toString(), "--cluster-id", cluster, "--standalone"};
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        if (StorageTool.execute(format, nowhere) != 0) {
            throw new IOException("kafka could not format " + folder);
        }
        return startJava("kafka", "kafka.Kafka", place, Map.of(), () -> listens(port), properties.toString());
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
        super.close();
    }

    /** Totals only grow, so a round counts their growth. */
    @Override
    Round prepare(Scenario scenario, Events events) throws SQLException {
        Pipeline pipeline = new Pipeline(scenario.shape(), events);
        long before = micros();
        return new Round() {
            @Override
            public long send(Histogram nanos) throws InterruptedException {
                pipeline.send(KafkaStreamsTotals.this::produce, nanos);
                return 0;
            }

            @Override
            public void settle() throws Exception {
                awaitReading(TotalsProcess.CLICKS, TotalsProcess.APPLICATION);
                awaitReading(TotalsProcess.TOTALS, TotalsProcess.SINK);
            }

            @Override
            public long counted() throws SQLException {
                return micros() - before;
            }
        };
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback is told all that the future would say.
    private CompletionStage<Void> produce(List<Click> lot) {
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        AtomicInteger missing = new AtomicInteger(lot.size());
        for (Click click : lot) {
            producer.send(new ProducerRecord<>(TotalsProcess.CLICKS, click.creator(), click.id()), (where, failure) -> {
                if (failure != null) {
                    acknowledged.completeExceptionally(failure);
                } else if (missing.decrementAndGet() == 0) {
                    acknowledged.complete(null);
                }
            });
        }
        return acknowledged;
    }

    /** Returns when a group has read all that is in a topic now, and has put away what comes of it. */
    private void awaitReading(String topic, String group) throws Exception {
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, TotalsProcess.PARTITIONS)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toMap(partition -> partition, _ -> OffsetSpec.latest()));
        Map<TopicPartition, ListOffsetsResultInfo> ends =
                admin.listOffsets(latest).all().get();
        Wait.until("%s to read %s up to %s".formatted(group, topic, ends), PATIENCE, () -> {
            Map<TopicPartition, OffsetAndMetadata> read = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get();
            return ends.entrySet().stream().allMatch(end -> {
                OffsetAndMetadata reached = read.get(end.getKey());
                return end.getValue().offset() == 0
                        || (reached != null
                                && reached.offset() >= end.getValue().offset());
            });
        });
    }
}
