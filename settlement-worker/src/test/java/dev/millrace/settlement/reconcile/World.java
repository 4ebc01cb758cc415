package dev.millrace.settlement.reconcile;

import dev.millrace.local.server.Databases;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Both stores at one moment: kept once, brought back for each test, so that each may damage them. */
record World(String database, List<Key> keys) {
    private record Key(List<Byte> name, List<Byte> content) {}

    /** What both stores hold now; nobody may be connected to the database. */
    static World keep(String databaseUrl) {
        List<Key> keys = new ArrayList<>();
        RedisClient client = RedisClient.create(RealServers.redisUrl());
        try (StatefulRedisConnection<byte[], byte[]> redis = client.connect(ByteArrayCodec.INSTANCE)) {
            redis.sync()
                    .keys("*")
                    .forEach(key ->
                            keys.add(new Key(boxed(key), boxed(redis.sync().dump(key)))));
        } finally {
            client.shutdown();
        }
        return new World(databaseUrl, keys);
    }

    /** Brings the counters back, and a copy of the database; the copy's URL. */
    String bringBack() {
        RealServers.flushRedis();
        RedisClient client = RedisClient.create(RealServers.redisUrl());
        try (StatefulRedisConnection<byte[], byte[]> redis = client.connect(ByteArrayCodec.INSTANCE)) {
            keys.forEach(
                    key -> redis.sync().restore(unboxed(key.name()), unboxed(key.content()), new RestoreArgs().ttl(0)));
        } finally {
            client.shutdown();
        }
        return RealServers.copyOf(database);
    }

    /** Runs statements as the superuser, past every trigger: what only a thief or a broken disk can do. */
    static void damage(String databaseUrl, String... statements) throws SQLException {
        try (Connection connection = RealServers.databases()
                        .connect("postgres", databaseUrl.substring(databaseUrl.lastIndexOf('/') + 1));
                Statement statement = connection.createStatement()) {
            statement.execute("SET session_replication_role = replica");
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static JdbcClient owner(String databaseUrl) {
        return JdbcClient.create(new DriverManagerDataSource(databaseUrl, Databases.OWNER, RealServers.password()));
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> boxed = new ArrayList<>(bytes.length);
        for (byte b : bytes) {
            boxed.add(b);
        }
        return boxed;
    }

    private static byte[] unboxed(List<Byte> boxed) {
        byte[] bytes = new byte[boxed.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = boxed.get(i);
        }
        return bytes;
    }
}
