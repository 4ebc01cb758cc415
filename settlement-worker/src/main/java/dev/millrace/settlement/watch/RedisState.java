package dev.millrace.settlement.watch;

import dev.millrace.common.counters.ControlField;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.money.Micros;
import dev.millrace.settlement.seal.Fence;
import dev.millrace.settlement.seal.Opening;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

/** Asks Redis which process it is, how durable, and where its partitions stand. */
final class RedisState {
    /** Seconds by which the clocks' readings and rounding may differ. */
    private static final long CANARY_MARGIN = 5;

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
     * @param canary present while the canary lives
     * @param canaryUntil the database's second until which it must
     */
    record Partition(
            int partition,
            @Nullable String pointer,
            @Nullable String run,
            @Nullable String clock,
            @Nullable String opening,
            @Nullable String canary,
            @Nullable String canaryUntil) {

        /** Whether keys have expired before their time, by the database's clock. */
        boolean hasForgotten(long databaseSecond) {
            return canary == null && databaseSecond < Opening.number(canaryUntil) - CANARY_MARGIN;
        }
    }

    String runId() {
        Properties server = Objects.requireNonNull(redis.execute((RedisCallback<Properties>)
                connection -> connection.serverCommands().info("server")));
        return Objects.requireNonNull(server.getProperty("run_id"), "INFO server names no run_id");
    }

    /**
     * What a partition has counted since it was opened, and before.
     *
     * @param opening the opening; something that is no number where the total does not say
     */
    record Total(String opening, Micros counted) {}

    /** By partition; each read at one moment. Without those that are not there or are no number. */
    Map<Integer, Total> totals() {
        Map<Integer, Total> totals = new HashMap<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            List<@Nullable Object> fields = redis.opsForHash()
                    .multiGet(new CounterKeys(p).total(), List.of(ControlField.MICROS, ControlField.OPENING));
            String micros = String.valueOf(fields.get(0));
            if (micros.matches("[0-9]{1,18}")) {
                totals.put(p, new Total(String.valueOf(fields.get(1)), Micros.parse(micros)));
            }
        }
        return totals;
    }

    /** The first epoch of the opening that Redis has, where it says so. */
    OptionalLong firstEpoch(int partition) {
        Object first = redis.opsForHash().get(new CounterKeys(partition).total(), ControlField.FIRST);
        long epoch = Opening.number(first == null ? null : first.toString());
        return epoch == 0 ? OptionalLong.empty() : OptionalLong.of(epoch);
    }

    /** Redis' clock, Unix seconds. */
    long second() {
        return Fence.second(redis);
    }

    List<Partition> partitions() {
        List<String> keys = new ArrayList<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            CounterKeys names = new CounterKeys(p);
            keys.addAll(List.of(
                    names.epoch(), names.run(), names.clock(), names.opening(), names.canary(), names.canaryUntil()));
        }
        List<@Nullable String> values =
                Objects.requireNonNull(redis.opsForValue().multiGet(keys));
        List<Partition> partitions = new ArrayList<>();
        for (int p = 0; p < Identity.PARTITIONS; p++) {
            int at = 6 * p;
            partitions.add(new Partition(
                    p,
                    values.get(at),
                    values.get(at + 1),
                    values.get(at + 2),
                    values.get(at + 3),
                    values.get(at + 4),
                    values.get(at + 5)));
        }
        return partitions;
    }
}
