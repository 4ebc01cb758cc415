package dev.millrace.ledger.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/** What the environment says, as it says it; {@link LedgerSettings} tells what each means. */
@ConfigurationProperties("millrace")
record GivenSettings(
        @DefaultValue("") String masterKey,
        @DefaultValue("") String jwtSecret,
        @DefaultValue("") String jwkSetUri,
        @DefaultValue("") String jwtIssuer,
        @DefaultValue("") String jwtAudience,
        @DefaultValue("USD") String currency,
        @DefaultValue("redis://localhost:6379") String redisUrl,
        @DefaultValue("1s") Duration redisPatience) {

    /**
     * The settings the service goes by.
     *
     * @param local whether the local profile is active
     */
    LedgerSettings checked(boolean local) {
        return new LedgerSettings(
                masterKey, jwtSecret, jwkSetUri, jwtIssuer, jwtAudience, currency, redisUrl, redisPatience, local);
    }

    @Override
    public String toString() {
        return "GivenSettings[hidden]";
    }
}
