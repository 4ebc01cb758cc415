package dev.millrace.lab.stack;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.jspecify.annotations.Nullable;

/**
 * What the logs of what was counted take in a Redis.
 *
 * @param bytes of all of them, their names included
 * @param identities ever logged; as many as they hold while nothing is trimmed
 */
public record LogMemory(long bytes, long identities) {
    /** Reads each node of each log. */
    public static LogMemory of(RedisCommands<String, String> redis) {
        long bytes = 0;
        long identities = 0;
        for (Partition partition : Partition.all()) {
            for (Retention retention : Retention.values()) {
                bytes += usage(redis, partition.log(retention));
                identities += number(redis.hget(partition.ctl(), retention.wireName() + ".logged"));
            }
        }
        return new LogMemory(bytes, identities);
    }

    private static long usage(RedisCommands<String, String> redis, String key) {
        Long bytes = redis.dispatch(
                CommandType.MEMORY,
                new IntegerOutput<>(StringCodec.UTF8),
                new CommandArgs<>(StringCodec.UTF8)
                        .add("USAGE")
                        .addKey(key)
                        .add("SAMPLES")
                        .add(0));
        return bytes == null ? 0 : bytes;
    }

    private static long number(@Nullable String text) {
        return text == null ? 0 : Long.parseLong(text);
    }
}
