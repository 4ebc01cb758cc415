package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class IngestSettingsTest {

    @Test
    void theDefaultsFitTogether() {
        IngestSettings settings = bound(Map.of());
        assertThat(settings.tokenLifetime()).hasHours(2);
        assertThat(settings.indexMemory().toMegabytes()).isEqualTo(256);
        assertThat(settings.eventsUnderWay()).isEqualTo(16_384);
        assertThat(settings.secrets(true).newest()).hasToString("MasterKey[hidden]");
        assertThat(settings.identitySecret(true)).hasToString("IdentityKey[hidden]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "token-lifetime; 0s; MILLRACE_TOKEN_LIFETIME is PT0S; it takes at least PT1S",
                "index-memory; 1000KB; MILLRACE_INDEX_MEMORY is 1024000B; it takes at least 1048576B",
                "events-under-way; 999; MILLRACE_EVENTS_UNDER_WAY is 999; it takes at least 1000",
                "bodies-under-way; 1000KB; MILLRACE_BODIES_UNDER_WAY is 1024000B; it takes at least 1048576B",
                "publisher-events-per-second; -1; MILLRACE_PUBLISHER_EVENTS_PER_SECOND is -1; it takes at least 0",
                "page-visitors; -1; MILLRACE_PAGE_VISITORS is -1; it takes at least 0",
                "redis-ack-replicas; -1; MILLRACE_REDIS_ACK_REPLICAS is -1; it takes at least 0",
                "tally-timeout; 9ms; MILLRACE_TALLY_TIMEOUT is PT0.009S; it takes at least PT0.01S",
                "redis-patience; 0s; MILLRACE_REDIS_PATIENCE is PT0S; it takes at least PT0.5S",
                "clock-leap; 0s; MILLRACE_CLOCK_LEAP is PT0S; it takes at least PT1M",
                "currency; dollar; MILLRACE_CURRENCY 'dollar' is not a code of three capital letters such as USD",
                "catalog-poll; 2s; millrace.catalog-poll is PT2S; it takes more than 0 and at most 1s",
            })
    void aSettingOutOfItsRangeIsNamedWithItsValueAndItsRange(String name, String value, String message) {
        assertThatThrownBy(() -> bound(Map.of(name, value))).rootCause().hasMessageContaining(message);
    }

    @Test
    void outsideTheLocalProfileAMasterKeyOfOnesOwnIsRequired() {
        assertThatThrownBy(() -> bound(Map.of()).secrets(false)).hasMessageContaining("MILLRACE_MASTER_KEY is not set");
        assertThatThrownBy(() -> bound(Map.of("master-key", "millrace-local-master-key-not-for-production"))
                        .secrets(false))
                .hasMessageContaining("well-known key");
        String several = "v2:f7b3920d6ce14a58b0d4437e19a5c862,v1:0c1fa3e977d05b2e4486a1c35e90d7b2";
        assertThat(bound(Map.of("master-keys", several)).secrets(false).newestVersion())
                .isEqualTo(2);
    }

    @Test
    void outsideTheLocalProfileAnIdentityKeyOfOnesOwnIsRequired() {
        assertThatThrownBy(() -> bound(Map.of()).identitySecret(false))
                .hasMessageContaining("MILLRACE_IDENTITY_KEY is not set");
        assertThatThrownBy(() -> bound(Map.of("identity-key", "millrace-local-identity-key-not-for-production"))
                        .identitySecret(false))
                .hasMessageContaining("well-known key");
    }

    @Test
    void settingsNeverShowTheirSecrets() {
        IngestSettings settings = bound(Map.of(
                "master-key", "a secret of more than 32 characters", "redis-url", "redis://user:hunter2@host:6380"));
        assertThat(settings).hasToString("IngestSettings[hidden]");
    }

    private static IngestSettings bound(Map<String, String> properties) {
        Map<String, String> prefixed = new HashMap<>();
        properties.forEach((name, value) -> prefixed.put("millrace." + name, value));
        return new Binder(new MapConfigurationPropertySource(prefixed)).bindOrCreate("millrace", IngestSettings.class);
    }
}
