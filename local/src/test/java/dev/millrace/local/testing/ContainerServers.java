package dev.millrace.local.testing;

import dev.millrace.local.server.Databases;
import dev.millrace.local.server.PostgresServer;
import dev.millrace.local.server.RedisLine;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Servers in containers; Testcontainers removes them when the JVM ends. */
final class ContainerServers {
    private static final String PASSWORD = "millrace-test";
    private static final int REDIS_PORT = 6379;

    private ContainerServers() {}

    static boolean engineAnswers() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @SuppressWarnings("resource") // They live as long as the JVM.
    static Servers start() {
        GenericContainer<?> redis = new GenericContainer<>("redis:7")
                .withExposedPorts(REDIS_PORT)
                .withCommand(
                        "redis-server --save '' --appendonly yes --appendfsync always --maxmemory-policy noeviction --hash-max-listpack-entries 32 --stream-node-max-entries 1000");
        PostgreSQLContainer postgres = new PostgreSQLContainer("postgres:18")
                .withUsername(PostgresServer.SUPERUSER)
                .withPassword(PASSWORD)
                .withEnv("POSTGRES_INITDB_ARGS", "--no-locale --encoding=UTF8 --data-checksums");
        redis.start();
        postgres.start();
        Databases databases = new Databases(
                postgres.getHost(), postgres.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT), PASSWORD);
        databases.prepareLogins();
        return new Servers(
                new RedisLine(redis.getHost(), redis.getMappedPort(REDIS_PORT)),
                databases,
                "redis 7 (container), postgres 18 (container)");
    }
}
