package dev.millrace.local.testing;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Programs;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.RedisLine;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A Redis process of a test's own: one of several, a node of a cluster, a sentinel. Not thread-safe. */
public final class RedisNode implements AutoCloseable {
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
    public static RedisNode start(Path home, String... settings) {
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
                "always",
                "--repl-diskless-sync-delay",
                "0"));
        command.addAll(List.of(settings));
        return new RedisNode(port, plan(port, folder, command));
    }

    /**
     * Starts a sentinel that follows a primary by the name {@code millrace}.
     *
     * @param quorum sentinels that must find the primary gone
     * @param gone how long it has not answered then
     */
    public static RedisNode sentinel(Path home, RedisNode primary, int quorum, Duration gone) {
        int port = Ports.free();
        Path folder = folder(home, port);
        Path configuration = folder.resolve("sentinel.conf");
        try {
            Files.writeString(configuration, """
                    port %d
                    bind 127.0.0.1
                    dir %s
                    sentinel monitor millrace 127.0.0.1 %d %d
                    sentinel down-after-milliseconds millrace %d
                    sentinel failover-timeout millrace %d
                    """.formatted(
                            port, folder, primary.port(), quorum, gone.toMillis(), 20 * gone.toMillis()));
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

    public int port() {
        return port;
    }

    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** Sends a command and returns the first line of the answer. */
    public String ask(String command) {
        try {
            return new RedisLine("127.0.0.1", port).ask(command, (int) PATIENCE.toMillis());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a command whose answer is a text or a list of texts, and returns them. */
    public List<String> texts(String command) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            String head = line(in);
            int count = head.startsWith("*") ? Integer.parseInt(head.substring(1)) : 1;
            List<String> texts = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                texts.add(text(in, head.startsWith("*") ? line(in) : head));
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(DataInputStream in, String head) throws IOException {
        if (!head.startsWith("$")) {
            throw new IOException("no text: " + head);
        }
        byte[] text = new byte[Integer.parseInt(head.substring(1))];
        in.readFully(text);
        line(in);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static String line(DataInputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (byte next = in.readByte(); next != '\n'; next = in.readByte()) {
            line.append((char) next);
        }
        return line.toString().strip();
    }

    /** Whether it is a replica that has its primary's data and follows. */
    public boolean isInSync() {
        return info("replication").contains("master_link_status:up");
    }

    /** Whether it takes writes, as far as it knows. */
    public boolean isPrimary() {
        return info("replication").contains("role:master");
    }

    private String info(String section) {
        return texts("INFO " + section).getFirst();
    }

    public void follow(RedisNode primary) {
        ask("REPLICAOF 127.0.0.1 " + primary.port());
    }

    public void promote() {
        ask("REPLICAOF NO ONE");
    }

    /** Its replicas are cut off, and none gets anything from it until it is started again. */
    public void replicateNoMore() {
        ask("ACL SETUSER default -psync -sync");
        ask("CLIENT KILL TYPE replica");
    }

    public void freeze() {
        child.freeze();
    }

    public void resume() {
        child.resume();
    }

    public void kill() {
        child.kill();
    }

    public void restart() {
        child = launch();
    }

    /** Starts it again and does not wait until it has read its file. */
    public void restartLoading() {
        child = Child.start(plan);
    }

    @Override
    public void close() {
        child.kill();
    }
}
