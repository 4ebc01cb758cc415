package dev.millrace.lab.scale;

import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.EventRequests;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.load.LoadClient;
import dev.millrace.lab.load.Slabs;
import dev.millrace.lab.stack.MillraceStack;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Nodes that start, count together, and count while Postgres is away. */
record Nodes(ScalePart part) {
    /** That count together. */
    static final int COUNT = 4;

    private static final int EVENTS = 100_000;
    private static final int CONNECTIONS = 4;
    private static final int LOOKS = 12;

    /** Measures how long a node takes to read the logs, and the latency of another node meanwhile. */
    void start(int remembered, int rate, long seed) throws Exception {
        MillraceStack stack = part.stack();
        stack.remember(remembered, seed, part.progress());
        try (LoadClient.Background steady = part.load().start(rate, ScalePart.LOAD)) {
            Thread.sleep(ScalePart.CALM);
            long calm = System.nanoTime();
            Thread.sleep(ScalePart.CALM);
            long began = System.nanoTime();
            stack.replaceIngest(2);
            long ready = System.nanoTime();
            part.figure("identities", remembered);
            part.figure("readySeconds", (ready - began) / ScalePart.SECOND);
            part.end(part.name(), steady, calm, began, ready);
        }
        part.progress().accept(stack.memory().toString());
        part.figure("bytesInRedis", stack.memory().redisBytesEach());
        part.figure("bytesInIndex", stack.memory().indexBytesEach());
    }

    /** Several nodes get all the events of one creator that they can take: how long scripts run, and what each node gets. */
    void together(long seed) throws Exception {
        send(EVENTS / 5, seed);
        part.noteSlowCommands();
        List<Double> perSecond = send(EVENTS, seed);
        part.figure("longestRedisMs", part.longestMillis());
        for (int node = 0; node < COUNT; node++) {
            part.figure("eventsPerSecond" + (node + 1), perSecond.get(node));
        }
    }

    /** Events a second that each node took. */
    private List<Double> send(int count, long seed) throws Exception {
        List<LoadClient.Background> sending = new ArrayList<>();
        for (int node = 1; node <= COUNT; node++) {
            Events events = Events.draw(part.load().prefix(), seed, count, 1);
            List<ByteBuffer> requests = new EventRequests(part.stack().mint(), new Slabs()).of(events, ScalePart.BATCH);
            LoadClient client = LoadClient.http(part.stack().ingestPort(node), CONNECTIONS);
            sending.add(client.start(Delivery.closedLoop(requests)));
        }
        List<Double> perSecond = new ArrayList<>();
        for (LoadClient.Background node : sending) {
            perSecond.add(node.await().perSecond() * ScalePart.BATCH);
            part.load().acknowledged(count);
        }
        return perSecond;
    }

    /** Kills Postgres under load, looks at Redis' memory, and starts Postgres again. */
    void outage(int rate, Duration length) throws Exception {
        try (LoadClient.Background steady = part.load().start(rate, length.plus(ScalePart.LOAD))) {
            Thread.sleep(ScalePart.CALM);
            part.stack().postgres().kill();
            for (int look = 1; look <= LOOKS; look++) {
                Thread.sleep(length.dividedBy(LOOKS));
                sample("outage, after %d s".formatted(length.toSeconds() * look / LOOKS));
            }
            part.stack().postgres().restart();
            part.load().end(steady);
        }
    }

    private void sample(String what) {
        RedisCommands<String, String> redis = part.stack().redis().commands();
        long entries = 0;
        long folded = 0;
        long bytes = 0;
        for (String key : redis.keys("*:*:*")) {
            boolean records = key.contains(":engage:");
            boolean sums = key.contains(":folded:");
            entries += records ? redis.xlen(key) : 0;
            folded += sums ? redis.hlen(key) : 0;
            if (records || sums || key.contains(":earn:")) {
                bytes += Objects.requireNonNullElse(redis.memoryUsage(key), 0L);
            }
        }
        part.figures().add(what, "entries", entries);
        part.figures().add(what, "foldedNames", folded);
        part.figures().add(what, "bytes", bytes);
    }
}
