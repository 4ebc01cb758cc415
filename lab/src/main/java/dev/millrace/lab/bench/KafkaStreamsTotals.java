package dev.millrace.lab.bench;

import dev.millrace.lab.bench.Pipeline.Clicks;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import kafka.tools.StorageTool;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
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
final class KafkaStreamsTotals implements Contestant {
    static final String NAME = "kafka";
    static final List<Case> CASES = List.of(Case.BATCH_100, Case.BATCH_1000);

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Map<String, Object> PRODUCER = Map.of(
            "acks",
            "all",
            "enable.idempotence",
            true,
            "linger.ms",
            5,
            "batch.size",
            128 * 1024,
            "compression.type",
            "lz4");

    private final ContestantDatabase database;
    private final JavaProcess broker;
    private final JavaProcess application;
    private final Admin admin;
    private final Producer<String, String> producer;

    KafkaStreamsTotals(Stage stage) throws Exception {
        this(stage.place(NAME), Durability.ALWAYS);
    }

    KafkaStreamsTotals(Place place, Durability durability) throws Exception {
        database = new ContestantDatabase(place, durability);
        try (Connection connection = database.connect()) {
            ContestantDatabase.execute(connection, TotalsProcess.READ_TO);
        }
        int port = Ports.free();
        String address = "127.0.0.1:" + port;
        broker = startBroker(place, port);
        admin = Admin.create(Map.of("bootstrap.servers", address));
        admin.createTopics(Stream.of(TotalsProcess.CLICKS, TotalsProcess.TOTALS)
                        .map(topic -> new NewTopic(topic, TotalsProcess.PARTITIONS, (short) 1))
                        .toList())
                .all()
                .get();
        Path state = Files.createDirectories(place.data().resolve("streams"));
        Path ready = state.resolve(TotalsProcess.READY);
        application = JavaProcess.start(
                "streams",
                TotalsProcess.class.getName(),
                place,
                Map.of(TotalsProcess.PASSWORD, database.password()),
                () -> Files.exists(ready) ? ServerProcess.Answer.READY : ServerProcess.Answer.SILENT,
                address,
                state.toString(),
                database.url(),
                Databases.OWNER);
        Map<String, Object> settings = new HashMap<>(PRODUCER);
        settings.put("bootstrap.servers", address);
        producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    /** Broker and controller in one process; few partitions of its own topics, which it would create one by one. */
    private static JavaProcess startBroker(Place place, int port) throws IOException {
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
        String[] format = {
            "format",
            "--config",
            properties.toString(),
            "--cluster-id",
            Uuid.randomUuid().toString(),
            "--standalone"
        };
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        if (StorageTool.execute(format, nowhere) != 0) {
            throw new IOException("kafka could not format " + folder);
        }
        return JavaProcess.start(
                "kafka", "kafka.Kafka", place, Map.of(), () -> JavaProcess.listens(port), properties.toString());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(
                "kafka %s, one node, flushed when the kernel likes; %s"
                        .formatted(AppInfoParser.getVersion(), new TreeMap<>(PRODUCER)),
                "kafka streams %s, exactly_once_v2, %d partitions"
                        .formatted(AppInfoParser.getVersion(), TotalsProcess.PARTITIONS),
                database.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenario.of(NAME, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return 50_000;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("kafka", broker.pid(), "streams", application.pid(), "postgres", database.pid());
    }

    @Override
    public Costs costs() throws SQLException {
        return database.costs(0, 0, 0);
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws SQLException {
        return new ClickingRound(scenario, Clicks.of(events), database.micros());
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
        application.close();
        broker.close();
        database.close();
    }

    /** The next offset of each partition, whether what is before it has been committed or not. */
    private Map<TopicPartition, Long> ends(String topic) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, TotalsProcess.PARTITIONS)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
        return admin.listOffsets(latest).all().get().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, end -> end.getValue().offset()));
    }

    /** Whether all clicks before these offsets have been counted, and their totals written to their topic. */
    private boolean areCounted(Map<TopicPartition, Long> ends) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(TotalsProcess.APPLICATION)
                .partitionsToOffsetAndMetadata()
                .get();
        return ends.entrySet().stream().allMatch(end -> {
            OffsetAndMetadata counted = committed.get(end.getKey());
            return end.getValue() == 0 || (counted != null && counted.offset() >= end.getValue());
        });
    }

    /** Whether the sink has read this far. */
    private boolean areWritten(Map<TopicPartition, Long> ends) throws SQLException {
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            long partition = end.getKey().partition();
            String readTo = "SELECT coalesce(max(next_offset), 0) FROM read_to WHERE partition = " + partition;
            if (database.look(readTo) < end.getValue()) {
                return false;
            }
        }
        return true;
    }

    /** Totals only grow, so that a round is what they have grown by. */
    private final class ClickingRound implements Round {
        private final Scenario scenario;
        private final Clicks clicks;
        private final long before;

        private ClickingRound(Scenario scenario, Clicks clicks, long before) {
            this.scenario = scenario;
            this.clicks = clicks;
            this.before = before;
        }

        @Override
        public long send(Histogram nanos) throws InterruptedException {
            new Pipeline(scenario.shape(), this::produce).send(clicks, nanos);
            return 0;
        }

        @Override
        public void settle() throws Exception {
            Map<TopicPartition, Long> clicked = ends(TotalsProcess.CLICKS);
            Wait.until("the application to count up to " + clicked, PATIENCE, () -> areCounted(clicked));
            Map<TopicPartition, Long> totalled = ends(TotalsProcess.TOTALS);
            Wait.until("the sink to write up to " + totalled, PATIENCE, () -> areWritten(totalled));
        }

        @Override
        public long counted() throws SQLException {
            return database.micros() - before;
        }

        @SuppressWarnings("FutureReturnValueIgnored") // The callback is told all that the future would say.
        private CompletionStage<Void> produce(Clicks lot) {
            CompletableFuture<Void> acknowledged = new CompletableFuture<>();
            AtomicInteger missing = new AtomicInteger(lot.size());
            for (int i = 0; i < lot.size(); i++) {
                ProducerRecord<String, String> click = new ProducerRecord<>(
                        TotalsProcess.CLICKS, lot.creators().get(i), lot.ids().get(i));
                producer.send(click, (where, failure) -> {
                    if (failure != null) {
                        acknowledged.completeExceptionally(failure);
                    } else if (missing.decrementAndGet() == 0) {
                        acknowledged.complete(null);
                    }
                });
            }
            return acknowledged;
        }
    }
}
