package dev.millrace.ledger.settings;

import com.google.common.base.Ticker;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.SettingException;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import java.time.Duration;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The service's settings. Checked as a whole at start: a service with half a configuration does not start.
 *
 * @param masterKey the installation's secret, the same in every service; publishers' secrets are derived from it. Or empty
 * @param masterKeys several of them, by version; or empty. Exactly one of the two is set
 * @param bearer how bearer tokens are checked
 * @param currency ISO 4217 code that amounts are answered in
 * @param rateChangeFactor most by which a price changes without {@code force}, 1 to {@value #MOST_FACTOR}
 * @param availableAfter how long after its credit money becomes available, up to 366 days; publishers correct within that time
 * @param payoutTwoPeople whether another subject than the one that requested a payout has to confirm it
 * @param redisUrl where Redis is ({@link dev.millrace.counters.RedisSettings})
 * @param redisPatience longest wait for an answer to a look at Redis; the same as ingest-api's, since rate cards and revocations take up to
 *     twice as long to be in force there
 * @param streams most streams of balances at a time, 1 to {@value #MOST_STREAMS}
 * @param local whether the local profile is active: its well-known secrets stand in for those not given. They are refused
 *     otherwise
 */
public record LedgerSettings(
        @DefaultValue("") String masterKey,
        @DefaultValue("") String masterKeys,
        @DefaultValue BearerSettings bearer,
        @DefaultValue("USD") String currency,
        @DefaultValue("10") int rateChangeFactor,
        @DefaultValue("7d") Duration availableAfter,
        @DefaultValue("false") boolean payoutTwoPeople,
        @DefaultValue("redis://localhost:6379") String redisUrl,
        @DefaultValue("1s") Duration redisPatience,
        @DefaultValue("2000") int streams,
        boolean local) {

    /** Longest wait for an answer of Redis; two of them and a failure fit into the two seconds that a caller is promised. */
    public static final Duration REDIS_TIMEOUT = Duration.ofMillis(800);

    private static final Duration LEAST_PATIENCE = Duration.ofMillis(500);
    private static final Duration MOST_PATIENCE = Duration.ofSeconds(30);

    /** As many creators of one partition as a script takes at once, and no more connections than a heap of 1 GB has room for. */
    public static final int MOST_STREAMS = 5_000;

    /** Beyond it everything is allowed. */
    private static final int MOST_FACTOR = 1_000_000;

    private static final Duration MOST_AVAILABLE_AFTER = Duration.ofDays(366);

    public LedgerSettings {
        masterKey = masterKey.strip();
        masterKeys = masterKeys.strip();
        if (local && masterKey.isEmpty() && masterKeys.isEmpty()) {
            masterKey = MasterKey.LOCAL;
        }
        MasterKeys _ = local ? MasterKeys.of(masterKey, masterKeys) : MasterKeys.forProduction(masterKey, masterKeys);
        var _ = new RedisSettings(redisUrl, redisPatience, REDIS_TIMEOUT);
        bearer = bearer.checked(local);
        if (redisPatience.compareTo(LEAST_PATIENCE) < 0 || redisPatience.compareTo(MOST_PATIENCE) > 0) {
            throw new SettingException("MILLRACE_REDIS_PATIENCE %d ms is not %d ms to %d ms"
                    .formatted(redisPatience.toMillis(), LEAST_PATIENCE.toMillis(), MOST_PATIENCE.toMillis()));
        }
        if (availableAfter.isNegative() || availableAfter.compareTo(MOST_AVAILABLE_AFTER) > 0) {
            throw new SettingException("MILLRACE_AVAILABLE_AFTER %s is not 0s to %d days"
                    .formatted(availableAfter, MOST_AVAILABLE_AFTER.toDays()));
        }
        if (rateChangeFactor < 1 || rateChangeFactor > MOST_FACTOR) {
            throw new SettingException(
                    "MILLRACE_RATE_CHANGE_FACTOR %d is not 1 to %d".formatted(rateChangeFactor, MOST_FACTOR));
        }
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new SettingException("MILLRACE_STREAMS %d is not 1 to %d".formatted(streams, MOST_STREAMS));
        }
        SettingException.requireCurrency("MILLRACE_CURRENCY", currency);
    }

    /** The installation's secrets, ready for use. */
    public MasterKeys keys() {
        return MasterKeys.of(masterKey, masterKeys);
    }

    /** The connections to Redis, not opened yet. */
    public RedisConnections connections(Ticker ticker) {
        return new RedisConnections(new RedisSettings(redisUrl, redisPatience, REDIS_TIMEOUT), ticker);
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "LedgerSettings[currency=%s, bearer=%s, local=%s, secrets hidden]".formatted(currency, bearer, local);
    }
}
