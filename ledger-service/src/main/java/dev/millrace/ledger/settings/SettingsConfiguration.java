package dev.millrace.ledger.settings;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GivenSettings.class)
public class SettingsConfiguration {
    private static final String LOCAL = "local";

    /** Only the profile allows the well-known secrets: no property could be set by mistake to do so. */
    @Bean
    LedgerSettings ledgerSettings(GivenSettings given, Environment environment) {
        return given.checked(environment.matchesProfiles(LOCAL));
    }
}
