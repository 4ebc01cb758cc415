package dev.millrace.lab.path;

import dev.millrace.local.process.Programs;
import dev.millrace.local.testing.RedisNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** A Redis whose clock a test turns. A small library, compiled here and loaded before the system's, adds what stands in a file. */
final class TurnedRedis implements AutoCloseable {
    private static final String SOURCE = "turned_clock.c";

    private final Path ahead;
    private final RedisNode node;

    private TurnedRedis(Path ahead, RedisNode node) {
        this.ahead = ahead;
        this.node = node;
    }

    /** What this machine lacks for it; empty where it can be. The binary of Redis that Maven brings is linked statically, and loads no library. */
    static Optional<String> missing() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("Linux");
        }
        return Stream.of("cc", "redis-server")
                .filter(program -> Programs.onPath(program).isEmpty())
                .findFirst();
    }

    /** @param home takes its data */
    static TurnedRedis start(Path home) throws IOException, InterruptedException {
        Path library = compiled(home);
        Path ahead = home.resolve("ahead");
        write(ahead, 0);
        return new TurnedRedis(
                ahead,
                RedisNode.start(
                        home,
                        Map.of("LD_PRELOAD", library.toString(), "TURNED_CLOCK", ahead.toString()),
                        "--maxmemory",
                        "256mb",
                        "--maxmemory-policy",
                        "noeviction"));
    }

    private static Path compiled(Path home) throws IOException, InterruptedException {
        Path source = home.resolve(SOURCE);
        Path library = home.resolve("turned_clock.so");
        try (InputStream in = Objects.requireNonNull(TurnedRedis.class.getResourceAsStream(SOURCE), SOURCE)) {
            Files.copy(in, source);
        }
        Process compiler = new ProcessBuilder(
                        "cc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString())
                .inheritIO()
                .start();
        if (compiler.waitFor() != 0) {
            throw new IOException("cc could not compile " + source);
        }
        return library;
    }

    private static void write(Path ahead, long seconds) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(seconds)
                .flip();
        try (FileChannel file = FileChannel.open(ahead, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(bytes, 0);
        }
    }

    String url() {
        return node.url();
    }

    /** Redis' second. */
    long second() {
        return Long.parseLong(node.texts("TIME").getFirst());
    }

    /** Turns the clock, so that it says this second; it goes on from there. */
    void turnTo(long second) throws IOException {
        write(ahead, second - System.currentTimeMillis() / 1_000);
    }

    @Override
    public void close() {
        node.close();
    }
}
