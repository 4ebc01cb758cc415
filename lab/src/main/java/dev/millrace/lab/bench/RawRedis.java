package dev.millrace.lab.bench;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.Costs;
import dev.millrace.lab.stack.Stage;
import dev.millrace.lab.stack.SwitchedRedis;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * The limit of Redis: INCRBYFLOAT of whole micros to a key a creator, pipelined, and nothing else. No signature, no
 * deduplication, no second counter, no ledger.
 */
final class RawRedis extends Contestant {
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

    static final List<Scenario> SCENARIOS =
            Scenario.underEachAof(NAME, List.of(new Case(PIPELINE, DEPTH, CONNECTIONS)));

    private final RedisServer server;
    private final SwitchedRedis redis;
    private final Slabs slabs;

    RawRedis(Stage stage, Slabs slabs) {
        this.server = RedisServer.start(stage.place(NAME), 0, Durability.ALWAYS);
        this.redis = new SwitchedRedis(server);
        this.slabs = slabs;
        runs("redis", server, redis.description());
    }

    @Override
    Costs costs() {
        return Costs.ofRedis(redis.cpuMicros());
    }

    @Override
    Round prepare(Scenario scenario, Events events) throws Exception {
        redis.commands().flushall();
        redis.set(Objects.requireNonNull(scenario.aof()));
        LoadClient client = LoadClient.redis(server.port(), CONNECTIONS, pipeline -> size(events, pipeline));
        Delivery delivery = Delivery.closedLoop(pipelines(events));
        return new Round() {
            @Override
            public long send(Histogram nanos) throws IOException {
                nanos.add(client.deliver(delivery).score().times());
                return delivery.sentAgain();
            }

            @Override
            public long counted() {
                return redis.commands().keys("*").stream()
                        .mapToLong(key -> Long.parseLong(redis.commands().get(key)))
                        .sum();
            }
        };
    }

    @Override
    public void close() {
        redis.close();
        super.close();
    }

    private List<ByteBuffer> pipelines(Events events) {
        slabs.clear();
        return IntStream.range(0, Math.ceilDiv(events.size(), DEPTH))
                .mapToObj(pipeline -> IntStream.range(0, size(events, pipeline))
                        .mapToObj(i -> command(events.creator(pipeline * DEPTH + i)))
                        .collect(Collectors.joining()))
                .map(commands -> slabs.put(ByteBuffer.wrap(commands.getBytes(StandardCharsets.US_ASCII))))
                .toList();
    }

    /** As Redis' protocol writes a command out. */
    private static String command(String creator) {
        String micros = Long.toString(Events.MICROS);
        return "*3\r\n$11\r\nINCRBYFLOAT\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
                .formatted(creator.length(), creator, micros.length(), micros);
    }

    /** Commands of a pipeline; the last one may have fewer. */
    private static int size(Events events, int pipeline) {
        return Math.min(DEPTH, events.size() - pipeline * DEPTH);
    }
}
