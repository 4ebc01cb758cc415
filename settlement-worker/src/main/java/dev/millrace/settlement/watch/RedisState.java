package dev.millrace.settlement.watch;

import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Asks Redis which process it is, how durable, and where its partitions stand. */
final class RedisState {
    private final StringRedisTemplate redis;

    RedisState(StringRedisTemplate redis) {
        this.redis = redis;
    }

    /**
     * What Redis holds of a partition, as text; anything may be missing.
     *
     * @param pointer number of the open epoch
     * @param run process whose counters were confirmed
     * @param clock highest second seen
     * @param opening how often the counters were opened
     */
    record Partition(
            int partition,
            @Nullable String pointer,
            @Nullable String run,
            @Nullable String clock,
            @Nullable String opening) {}

    String runId() {
        Properties server = Objects.requireNonNull(redis.execute((RedisCallback<Properties>)
                connection -> connection.serverCommands().info("server")));
        return Objects.requireNonNull(server.getProperty("run_id"), "INFO server names no run_id");
    }

    List<Partition> partitions() {
        List<String> keys = new ArrayList<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            CounterKeys names = new CounterKeys(p);
            keys.addAll(List.of(names.epoch(), names.run(), names.clock(), names.opening()));
        }
        List<@Nullable String> values =
                Objects.requireNonNull(redis.opsForValue().multiGet(keys));
        List<Partition> partitions = new ArrayList<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            partitions.add(new Partition(
                    p, values.get(4 * p), values.get(4 * p + 1), values.get(4 * p + 2), values.get(4 * p + 3)));
        }
        return partitions;
    }
}
