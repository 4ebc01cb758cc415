package dev.millrace.lab.stack;

import dev.millrace.common.token.Retention;
import dev.millrace.counters.Partition;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.Objects;

/**
 * What remembering identities takes.
 *
 * @param logBytes of the logs in Redis, their names included
 * @param logged identities ever logged; as many as the logs hold while nothing is trimmed
 * @param indexBytes of a node's index
 * @param indexed identities that the index holds
 */
public record IdentityMemory(long logBytes, long logged, long indexBytes, long indexed) {
    /** Reads each node of each log. */
    static IdentityMemory of(RedisCommands<String, String> redis, Metrics ingest) {
        long bytes = 0;
        long logged = 0;
        for (Partition partition : Partition.all()) {
            for (Retention retention : Retention.values()) {
                bytes += usage(redis, partition.log(retention));
                logged += Long.parseLong(
                        Objects.requireNonNullElse(redis.hget(partition.ctl(), retention.wireName() + ".logged"), "0"));
            }
        }
        return new IdentityMemory(
                bytes, logged, ingest.whole("millrace_index_bytes"), ingest.whole("millrace_index_identities"));
    }

    private static long usage(RedisCommands<String, String> redis, String key) {
        CommandArgs<String, String> all = new CommandArgs<>(StringCodec.UTF8)
                .add("USAGE")
                .addKey(key)
                .add("SAMPLES")
                .add(0);
        Long bytes = redis.dispatch(CommandType.MEMORY, new IntegerOutput<>(StringCodec.UTF8), all);
        return Objects.requireNonNullElse(bytes, 0L);
    }

    public double redisBytesEach() {
        return each(logBytes, logged);
    }

    public double indexBytesEach() {
        return each(indexBytes, indexed);
    }

    private static double each(long bytes, long identities) {
        return identities == 0 ? 0 : (double) bytes / identities;
    }

    @Override
    public String toString() {
        return "%,d identities in the logs, %.1f bytes of Redis each; %,d in the node's index, %.1f bytes each"
                .formatted(logged, redisBytesEach(), indexed, indexBytesEach());
    }
}
