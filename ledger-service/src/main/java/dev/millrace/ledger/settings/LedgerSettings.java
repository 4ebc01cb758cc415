package dev.millrace.ledger.settings;

import com.google.common.base.Ticker;
import dev.millrace.common.key.BearerSecret;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.message.Printable;
import dev.millrace.common.message.SettingException;
import dev.millrace.counters.RedisConnections;
import dev.millrace.counters.RedisSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The service's settings. Checked as a whole at start: a service with half a configuration does not start.
 *
 * @param masterKey the installation's secret, the same in every service; publishers' secrets are derived from it
 * @param jwtSecret shared secret of the bearer tokens (HS256), at least 32 bytes; or empty
 * @param jwkSetUri address of the JWK set whose keys sign the bearer tokens; or empty. Exactly one of the two is set
 * @param jwtIssuer the {@code iss} that bearer tokens must have; or empty: any
 * @param jwtAudience what the {@code aud} of bearer tokens must hold; or empty: anything, with a shared secret only. The
 *     keys of a JWK set sign for other services, too, whose tokens are not meant for this one
 * @param currency ISO 4217 code that amounts are answered in
 * @param redisUrl where Redis is ({@link dev.millrace.counters.RedisSettings})
 * @param redisPatience longest wait for an answer to a look at Redis; the same as ingest-api's, since rate cards and revocations take up to
 *     twice as long to be in force there
 * @param streams most streams of balances at a time, 1 to {@value #MOST_STREAMS}
 * @param local whether the local profile is active: its well-known secrets stand in for those not given. They are refused
 *     otherwise
 */
public record LedgerSettings(
        @DefaultValue("") String masterKey,
        @DefaultValue("") String jwtSecret,
        @DefaultValue("") String jwkSetUri,
        @DefaultValue("") String jwtIssuer,
        @DefaultValue("") String jwtAudience,
        @DefaultValue("USD") String currency,
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

    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

    public LedgerSettings {
        masterKey = masterKey.strip();
        jwtSecret = jwtSecret.strip();
        jwkSetUri = jwkSetUri.strip();
        jwtIssuer = jwtIssuer.strip();
        jwtAudience = jwtAudience.strip();
        if (local && masterKey.isEmpty()) {
            masterKey = MasterKey.LOCAL;
        }
        if (local && jwtSecret.isEmpty() && jwkSetUri.isEmpty()) {
            jwtSecret = BearerSecret.LOCAL;
        }
        MasterKey _ = local ? MasterKey.of(masterKey) : MasterKey.forProduction(masterKey);
        var _ = new RedisSettings(redisUrl, redisPatience, REDIS_TIMEOUT);
        checkBearer(jwtSecret, jwkSetUri, local);
        checkAudience(jwkSetUri, jwtAudience);
        if (redisPatience.compareTo(LEAST_PATIENCE) < 0 || redisPatience.compareTo(MOST_PATIENCE) > 0) {
            throw new SettingException("MILLRACE_REDIS_PATIENCE %d ms is not %d ms to %d ms"
                    .formatted(redisPatience.toMillis(), LEAST_PATIENCE.toMillis(), MOST_PATIENCE.toMillis()));
        }
        if (streams < 1 || streams > MOST_STREAMS) {
            throw new SettingException("MILLRACE_STREAMS %d is not 1 to %d".formatted(streams, MOST_STREAMS));
        }
        if (!CURRENCY.matcher(currency).matches()) {
            throw new SettingException("MILLRACE_CURRENCY '%s' is not a code of three capital letters such as USD"
                    .formatted(Printable.abbreviate(currency)));
        }
    }

    /** The installation's secret, ready for use. */
    public MasterKey key() {
        return MasterKey.of(masterKey);
    }

    private static void checkBearer(String jwtSecret, String jwkSetUri, boolean local) {
        if (jwtSecret.isEmpty() == jwkSetUri.isEmpty()) {
            throw new SettingException(
                    jwtSecret.isEmpty()
                            ? "neither MILLRACE_LEDGER_JWT_SECRET nor MILLRACE_LEDGER_JWK_SET_URI is set;"
                                    + " bearer tokens can't be checked without one of them"
                            : "both MILLRACE_LEDGER_JWT_SECRET and MILLRACE_LEDGER_JWK_SET_URI are set; it takes exactly one");
        }
        int bytes = jwtSecret.getBytes(StandardCharsets.UTF_8).length;
        if (!jwkSetUri.isEmpty()) {
            checkUri(jwkSetUri);
        } else if (bytes < BearerSecret.LEAST_BYTES) {
            throw new SettingException("MILLRACE_LEDGER_JWT_SECRET has %d bytes; HS256 takes at least %d random ones"
                    .formatted(bytes, BearerSecret.LEAST_BYTES));
        } else if (!local && jwtSecret.equals(BearerSecret.LOCAL)) {
            throw new SettingException("MILLRACE_LEDGER_JWT_SECRET is the well-known secret of the local profile;"
                    + " set a secret one of your own");
        }
    }

    private static void checkUri(String jwkSetUri) {
        try {
            URI uri = new URI(jwkSetUri);
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return;
            }
        } catch (URISyntaxException e) {
            // refused below
        }
        throw new SettingException("MILLRACE_LEDGER_JWK_SET_URI is not an http or https address with a host");
    }

    private static void checkAudience(String jwkSetUri, String jwtAudience) {
        if (!jwkSetUri.isEmpty() && jwtAudience.isEmpty()) {
            throw new SettingException(
                    "MILLRACE_LEDGER_JWT_AUDIENCE is not set; with MILLRACE_LEDGER_JWK_SET_URI it takes one,"
                            + " since the same keys sign tokens that are meant for other services");
        }
    }

    /** The connections to Redis, not opened yet. */
    public RedisConnections connections(Ticker ticker) {
        return new RedisConnections(new RedisSettings(redisUrl, redisPatience, REDIS_TIMEOUT), ticker);
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "LedgerSettings[currency=%s, jwkSetUri=%s, jwtIssuer=%s, jwtAudience=%s, local=%s, secrets hidden]"
                .formatted(currency, jwkSetUri, jwtIssuer, jwtAudience, local);
    }
}
