package dev.millrace.local.testing;

import dev.millrace.local.server.Durability;
import dev.millrace.local.server.Folders;
import dev.millrace.local.server.Place;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Servers from the embedded binaries, with their data in a temporary folder that goes with the JVM. */
final class EmbeddedServers {
    private EmbeddedServers() {}

    static Servers start() {
        try {
            Path home = Files.createTempDirectory("millrace-test-servers-");
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            Place place = new Place(binaries(home), home, home.resolve("logs"));
            RedisServer redis = RedisServer.start(place, 0, Durability.ALWAYS);
            onExit(redis::stop);
            PostgresServer postgres = PostgresServer.start(place, 0, Durability.RELAXED);
            onExit(() -> end(postgres, redis, home));
            return new Servers(redis.line(), postgres.databases(), redis.description() + ", " + postgres.description());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cache of the checkout where we are in one, so that the binaries are extracted once for all modules. */
    static Path binaries(Path home) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve("millrace")) && Files.isRegularFile(folder.resolve("pom.xml"))) {
                return folder.resolve(".millrace/binaries");
            }
        }
        return home.resolve("binaries");
    }

    private static void onExit(Runnable action) {
        Runtime.getRuntime().addShutdownHook(new Thread(action));
    }

    private static void end(PostgresServer postgres, RedisServer redis, Path home) {
        postgres.kill();
        redis.stop();
        try {
            Folders.delete(home);
        } catch (IOException e) {
            System.err.println("could not delete " + home + ": " + e.getMessage());
        }
    }
}
