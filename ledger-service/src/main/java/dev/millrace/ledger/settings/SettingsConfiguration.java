package dev.millrace.ledger.settings;

import com.google.common.collect.Iterables;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Wires this station. */
@Configuration(proxyBeanMethods = false)
public class SettingsConfiguration {

    /** Only the profile allows the well-known secrets: no property could be set by mistake to do so. */
    @Bean
    LedgerSettings ledgerSettings(Environment environment) {
        var profile =
                new MapConfigurationPropertySource(Map.of("millrace.local", environment.matchesProfiles("local")));
        return new Binder(
                        Iterables.concat(List.of(profile), ConfigurationPropertySources.get(environment)),
                        new PropertySourcesPlaceholdersResolver(environment))
                .bindOrCreate("millrace", LedgerSettings.class);
    }
}
