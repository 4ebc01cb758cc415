package dev.millrace.counters;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Programs;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.RedisLine;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A Redis process of a test's own: one of several, a node of a cluster, a sentinel. */
final class RedisNode implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final int port;
    private final ChildPlan plan;
    private Child child;

    private RedisNode(int port, ChildPlan plan) {
        this.port = port;
        this.plan = plan;
        this.child = launch();
    }

    /** Starts one in a folder of its own, with these settings beside the usual ones. */
    static RedisNode start(Path home, String... settings) {
        int port = Ports.free();
        Path folder = folder(home, port);
        List<String> command = new ArrayList<>(List.of(
                program(home),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString(),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "everysec",
                "--repl-diskless-sync-delay",
                "0"));
        command.addAll(List.of(settings));
        return new RedisNode(port, plan(port, folder, command));
    }

    /** Starts a sentinel that follows a primary by the name {@code millrace}, and needs no other's vote. */
    static RedisNode sentinel(Path home, RedisNode primary) {
        int port = Ports.free();
        Path folder = folder(home, port);
        Path configuration = folder.resolve("sentinel.conf");
        try {
            Files.writeString(configuration, """
                    port %d
                    bind 127.0.0.1
                    dir %s
                    sentinel monitor millrace 127.0.0.1 %d 1
                    sentinel down-after-milliseconds millrace 500
                    sentinel failover-timeout millrace 3000
                    """.formatted(port, folder, primary.port()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new RedisNode(port, plan(port, folder, List.of(program(home), configuration.toString(), "--sentinel")));
    }

    private static Path folder(Path home, int port) {
        try {
            return Files.createDirectories(home.resolve("redis-" + port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChildPlan plan(int port, Path folder, List<String> command) {
        return new ChildPlan("redis " + port, command, Map.of(), folder, folder.resolve("log"));
    }

    /** That of the PATH, as the other tests have it; where there is none, the one that was unpacked for them. */
    private static String program(Path home) {
        return Programs.onPath("redis-server").map(Path::toString).orElseGet(() -> {
            RealServers.redisUrl();
            try (Stream<Path> files = Files.walk(RealServers.place(home).binaries())) {
                return files.filter(file -> file.endsWith("redis-server"))
                        .findFirst()
                        .orElseThrow()
                        .toString();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private Child launch() {
        Child started = Child.start(plan);
        new Readiness(started, PATIENCE, line -> {}).await(this::probe);
        return started;
    }

    private Readiness.Answer probe() {
        try {
            String answer = new RedisLine("127.0.0.1", port).ask("PING");
            return answer.equals("+PONG") || answer.startsWith("-NOAUTH")
                    ? Readiness.Answer.READY
                    : Readiness.Answer.BUSY;
        } catch (IOException e) {
            return Readiness.Answer.SILENT;
        }
    }

    int port() {
        return port;
    }

    String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** Sends a command and returns the first line of the answer. */
    String ask(String command) {
        try {
            return new RedisLine("127.0.0.1", port).ask(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void follow(RedisNode primary) {
        ask("REPLICAOF 127.0.0.1 " + primary.port());
    }

    void promote() {
        ask("REPLICAOF NO ONE");
    }

    void freeze() {
        child.freeze();
    }

    void resume() {
        child.resume();
    }

    void kill() {
        child.kill();
    }

    void restart() {
        child = launch();
    }

    /** Starts it again and does not wait until it has read its file. */
    void restartLoading() {
        child = Child.start(plan);
    }

    @Override
    public void close() {
        child.kill();
    }
}
