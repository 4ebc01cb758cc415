package dev.millrace.local.server;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.process.Signal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A real Postgres on the loopback address with the database {@code millrace} and the logins of the services.
 *
 * <p>UTF-8, locale C, UTC, data checksums, no Unix socket. Every login ({@code postgres} and those of {@link Databases}) has
 * the same random password, made with the data folder and kept in {@code postgres/password} beside it.
 */
public final class PostgresServer extends ServerProcess {
    /** The login that may do everything. */
    public static final String SUPERUSER = "postgres";

    /** The database of the stack. */
    public static final String DATABASE = "millrace";

    /** SQLSTATE of "the database system is starting up", recovering or shutting down. */
    private static final String CANNOT_CONNECT_NOW = "57P03";

    private final Databases databases;
    private final String description;

    private PostgresServer(Plan plan, Databases databases, String description) {
        super(plan, () -> probe(databases));
        this.databases = databases;
        this.description = description;
    }

    /**
     * Starts it, making data folder, logins and database where they are missing, and returns when it answers.
     *
     * @param port 0 takes a free one
     * @throws dev.millrace.local.process.CommandException with the last lines of its log when it does not come up
     */
    public static PostgresServer start(Place place, int port, Durability durability) {
        return start(place, port, durability, line -> {}, Account.choose());
    }

    /** @param progress takes a line each five seconds while it recovers */
    public static PostgresServer start(Place place, int port, Durability durability, Consumer<String> progress) {
        return start(place, port, durability, progress, Account.choose());
    }

    static PostgresServer start(
            Place place, int port, Durability durability, Consumer<String> progress, Account account) {
        Path binaries = new Binaries(place.binaries()).postgres();
        Path log = place.logs().resolve("postgres.log");
        PostgresFolder folder = new PostgresFolder(place.data().resolve("postgres"), binaries, account, log);
        Databases databases = new Databases("127.0.0.1", port == 0 ? Ports.free() : port, folder.prepare(durability));
        List<String> command = account.command(command(binaries, folder.data(), databases.port(), durability));
        String version = binaries.getFileName().toString().replaceAll("^postgres-(\\d+\\.\\d+).*", "postgres $1");
        Plan plan = new Plan("postgres", command, Map.of("LC_ALL", "C"), binaries, log);
        PostgresServer server = new PostgresServer(plan, databases, version + " (embedded binary)");
        server.start();
        try {
            server.awaitReady(progress);
            databases.prepareLogins();
            databases.create(DATABASE);
            return server;
        } catch (RuntimeException e) {
            server.stop();
            throw e;
        }
    }

    @Override
    public void start() {
        Ports.requireFree(databases.port(), name());
        super.start();
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

    /** The server's name for people: {@code postgres 18.1 (embedded binary)}. */
    public String description() {
        return description;
    }

    /** Fast shutdown: it ends its sessions and flushes the data. SIGTERM would wait for its clients. */
    @Override
    protected Signal quitSignal() {
        return Signal.INT;
    }

    private static Answer probe(Databases databases) {
        try (Connection connection = databases.connect(SUPERUSER, "postgres")) {
            return connection.isValid(5) ? Answer.READY : Answer.SILENT;
        } catch (SQLException e) {
            return CANNOT_CONNECT_NOW.equals(e.getSQLState()) ? Answer.BUSY : Answer.SILENT;
        }
    }

    private static List<String> command(Path binaries, Path data, int port, Durability durability) {
        String settings = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=100"
                + " -c timezone=UTC -c log_timezone=UTC"
                + (durability == Durability.RELAXED ? " -c fsync=off -c full_page_writes=off" : "");
        String program = binaries.resolve("bin/postgres").toString();
        return Stream.concat(
                        Stream.of(program, "-D", data.toString(), "-p", Integer.toString(port)),
                        Stream.of(settings.split(" ", -1)))
                .toList();
    }
}
