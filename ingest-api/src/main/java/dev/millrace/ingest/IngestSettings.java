package dev.millrace.ingest;

import dev.millrace.common.key.MasterKey;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of ingest-api; application.yml says what each means and which variable sets it.
 *
 * @param masterKey the installation's secret; the well-known one only in the local profile
 * @param redisUrl {@code redis[s]://[user:password@]host:port[/database]}
 * @param tokenLifetime most that {@code exp - iat} may be
 * @param rememberShort how long views, reads and scrolls are remembered; at least the lifetime + 120 s
 * @param rememberLong how long reactions, comments and search visits are remembered; at least the same
 * @param reactions the keys a reaction may have
 * @param tallyTimeout longest wait for Redis' answer to one request
 * @param fastLaneEvents most events of the fast lane under way at once, at least 1,000
 * @param suspectsLaneEvents most suspect events under way at once, at least 1,000
 * @param filterEvents identities one generation of the edge's Bloom filter holds, 0 for no filter
 * @param catalogPoll how often the catalogue is read, at most 1 s so that changes are in force within 2 s
 * @param redisPatience longest wait for Redis' answer to a look at it; what is known of Redis holds for twice as long
 * @param clockLeap most that Redis' clock may be ahead of the last second a partition has seen
 */
@ConfigurationProperties("millrace")
public record IngestSettings(
        @DefaultValue("") String masterKey,
        @DefaultValue("redis://localhost:6379") URI redisUrl,
        @DefaultValue("2h") Duration tokenLifetime,
        @DefaultValue("130m") Duration rememberShort,
        @DefaultValue("32d") Duration rememberLong,
        @DefaultValue({"like", "love", "clap"}) Set<String> reactions,
        @DefaultValue("1500ms") Duration tallyTimeout,
        @DefaultValue("16384") int fastLaneEvents,
        @DefaultValue("4096") int suspectsLaneEvents,
        @DefaultValue("2000000") int filterEvents,
        @DefaultValue("500ms") Duration catalogPoll,
        @DefaultValue("1s") Duration redisPatience,
        @DefaultValue("1h") Duration clockLeap) {

    /** Most events in one request; a lane holds at least one such request. */
    public static final int MOST_EVENTS = 1_000;

    private static final Duration SLACK = Duration.ofMinutes(2);

    public IngestSettings {
        reactions = Set.copyOf(reactions);
        atLeast("token-lifetime", tokenLifetime, Duration.ofSeconds(1));
        atLeast("remember-short", rememberShort, tokenLifetime.plus(SLACK));
        atLeast("remember-long", rememberLong, tokenLifetime.plus(SLACK));
        atLeast("clock-leap", clockLeap, Duration.ofMinutes(1));
        atLeast("redis-patience", redisPatience, Duration.ofMillis(500));
        atLeast("tally-timeout", tallyTimeout, Duration.ofMillis(10));
        atLeast("fast-lane-events", fastLaneEvents, MOST_EVENTS);
        atLeast("suspects-lane-events", suspectsLaneEvents, MOST_EVENTS);
        if (filterEvents != 0) {
            atLeast("filter-events", filterEvents, MOST_EVENTS);
        }
        if (catalogPoll.isNegative() || catalogPoll.isZero() || catalogPoll.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException(
                    "millrace.catalog-poll is %s; it takes more than 0 and at most 1s".formatted(catalogPoll));
        }
        if (rememberShort.equals(rememberLong)) {
            throw new IllegalArgumentException(
                    "millrace.remember-short and remember-long are both %s; they name different sets of keys"
                            .formatted(rememberLong));
        }
    }

    /**
     * The installation's secret, checked.
     *
     * @param local whether the local profile is active, where the well-known key serves
     */
    public MasterKey secret(boolean local) {
        return local
                ? MasterKey.of(masterKey.isBlank() ? MasterKey.LOCAL : masterKey)
                : MasterKey.forProduction(masterKey);
    }

    /** Without the master key and the password in the URL. */
    @Override
    public String toString() {
        return "IngestSettings[redis=%s:%d, hidden]".formatted(redisUrl.getHost(), redisUrl.getPort());
    }

    private static void atLeast(String name, Duration value, Duration least) {
        if (value.compareTo(least) < 0) {
            throw new IllegalArgumentException("millrace.%s is %s; it takes at least %s".formatted(name, value, least));
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException("millrace.%s is %d; it takes at least %d".formatted(name, value, least));
        }
    }
}
