package dev.millrace.local.testing;

import dev.millrace.local.server.Databases;
import dev.millrace.local.server.RedisLine;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The two servers as tests reach them.
 *
 * @param redis where the Redis listens
 * @param databases where the Postgres listens
 * @param description what runs, for people
 */
record Servers(RedisLine redis, Databases databases, String description) {
    static Servers start() {
        Servers servers = dockerIsThere() ? ContainerServers.start() : EmbeddedServers.start();
        System.out.println("Test servers: " + servers.description());
        return servers;
    }

    /**
     * Asks Testcontainers only where there is a sign of an engine, since its search for one is slow and noisy. A module
     * whose tests lack Testcontainers uses the embedded binaries.
     */
    private static boolean dockerIsThere() {
        boolean sign = System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock"));
        return sign && containersAreOnTheClassPath() && ContainerServers.engineAnswers();
    }

    private static boolean containersAreOnTheClassPath() {
        try {
            Class.forName("org.testcontainers.postgresql.PostgreSQLContainer", false, Servers.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
