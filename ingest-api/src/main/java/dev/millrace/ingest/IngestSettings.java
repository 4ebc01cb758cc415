package dev.millrace.ingest;

import static dev.millrace.common.message.SettingException.requireAtLeast;
import static dev.millrace.common.message.SettingException.requireCurrency;

import dev.millrace.common.key.IdentityKey;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.SettingException;
import dev.millrace.counters.RedisSettings;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of ingest-api; application.yml says what each means and which variable sets it.
 *
 * @param masterKey the installation's secret; the well-known one only in the local profile. Or empty
 * @param masterKeys several of them, by version; or empty. Exactly one of the two is set
 * @param identityKey what events are hashed to identities under; the well-known one only in the local profile
 * @param redisUrl a node, a Sentinel set or a cluster; {@link dev.millrace.counters.RedisSettings} has its forms
 * @param tokenLifetime most that {@code exp - iat} may be
 * @param audience what the {@code aud} of a token must hold, where it has one
 * @param reactions the keys a reaction may have
 * @param currency ISO 4217 code that a dry run names beside its amounts
 * @param datacenters file of networks where no readers are; empty: none
 * @param trustedProxies networks whose word about their clients' addresses is believed
 * @param tallyTimeout longest wait for Redis' answer to one request
 * @param indexMemory memory for the identities of counted events, at least 1 MB
 * @param eventsUnderWay most events that are being counted at once, at least 1,000
 * @param bodiesUnderWay most memory that the bodies of requests take at once, at least 1 MB
 * @param publisherEventsPerSecond that one publisher may send to this node, 0 for any number
 * @param pageVisitors visitors of pages with page tokens that an address or an IPv6 /48 may have in an hour, 0 for any number
 * @param catalogPoll how often the catalogue is read, at most 1 s so that changes are in force within 2 s
 * @param redisPatience longest wait for Redis' answer to a look at it; a look's findings hold for twice as long
 * @param redisAckReplicas replicas that must have counted events before these are answered, 0 for none
 * @param clockLeap most that Redis' clock may be ahead of the last second a partition has seen
 */
@ConfigurationProperties("millrace")
public record IngestSettings(
        @DefaultValue("") String masterKey,
        @DefaultValue("") String masterKeys,
        @DefaultValue("") String identityKey,
        @DefaultValue("redis://localhost:6379") String redisUrl,
        @DefaultValue("2h") Duration tokenLifetime,
        @DefaultValue("millrace") String audience,
        @DefaultValue({"like", "love", "clap"}) Set<String> reactions,
        @DefaultValue("USD") String currency,
        @DefaultValue("") String datacenters,
        @DefaultValue({}) List<String> trustedProxies,
        @DefaultValue("1500ms") Duration tallyTimeout,
        @DefaultValue("256MB") DataSize indexMemory,
        @DefaultValue("16384") int eventsUnderWay,
        @DefaultValue("64MB") DataSize bodiesUnderWay,
        @DefaultValue("0") int publisherEventsPerSecond,
        @DefaultValue("200") int pageVisitors,
        @DefaultValue("500ms") Duration catalogPoll,
        @DefaultValue("1s") Duration redisPatience,
        @DefaultValue("0") int redisAckReplicas,
        @DefaultValue("5m") Duration clockLeap) {

    /** Most events in one request. */
    public static final int MOST_EVENTS = 1_000;

    public IngestSettings {
        reactions = Set.copyOf(reactions);
        trustedProxies = List.copyOf(trustedProxies);
        var _ = new RedisSettings(redisUrl, redisPatience, tallyTimeout);
        requireAtLeast("MILLRACE_TOKEN_LIFETIME", tokenLifetime, Duration.ofSeconds(1));
        requireAtLeast("MILLRACE_CLOCK_LEAP", clockLeap, Duration.ofMinutes(1));
        requireAtLeast("MILLRACE_REDIS_PATIENCE", redisPatience, Duration.ofMillis(500));
        requireAtLeast("MILLRACE_TALLY_TIMEOUT", tallyTimeout, Duration.ofMillis(10));
        requireAtLeast("MILLRACE_REDIS_ACK_REPLICAS", redisAckReplicas, 0);
        requireAtLeast("MILLRACE_EVENTS_UNDER_WAY", eventsUnderWay, MOST_EVENTS);
        requireAtLeast("MILLRACE_PUBLISHER_EVENTS_PER_SECOND", publisherEventsPerSecond, 0);
        requireAtLeast("MILLRACE_PAGE_VISITORS", pageVisitors, 0);
        requireAtLeast("MILLRACE_BODIES_UNDER_WAY", bodiesUnderWay, DataSize.ofMegabytes(1));
        requireAtLeast("MILLRACE_INDEX_MEMORY", indexMemory, DataSize.ofMegabytes(1));
        requireCurrency("MILLRACE_CURRENCY", currency);
        if (catalogPoll.isNegative() || catalogPoll.isZero() || catalogPoll.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new SettingException(
                    "millrace.catalog-poll is %s; it takes more than 0 and at most 1s".formatted(catalogPoll));
        }
    }

    /**
     * The installation's secrets, checked.
     *
     * @param local whether the local profile is active, where the well-known key serves
     */
    public MasterKeys secrets(boolean local) {
        boolean isNone = masterKey.isBlank() && masterKeys.isBlank();
        return local
                ? MasterKeys.of(isNone ? MasterKey.LOCAL : masterKey, masterKeys)
                : MasterKeys.forProduction(masterKey, masterKeys);
    }

    /**
     * The key that events are hashed to identities under, checked.
     *
     * @param local whether the local profile is active, where the well-known key serves
     */
    public IdentityKey identitySecret(boolean local) {
        return local
                ? IdentityKey.of(identityKey.isBlank() ? IdentityKey.LOCAL : identityKey)
                : IdentityKey.forProduction(identityKey);
    }

    /** Without the keys and the password in the URL. */
    @Override
    public String toString() {
        return "IngestSettings[hidden]";
    }
}
