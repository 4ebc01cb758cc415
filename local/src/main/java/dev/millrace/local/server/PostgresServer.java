package dev.millrace.local.server;

import dev.millrace.local.process.Child;
import dev.millrace.local.process.ChildPlan;
import dev.millrace.local.process.Readiness;
import dev.millrace.local.process.Signal;
import dev.millrace.local.process.StartFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A real Postgres on the loopback address with the database {@code millrace} and the logins of the services.
 *
 * <p>UTF-8, locale C, UTC, data checksums, no Unix socket. Every login ({@code postgres}, {@link Databases#OWNER},
 * {@link Databases#SETTLER}, {@link Databases#LEDGER}, {@link Databases#READER}) has the same random password, made with the data folder and kept
 * in {@code postgres/password} beside it.
 *
 * <p>Not thread-safe; {@link #kill}, {@link #freeze}, {@link #resume} and {@link #restart} are for fault runs.
 */
public final class PostgresServer implements AutoCloseable {
    /** The login that may do everything. */
    public static final String SUPERUSER = "postgres";

    /** The database of the stack. */
    public static final String DATABASE = "millrace";

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(20);

    private final ChildPlan plan;
    private final Databases databases;
    private final Consumer<String> progress;
    private Child child;

    private PostgresServer(ChildPlan plan, Databases databases, Consumer<String> progress) {
        this.plan = plan;
        this.databases = databases;
        this.progress = progress;
        this.child = launch();
    }

    /**
     * Starts it, making data folder, logins and database where they are missing, and returns when it answers.
     *
     * @param port 0 takes a free one
     * @throws StartFailure with the last lines of its log when it does not come up
     */
    public static PostgresServer start(Place place, int port, Durability durability) {
        return start(place, port, durability, line -> {});
    }

    /** The same, with a taker for a line about each step that takes long. */
    public static PostgresServer start(Place place, int port, Durability durability, Consumer<String> progress) {
        return start(place, port, durability, progress, Account.choose());
    }

    static PostgresServer start(
            Place place, int port, Durability durability, Consumer<String> progress, Account account) {
        BinaryCache cache = new BinaryCache(place.binaries());
        Path binaries = cache.folder("postgres-" + cache.version("postgres"), into -> cache.unpack(archive(), into));
        Path log = place.logs().resolve("postgres.log");
        PostgresFolder folder = new PostgresFolder(place.data().resolve("postgres"), binaries, account, log);
        folder.prepare(durability);
        int chosen = port == 0 ? Ports.free() : port;
        List<String> command = account.command(command(binaries, folder.data(), chosen, durability));
        ChildPlan plan = new ChildPlan("postgres", command, Map.of("LC_ALL", "C"), binaries, log);
        Databases databases = new Databases("127.0.0.1", chosen, SUPERUSER, password(folder));
        PostgresServer server = new PostgresServer(plan, databases, progress);
        server.prepare();
        return server;
    }

    public int port() {
        return databases.port();
    }

    /** The JDBC URL of the database {@code millrace}. */
    public String url() {
        return databases.url(DATABASE);
    }

    /** The password of every login. */
    public String password() {
        return databases.password();
    }

    /** To connect and to create further databases. */
    public Databases databases() {
        return databases;
    }

    /** What runs, for people: {@code postgres 18.1 (embedded binary)}. */
    public String description() {
        String folder = plan.directory().getFileName().toString();
        return folder.replaceAll("^postgres-(\\d+\\.\\d+).*", "postgres $1") + " (embedded binary)";
    }

    /** The process as it runs now; another one after {@link #restart}. */
    public Child process() {
        return child;
    }

    /** Fast shutdown: sessions are ended, the data is flushed. True when it ended in 20 s, false when it was killed. */
    public boolean stop() {
        return child.stop(Signal.INT, GRACE);
    }

    /** SIGKILL to the server and all its sessions, as a power cut would; recovery happens at the next start. */
    public void kill() {
        child.kill();
    }

    /** SIGSTOP to the server and all its sessions: connections stay open, nothing is answered. */
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

    private void prepare() {
        try {
            databases.prepareLogins();
            databases.create(DATABASE);
        } catch (RuntimeException e) {
            stop();
            throw e;
        }
    }

    private Child launch() {
        Ports.requireFree(port(), plan.name());
        Child started = Child.start(plan);
        new Readiness(started, PATIENCE, progress).await(this::probe);
        return started;
    }

    private Readiness.Answer probe() {
        try (Connection connection = databases.connect(SUPERUSER, "postgres")) {
            return connection.isValid(5) ? Readiness.Answer.READY : Readiness.Answer.SILENT;
        } catch (SQLException e) {
            // 57P03: "the database system is starting up", recovering or shutting down.
            return "57P03".equals(e.getSQLState()) ? Readiness.Answer.BUSY : Readiness.Answer.SILENT;
        }
    }

    private static String password(PostgresFolder folder) {
        try {
            return folder.password();
        } catch (IOException e) {
            throw new StartFailure("can't read the password in " + folder.root() + ": " + e.getMessage(), e);
        }
    }

    private static String archive() {
        Platform platform = Platform.current();
        return "postgres-" + platform.system() + (platform.arm() ? "-arm_64" : "-x86_64") + ".txz";
    }

    private static List<String> command(Path binaries, Path data, int port, Durability durability) {
        List<String> settings = new ArrayList<>(List.of(
                "port=" + port,
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "max_connections=100",
                "timezone=UTC",
                "log_timezone=UTC"));
        if (durability == Durability.RELAXED) {
            settings.addAll(List.of("fsync=off", "full_page_writes=off"));
        }
        List<String> command =
                new ArrayList<>(List.of(binaries.resolve("bin/postgres").toString(), "-D", data.toString()));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return command;
    }
}
