package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Drive;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.LoadReport;
import dev.millrace.lab.load.Refusals;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.Histogram;

/**
 * The limit of Redis: INCRBYFLOAT of whole micros to a key a creator, pipelined, and nothing else. No signature, no
 * deduplication, no second counter, no ledger.
 */
final class RawRedis implements Contestant {
    static final String NAME = "raw-redis";

    /** The name of its case. */
    static final String PIPELINE = "pipeline-64";

    private static final int DEPTH = 64;

    /**
     * Then as many commands are under way as Millrace has events in batches of 1,000. Of 8, 16, 32 and 64 connections this number was
     * the fastest by Redis' own {@code redis-benchmark -P 64}, two runs each in turns: 302, 340, 446 and 479 thousand commands a second
     * where Redis syncs before it answers, since one sync serves all connections; 4, 8, 16 and 64 gave 568, 580, 616 and 625
     * thousand where it syncs once a second.
     */
    private static final int CONNECTIONS = 64;

    static final List<Case> CASES = List.of(new Case(PIPELINE, DEPTH, CONNECTIONS));

    private static final int ROUND = 300_000;

    private final RedisServer server;
    private final SwitchedRedis redis;
    private final Slabs slabs;

    private RawRedis(RedisServer server, Slabs slabs) {
        this.server = server;
        this.redis = new SwitchedRedis(server);
        this.slabs = slabs;
    }

    static Contestant start(Stage stage) {
        return new RawRedis(RedisServer.start(stage.place(NAME), 0, Durability.ALWAYS), stage.slabs());
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> servers() {
        return List.of(redis.description());
    }

    @Override
    public List<Scenario> scenarios() {
        return Scenarios.underEachAof(NAME, CASES);
    }

    @Override
    public int roundSize(Scenario scenario) {
        return ROUND;
    }

    @Override
    public Map<String, Long> processes() {
        return Map.of("redis", server.handle().pid());
    }

    @Override
    public Round prepare(Scenario scenario, Events events) throws Exception {
        redis.commands().flushall();
        redis.set(aof(scenario));
        Case shape = scenario.shape();
        List<ByteBuffer> pipelines = pipelines(events, shape.batch());
        LoadClient client =
                LoadClient.redis(server.port(), shape.clients(), pipeline -> size(events, shape.batch(), pipeline));
        return new RawRound(client, pipelines);
    }

    @Override
    public Costs costs() {
        return Costs.NONE;
    }

    @Override
    public long redisMicros() {
        return redis.cpuMicros();
    }

    @Override
    public void close() {
        redis.close();
        server.close();
    }

    private List<ByteBuffer> pipelines(Events events, int depth) {
        slabs.clear();
        List<ByteBuffer> pipelines = new ArrayList<>();
        for (int first = 0; first < events.size(); first += depth) {
            StringBuilder commands = new StringBuilder(depth * 64);
            for (int i = first; i < first + size(events, depth, first / depth); i++) {
                commands.append(command(events.creator(i)));
            }
            pipelines.add(slabs.put(ByteBuffer.wrap(commands.toString().getBytes(StandardCharsets.US_ASCII))));
        }
        return pipelines;
    }

    /** As Redis' protocol writes a command out. */
    private static String command(String creator) {
        String micros = Long.toString(Events.MICROS);
        return "*3\r\n$11\r\nINCRBYFLOAT\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
                .formatted(creator.length(), creator, micros.length(), micros);
    }

    private static int size(Events events, int depth, int pipeline) {
        return Math.min(depth, events.size() - pipeline * depth);
    }

    private static Aof aof(Scenario scenario) {
        return Objects.requireNonNull(scenario.aof(), "a scenario of Redis has a setting of its file");
    }

    private final class RawRound implements Round {
        private final LoadClient client;
        private final List<ByteBuffer> pipelines;
        private long repeated;

        RawRound(LoadClient client, List<ByteBuffer> pipelines) {
            this.client = client;
            this.pipelines = pipelines;
        }

        @Override
        public void send(Histogram nanos) throws IOException {
            LoadReport report = client.send(pipelines, new Drive.ClosedLoop(), Refusals.COUNT, nanos, null);
            repeated = report.failed();
        }

        @Override
        public long counted() {
            return redis.commands().keys("*").stream()
                    .mapToLong(key -> Long.parseLong(redis.commands().get(key)))
                    .sum();
        }

        @Override
        public long repeated() {
            return repeated;
        }
    }
}
