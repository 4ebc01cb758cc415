package dev.millrace.lab.bench;

import dev.millrace.lab.bench.kafka.Broker;
import dev.millrace.lab.bench.kafka.Click;
import dev.millrace.lab.bench.kafka.Offsets;
import dev.millrace.lab.bench.kafka.Topics;
import dev.millrace.lab.bench.kafka.TotalsApplication;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.Wait;
import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Place;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Events to Kafka, counted by a Kafka Streams application under exactly-once, whose totals a sink writes to Postgres. An
 * event is acknowledged when the broker has it: it is in the balance up to a second later. A crash of a process neither loses
 * nor doubles one; a power cut loses what the single broker has not written to the disk.
 */
final class KafkaStreamsTotals implements Contestant {
    static final String NAME = "kafka";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int LINGER_MILLIS = 5;
    private static final String COMPRESSION = "lz4";
    private static final int BATCH_BYTES = 128 * 1024;
    private static final int EVENTS = 50_000;

    static final List<Case> CASES = List.of(Case.BATCH_100, Case.BATCH_1000);

    private static final String READ_TO =
            "CREATE TABLE IF NOT EXISTS read_to (partition int PRIMARY KEY, next_offset bigint NOT NULL)";

    private final MeteredPostgres postgres;
    private final Balances balances;
    private final Broker broker;
    private final Offsets offsets;
    private final TotalsApplication application;
    private final Producer<String, Click> producer;

    private KafkaStreamsTotals(Place place, MeteredPostgres postgres, Broker broker) throws Exception {
        this.postgres = postgres;
        this.broker = broker;
        this.balances = Balances.in(postgres);
        try (MeteredSession session = postgres.session()) {
            session.execute(READ_TO);
        }
        this.offsets = new Offsets(broker.address());
        offsets.createTopics();
        this.application =
                TotalsApplication.start(place, broker.address(), postgres.url(), Databases.OWNER, postgres.password());
        this.producer = new KafkaProducer<>(settings(broker.address()), new StringSerializer(), Click.serializer());
    }

    static KafkaStreamsTotals start(Place place, Durability durability) throws Exception {
        MeteredPostgres postgres = MeteredPostgres.start(place, durability);
        Broker broker = Broker.start(place);
        return new KafkaStreamsTotals(place, postgres, broker);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(
                "kafka %s, one node, flushed when the kernel likes; acks=all, linger.ms=%d, batch.size=%d, %s"
                        .formatted(AppInfoParser.getVersion(), LINGER_MILLIS, BATCH_BYTES, COMPRESSION),
                "kafka streams %s, exactly_once_v2, %d partitions"
                        .formatted(AppInfoParser.getVersion(), Topics.PARTITIONS),
                postgres.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.of(NAME, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return EVENTS;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("kafka", broker.pid(), "streams", application.pid(), "postgres", postgres.pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws SQLException {
        return new Clicking(scenario.shape(), Clicks.of(events), balances.micros());
    }

    @Override
    public Costs costs() throws SQLException {
        return new Costs(postgres.statements(), postgres.rowsWritten(), 0, 0);
    }

    @Override
    public void close() {
        producer.close();
        offsets.close();
        application.close();
        broker.close();
        postgres.close();
    }

    private static Properties settings(String broker) {
        Properties settings = new Properties();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, COMPRESSION);
        return settings;
    }

    /** Whether the sink has read this far. */
    private boolean areWritten(Map<Integer, Long> ends) throws SQLException {
        for (Map.Entry<Integer, Long> end : ends.entrySet()) {
            String readTo = "SELECT coalesce(max(next_offset), 0) FROM read_to WHERE partition = " + end.getKey();
            if (postgres.look(readTo) < end.getValue()) {
                return false;
            }
        }
        return true;
    }

    /** Totals only grow, so that a round is what they have grown by. */
    private final class Clicking implements Round {
        private final Case shape;
        private final Clicks clicks;
        private final long before;

        private Clicking(Case shape, Clicks clicks, long before) {
            this.shape = shape;
            this.clicks = clicks;
            this.before = before;
        }

        @Override
        public void send(Histogram nanos) throws InterruptedException {
            new Pipeline(shape, (from, to) -> produce(clicks.lot(from, to))).send(clicks.size(), nanos);
        }

        @Override
        public void settle() throws Exception {
            Map<Integer, Long> clicked = offsets.ends(Topics.CLICKS);
            Wait.until("the application to count up to " + clicked, PATIENCE, () -> offsets.areCounted(clicked));
            Map<Integer, Long> totalled = offsets.ends(Topics.TOTALS);
            Wait.until("the sink to write up to " + totalled, PATIENCE, () -> areWritten(totalled));
        }

        @Override
        public long counted() throws SQLException {
            return balances.micros() - before;
        }

        @SuppressWarnings("FutureReturnValueIgnored") // The callback is told all that the future would say.
        private CompletionStage<Void> produce(Clicks lot) {
            CompletableFuture<Void> acknowledged = new CompletableFuture<>();
            AtomicInteger missing = new AtomicInteger(lot.size());
            for (int i = 0; i < lot.size(); i++) {
                Click click = new Click(lot.ids().get(i), Events.MICROS);
                producer.send(new ProducerRecord<>(Topics.CLICKS, lot.creators().get(i), click), (where, failure) -> {
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
