package dev.millrace.local.server;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.process.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A real Redis on the loopback address, with the settings that Millrace asks of any Redis.
 *
 * <p>A {@code redis-server} of version 7 or later on {@code PATH} is preferred to the embedded binary. The append-only
 * file holds everything; RDB snapshots are off, since they would only add forks and never be read. The server has no
 * password: it listens on 127.0.0.1 only.
 *
 * <p>Not thread-safe; {@link #kill}, {@link #freeze}, {@link #resume} and {@link #restart} are for fault runs.
 */
public final class RedisServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(20);
    private static final int FLUSH_MILLIS = 30_000;

    private final RedisBinary binary;
    private final ChildPlan plan;
    private final int port;
    private final Consumer<String> progress;
    private Child child;

    private RedisServer(RedisBinary binary, ChildPlan plan, int port, Consumer<String> progress) {
        this.binary = binary;
        this.plan = plan;
        this.port = port;
        this.progress = progress;
        this.child = launch();
    }

    /**
     * Starts it and returns when it answers.
     *
     * @param port 0 takes a free one
     * @throws dev.millrace.local.process.StartFailure with the last lines of its log when it does not come up
     */
    public static RedisServer start(Place place, int port, Durability durability) {
        return start(place, port, durability, line -> {});
    }

    /** The same, with a taker for a line each five seconds while a large append-only file is loaded. */
    public static RedisServer start(Place place, int port, Durability durability, Consumer<String> progress) {
        RedisBinary binary = RedisBinary.find(place.binaries());
        int chosen = port == 0 ? Ports.free() : port;
        Path data = place.data().resolve("redis");
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new UncheckedIOException("can't create " + data, e);
        }
        List<String> command = command(binary.program(), chosen, data, durability);
        ChildPlan plan =
                new ChildPlan("redis", command, Map.of(), data, place.logs().resolve("redis.log"));
        return new RedisServer(binary, plan, chosen, progress);
    }

    public int port() {
        return port;
    }

    /** {@code redis://127.0.0.1:<port>}. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** What runs, for people: {@code redis 7.0.15 (embedded binary)}. */
    public String description() {
        return "redis " + binary.version() + " (" + binary.origin() + ")";
    }

    /** The process as it runs now; another one after {@link #restart}. */
    public Child process() {
        return child;
    }

    /** Deletes every key. */
    public void flushAll() {
        try {
            String reply = new RedisLine("127.0.0.1", port).ask("FLUSHALL", FLUSH_MILLIS);
            if (!reply.equals("+OK")) {
                throw new IllegalStateException("redis answered FLUSHALL with " + reply);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM; true when it ended by itself within 20 s, false when it had to be killed. */
    public boolean stop() {
        return child.stop(Signal.TERM, GRACE);
    }

    /** SIGKILL, as a power cut would; the data stays as it is. */
    public void kill() {
        child.kill();
    }

    /** SIGSTOP: connections stay open, nothing is answered. */
    public void freeze() {
        child.freeze();
    }

    /** SIGCONT after {@link #freeze}. */
    public void resume() {
        child.resume();
    }

    /** Starts it again on the same port and data, stopping it first where it still runs; returns when it answers. */
    public void restart() {
        stop();
        child = launch();
    }

    @Override
    public void close() {
        stop();
    }

    private Child launch() {
        Ports.requireFree(port, plan.name());
        Child started = Child.start(plan);
        new Readiness(started, PATIENCE, progress).await(this::probe);
        return started;
    }

    private Readiness.Answer probe() {
        try {
            String reply = new RedisLine("127.0.0.1", port).ask("PING");
            return reply.equals("+PONG") ? Readiness.Answer.READY : Readiness.Answer.BUSY;
        } catch (IOException e) {
            return Readiness.Answer.SILENT;
        }
    }

    /** Half of the machine's memory, in bytes: a Redis without a limit is ended by the kernel in the middle of its work. */
    private static long mostMemory() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize() / 2;
    }

    private static List<String> command(Path program, int port, Path data, Durability durability) {
        return List.of(
                program.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--protected-mode",
                "yes",
                "--dir",
                data.toString(),
                "--daemonize",
                "no",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                durability == Durability.ALWAYS ? "always" : "everysec",
                "--maxmemory-policy",
                "noeviction",
                "--maxmemory",
                Long.toString(mostMemory()),
                "--hash-max-listpack-entries",
                "32",
                "--stream-node-max-entries",
                "1000");
    }
}
