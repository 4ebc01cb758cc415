package dev.millrace.local.server;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.process.Programs;
import dev.millrace.local.process.ServerProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A real Redis on the loopback address, with the settings that Millrace asks of any Redis.
 *
 * <p>A {@code redis-server} of version 7 or later on {@code PATH} is preferred to the embedded binary. The append-only file
 * holds everything. RDB snapshots are off: they would only add forks, and nobody would read them. The default user has no
 * password: the server listens on 127.0.0.1 only.
 */
public final class RedisServer extends ServerProcess {
    /** Flags of scripts ({@code #!lua flags=…}) came with Redis 7. */
    private static final int OLDEST_MAJOR = 7;

    private static final Pattern VERSION = Pattern.compile("v=((\\d+)\\.\\d+\\.\\d+)");

    private final int port;
    private final String description;

    private RedisServer(Plan plan, int port, String description) {
        super(plan, () -> probe(port));
        this.port = port;
        this.description = description;
    }

    /**
     * Starts it and returns when it answers.
     *
     * @param port 0 takes a free one
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
     */
    public static RedisServer start(Place place, int port, Durability durability) {
        return start(place, port, durability, RedisUsers.NONE, line -> {});
    }

    /**
     * The same with users besides the default one.
     *
     * @param progress takes a line each five seconds while it loads a large append-only file
     */
    public static RedisServer start(
            Place place, int port, Durability durability, RedisUsers users, Consumer<String> progress) {
        Path program = program(place);
        String origin = program.startsWith(place.binaries()) ? "embedded binary" : "of the PATH";
        int chosen = port == 0 ? Ports.free() : port;
        Path data = place.data().resolve("redis");
        String version = version(program).orElse("?");
        List<String> command = new ArrayList<>(command(program, chosen, durability));
        if (!users.passwords().isEmpty()) {
            command.addAll(List.of("--aclfile", write(users.file(version), data).toString()));
        }
        Plan plan = new Plan("redis", command, Map.of(), data, place.logs().resolve("redis.log"));
        RedisServer server = new RedisServer(plan, chosen, "redis " + version + " (" + origin + ")");
        server.start();
        server.awaitReady(progress);
        return server;
    }

    private static Path write(String users, Path data) {
        try {
            Files.createDirectories(data);
            Path file = data.resolve("users.acl").toAbsolutePath();
            Files.deleteIfExists(file);
            Path unfinished = Files.createTempFile(data, "users", ""); // Its owner alone reads it.
            Files.writeString(unfinished, users);
            return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw CommandException.failed("can't write the users of Redis in " + data + ": " + e.getMessage(), e);
        }
    }

    /** The {@code redis-server} on {@code PATH} where it is new enough and runs, or else the embedded one. */
    public static Path program(Place place) {
        return Programs.onPath("redis-server")
                .filter(file -> version(file).isPresent())
                .orElseGet(() -> new Binaries(place.binaries()).redis().resolve("redis-server"));
    }

    /** Empty where the program is too old or does not run. */
    static Optional<String> version(Path program) {
        return Programs.output(List.of(program.toString(), "--version"))
                .map(VERSION::matcher)
                .filter(found -> found.find() && Integer.parseInt(found.group(2)) >= OLDEST_MAJOR)
                .map(found -> found.group(1));
    }

    @Override
    public void start() {
        Ports.requireFree(port, name());
        super.start();
    }

    public int port() {
        return port;
    }

    /** {@code redis://127.0.0.1:<port>}. */
    public String url() {
        return "redis://127.0.0.1:" + port;
    }

    /** To ask it something. */
    public RedisLine line() {
        return new RedisLine("127.0.0.1", port);
    }

    /** The server's name for people: {@code redis 7.0.15 (embedded binary)}. */
    public String description() {
        return description;
    }

    /** Busy while it loads its file; ready also where it asks for a password, which it does only when it can work. */
    public static Answer probe(int port) throws IOException {
        String reply = new RedisLine("127.0.0.1", port).ask("PING");
        return reply.equals("+PONG") || reply.startsWith("-NOAUTH") ? Answer.READY : Answer.BUSY;
    }

    /** Its data goes to the working directory. It gets half of the machine's memory: without a limit the kernel would end it. */
    private static List<String> command(Path program, int port, Durability durability) {
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        String settings =
                ("--port %d --bind 127.0.0.1 --protected-mode yes --daemonize no --appendonly yes --appendfsync %s"
                                + " --maxmemory-policy noeviction --maxmemory %d --hash-max-listpack-entries 32"
                                + " --stream-node-max-entries 1000")
                        .formatted(port, durability == Durability.ALWAYS ? "always" : "everysec", memory / 2);
        return Stream.concat(Stream.of(program.toString(), "--save", ""), Stream.of(settings.split(" ", -1)))
                .toList();
    }
}
