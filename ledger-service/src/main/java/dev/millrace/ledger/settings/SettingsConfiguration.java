package dev.millrace.ledger.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(SettingsConfiguration.Given.class)
public class SettingsConfiguration {
    private static final String LOCAL = "local";

    /** What the environment says, as it says it; {@link LedgerSettings} tells what each means. */
    @ConfigurationProperties("millrace")
    record Given(
            @DefaultValue("") String masterKey,
            @DefaultValue("") String jwtSecret,
            @DefaultValue("") String jwkSetUri,
            @DefaultValue("") String jwtIssuer,
            @DefaultValue("") String jwtAudience,
            @DefaultValue("USD") String currency,
            @DefaultValue("redis://localhost:6379") String redisUrl,
            @DefaultValue("1s") Duration redisPatience,
            @DefaultValue("2000") int streams) {
        @Override
        public String toString() {
            return "Given[hidden]";
        }
    }

    /** Only the profile allows the well-known secrets: no property could be set by mistake to do so. */
    @Bean
    LedgerSettings ledgerSettings(Given given, Environment environment) {
        return new LedgerSettings(
                given.masterKey(),
                given.jwtSecret(),
                given.jwkSetUri(),
                given.jwtIssuer(),
                given.jwtAudience(),
                given.currency(),
                given.redisUrl(),
                given.redisPatience(),
                given.streams(),
                environment.matchesProfiles(LOCAL));
    }
}
