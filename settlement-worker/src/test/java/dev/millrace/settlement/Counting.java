package dev.millrace.settlement;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.EventType;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;

/** Counts into the open epoch in one step, as the edge does, without tokens and duplicates. */
public final class Counting implements AutoCloseable {
    private static final String COUNT = """
            local e = redis.call('GET', ARGV[1] .. 'epoch')
            if not e then return 0 end
            local earn, engage, total = ARGV[1] .. 'earn:' .. e, ARGV[1] .. 'engage:' .. e, ARGV[1] .. 'total'
            redis.call('HINCRBYFLOAT', earn, ARGV[2], ARGV[5])
            redis.call('HINCRBY', engage, ARGV[3], ARGV[4])
            for _, hash in ipairs({earn, total}) do
                redis.call('HINCRBYFLOAT', hash, '#micros', ARGV[5])
                redis.call('HINCRBY', hash, '#events', 1)
            end
            return 1
            """;

    private final RedisClient client;
    private final StatefulRedisConnection<String, String> connection;

    public Counting(String url) {
        client = RedisClient.create(url);
        connection = client.connect();
    }

    public RedisCommands<String, String> redis() {
        return connection.sync();
    }

    /** Counts one event of these units at the first card's price; whether a partition's epoch was open. */
    public boolean count(int partition, String creator, String article, EventType type, long units, long micros) {
        return count(partition, new EngageField("demo", creator, article, type, 1), units, micros);
    }

    public boolean count(int partition, EngageField field, long units, long micros) {
        String epoch = new CounterKeys(partition).epoch();
        Long counted = redis().eval(
                        COUNT,
                        ScriptOutputType.INTEGER,
                        new String[] {},
                        epoch.substring(0, epoch.length() - "epoch".length()),
                        field.earner().encode(),
                        field.encode(),
                        Long.toString(units),
                        Long.toString(micros));
        return counted == 1;
    }

    @Override
    public void close() {
        connection.close();
        client.shutdown();
    }
}
