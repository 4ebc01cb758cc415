package dev.millrace.counters;

import com.google.common.base.Ticker;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A Redis, the connections of the module to it, and a plain client beside them: what an outside hand does goes through that one. */
final class TestRedis implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> plain;
    private final RedisConnections connections;

    TestRedis(String url) {
        client = RedisClient.create(url);
        // One character a byte, so that identities go through it unchanged.
        plain = client.connect(new StringCodec(StandardCharsets.ISO_8859_1));
        connections = new RedisConnections(new RedisSettings(url, PATIENCE, PATIENCE), Ticker.systemTicker());
        connections.look();
    }

    RedisCommands<String, String> plain() {
        return plain.sync();
    }

    RedisConnections connections() {
        return connections;
    }

    Link link() {
        return connections.required(Partition.of(0));
    }

    /** Redis' second now. */
    long second() {
        return Long.parseLong(plain().time().getFirst());
    }

    @Override
    public void close() {
        connections.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
    }
}
