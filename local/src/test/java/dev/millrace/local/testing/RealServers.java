package dev.millrace.local.testing;

import dev.millrace.local.server.Databases;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One real Redis and one real Postgres for all tests of this JVM: containers where a Docker engine answers, the embedded
 * binaries otherwise. Started at first use, stopped when the JVM ends. Thread-safe.
 *
 * <p>Both acknowledge as in production as far as a test can tell: Redis runs with {@code appendfsync always}; Postgres
 * loses nothing when its process is killed, but does not wait for the disk.
 *
 * <p>A test that kills or freezes a server starts one of its own
 * ({@link dev.millrace.local.server.RedisServer}, {@link dev.millrace.local.server.PostgresServer}).
 */
public final class RealServers {
    private static final int FLUSH_MILLIS = 30_000;
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private RealServers() {}

    /** {@code redis://host:port}. */
    public static String redisUrl() {
        Started.SERVERS.redis(); // Starts it.
        return "redis://" + Started.SERVERS.redis().host() + ":"
                + Started.SERVERS.redis().port();
    }

    /** Deletes every key of the shared Redis; what a test class does before it starts. */
    public static void flushRedis() {
        flush(Started.SERVERS.redis());
    }

    /** The same for a Redis of the test's own. */
    public static void flush(RedisLine redis) {
        try {
            String reply = redis.ask("FLUSHALL", FLUSH_MILLIS);
            if (!reply.equals("+OK")) {
                throw new IllegalStateException("redis answered FLUSHALL with " + reply);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The JDBC URL of a new, empty database that belongs to {@link Databases#OWNER}; the roles exist, no migration has
     * run. Each call makes another one.
     */
    public static String freshDatabase() {
        return Started.SERVERS.databases().create("fresh_" + DATABASES.incrementAndGet());
    }

    /**
     * The JDBC URL of a new database with all that is in another one, which takes a fraction of the time that migrations do.
     * Nobody may be connected to the other.
     */
    public static String copyOf(String databaseUrl) {
        String copy = "copy_" + DATABASES.incrementAndGet();
        String original = databaseUrl.substring(databaseUrl.lastIndexOf('/') + 1);
        try (Connection connection = databases().connect(PostgresServer.SUPERUSER, "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE %s TEMPLATE %s OWNER %s".formatted(copy, original, Databases.OWNER));
        } catch (SQLException e) {
            throw new IllegalStateException("can't copy the database " + original, e);
        }
        return databases().url(copy);
    }

    /** The password of {@code postgres} and of every login that {@link Databases} names. */
    public static String password() {
        return Started.SERVERS.databases().password();
    }

    /**
     * Where a test starts servers of its own: data and logs in this folder, binaries from the cache that all tests share.
     */
    public static Place place(Path home) {
        return new Place(EmbeddedServers.binaries(home), home, home.resolve("logs"));
    }

    /** To connect as any login, and to make databases of a given name. */
    public static Databases databases() {
        return Started.SERVERS.databases();
    }

    /** Initialised at first use, by one thread. */
    private static final class Started {
        private static final Servers SERVERS = Servers.start();
    }
}
