package dev.millrace.local.testing;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Ports;
import dev.millrace.local.server.RedisLine;
import dev.millrace.local.server.RedisServer;
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

/** A Redis process of a test's own: one of several, a node of a cluster, a sentinel. Not thread-safe. */
public final class RedisNode extends ServerProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final int port;

    private RedisNode(int port, Plan plan) {
        super(plan, () -> RedisServer.probe(port));
        this.port = port;
    }

    /** Starts one in a folder of its own, with these settings beside the usual ones. */
    public static RedisNode start(Path home, String... settings) {
        return start(home, Map.of(), settings);
    }

    /** The same with these variables. */
    public static RedisNode start(Path home, Map<String, String> environment, String... settings) {
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
        return started(port, folder, command, environment);
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
        return started(port, folder, List.of(program(home), configuration.toString(), "--sentinel"), Map.of());
    }

    private static Path folder(Path home, int port) {
        try {
            return Files.createDirectories(home.resolve("redis-" + port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RedisNode started(int port, Path folder, List<String> command, Map<String, String> environment) {
        Plan plan = new Plan("redis " + port, command, environment, folder, folder.resolve("log"));
        RedisNode node = new RedisNode(port, plan);
        node.start();
        node.awaitReady(line -> {});
        return node;
    }

    private static String program(Path home) {
        return RedisServer.program(RealServers.place(home)).toString();
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

    /** Ends as in a power cut: nobody needs its data any more. */
    @Override
    public void close() {
        kill();
    }
}
