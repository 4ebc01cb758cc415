package dev.millrace.settlement;

import static dev.millrace.common.message.SettingException.requireAtLeast;

import dev.millrace.common.message.SettingException;
import dev.millrace.counters.Partition;
import dev.millrace.counters.RedisSettings;
import dev.millrace.counters.Sealing;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of settlement-worker; application.yml says what each means and which variable sets it.
 *
 * @param redisUrl where the counters are
 * @param redisPatience longest wait for an answer to a look at Redis, at least 100 ms
 * @param redisTimeout longest wait for an answer to any other command, at least 100 ms
 * @param redisAckReplicas replicas that must have a lineage or a seal before the ledger notes it; the same as the ingest nodes'
 * @param settlementInterval how long after its last settlement a partition is due again, at least 1 s
 * @param keepSettled how long settled epochs stay in Redis, so that a ledger restored from the recent past can settle again
 * @param partitionsPerRun most partitions one run takes, 1 to 16: a worker's share
 * @param openingDelay tokens issued earlier than this long after a re-opening are refused, at least 61 s
 * @param rememberShort how long identities of views, reads and scrolls are remembered, at least 2 min
 * @param rememberLong the same of reactions, comments and search visits, at least as long
 * @param requireDurableRedis whether a Redis that could lose what it has acknowledged is refused, or only told of
 * @param clockTolerance most by which Redis' clock and the database's may differ
 */
@ConfigurationProperties("millrace")
public record SettlementSettings(
        @DefaultValue("redis://localhost:6379") String redisUrl,
        @DefaultValue("1s") Duration redisPatience,
        @DefaultValue("5s") Duration redisTimeout,
        @DefaultValue("0") int redisAckReplicas,
        @DefaultValue("60s") Duration settlementInterval,
        @DefaultValue("10m") Duration keepSettled,
        @DefaultValue("16") int partitionsPerRun,
        @DefaultValue("130m") Duration rememberShort,
        @DefaultValue("32d") Duration rememberLong,
        @DefaultValue("true") boolean requireDurableRedis,
        @DefaultValue("61s") Duration openingDelay,
        @DefaultValue("60s") Duration clockTolerance) {

    private static final Duration LEAST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration MOST_IDLE = Duration.ofSeconds(30);
    private static final Duration LEAST_IDLE = Duration.ofSeconds(2);
    private static final Duration LEAST_DELAY = Duration.ofSeconds(61);
    private static final Duration LEAST_PATIENCE = Duration.ofMillis(100);
    private static final Duration LEAST_SPAN = Duration.ofMinutes(2);

    public SettlementSettings {
        var _ = new RedisSettings(redisUrl, redisPatience, redisTimeout);
        requireAtLeast("MILLRACE_SETTLEMENT_INTERVAL", settlementInterval, LEAST_INTERVAL);
        requireAtLeast("MILLRACE_KEEP_SETTLED", keepSettled, Duration.ZERO);
        requireAtLeast("MILLRACE_REDIS_PATIENCE", redisPatience, LEAST_PATIENCE);
        requireAtLeast("millrace.redis-timeout", redisTimeout, LEAST_PATIENCE);
        requireAtLeast("MILLRACE_REMEMBER_SHORT", rememberShort, LEAST_SPAN);
        requireAtLeast("MILLRACE_REMEMBER_LONG", rememberLong, rememberShort);
        requireAtLeast("millrace.opening-delay", openingDelay, LEAST_DELAY);
        requireAtLeast("millrace.clock-tolerance", clockTolerance, LEAST_INTERVAL);
        if (partitionsPerRun < 1 || partitionsPerRun > Partition.COUNT) {
            throw new SettingException(
                    "MILLRACE_PARTITIONS_PER_RUN is %d; it takes 1 to %d".formatted(partitionsPerRun, Partition.COUNT));
        }
    }

    /** For how long identities are remembered. */
    public Sealing.Spans spans() {
        return new Sealing.Spans(rememberShort, rememberLong);
    }

    /** Longest idle time of a worker's transaction. It is less than one settlement interval, unless the interval is very short. */
    public Duration mostIdle() {
        Duration limit = settlementInterval.multipliedBy(3).dividedBy(4);
        return Duration.ofMillis(Math.clamp(limit.toMillis(), LEAST_IDLE.toMillis(), MOST_IDLE.toMillis()));
    }
}
