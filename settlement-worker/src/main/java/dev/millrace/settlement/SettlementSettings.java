package dev.millrace.settlement;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of settlement-worker; application.yml says what each means and which variable sets it.
 *
 * @param settlementInterval how long after its last settlement a partition is due again, at least 1 s
 * @param keepSettled how long settled epochs stay in Redis, so that a ledger restored from the recent past can settle again
 * @param partitionsPerRun most partitions one run takes, 1 to 16: a worker's share
 * @param openingDelay tokens issued earlier than this long after a re-opening are refused, at least 61 s
 * @param requireDurableRedis whether a Redis that could lose what it has acknowledged is refused, or only told of
 * @param clockTolerance most by which Redis' clock and the database's may differ
 */
@ConfigurationProperties("millrace")
public record SettlementSettings(
        @DefaultValue("60s") Duration settlementInterval,
        @DefaultValue("10m") Duration keepSettled,
        @DefaultValue("16") int partitionsPerRun,
        @DefaultValue("true") boolean requireDurableRedis,
        @DefaultValue("61s") Duration openingDelay,
        @DefaultValue("60s") Duration clockTolerance) {

    private static final Duration LEAST_INTERVAL = Duration.ofSeconds(1);
    private static final Duration MOST_IDLE = Duration.ofSeconds(30);
    private static final Duration LEAST_IDLE = Duration.ofSeconds(2);
    private static final Duration LEAST_DELAY = Duration.ofSeconds(61);

    public SettlementSettings {
        atLeast("settlement-interval (MILLRACE_SETTLEMENT_INTERVAL)", settlementInterval, LEAST_INTERVAL);
        atLeast("keep-settled (MILLRACE_KEEP_SETTLED)", keepSettled, Duration.ZERO);
        atLeast("opening-delay", openingDelay, LEAST_DELAY);
        atLeast("clock-tolerance", clockTolerance, LEAST_INTERVAL);
        if (partitionsPerRun < 1 || partitionsPerRun > 16) {
            throw new IllegalArgumentException(
                    "millrace.partitions-per-run is %d; it takes 1 to 16".formatted(partitionsPerRun));
        }
    }

    /** How long a worker may leave the database waiting in the middle of a settlement: below one interval where that is not tiny. */
    public Duration mostIdle() {
        Duration limit = settlementInterval.multipliedBy(3).dividedBy(4);
        return Duration.ofMillis(Math.clamp(limit.toMillis(), LEAST_IDLE.toMillis(), MOST_IDLE.toMillis()));
    }

    private static void atLeast(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException("millrace.%s is %s; it takes at least %s".formatted(name, value, least));
        }
    }
}
