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
        assertThat(settings.rememberShort()).hasMinutes(130);
        assertThat(settings.rememberLong()).hasDays(32);
        assertThat(settings.secret(true)).hasToString("MasterKey[hidden]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "remember-short; 2h; millrace.remember-short is PT2H; it takes at least PT2H2M",
                "remember-long; 1h; millrace.remember-long is PT1H; it takes at least PT2H2M",
                "remember-long; 130m; millrace.remember-short and remember-long are both PT2H10M",
                "suspects-lane-events; 999; millrace.suspects-lane-events is 999; it takes at least 1000",
                "fast-lane-events; 0; millrace.fast-lane-events is 0; it takes at least 1000",
                "filter-events; 999; millrace.filter-events is 999; it takes at least 1000",
                "redis-patience; 0s; millrace.redis-patience is PT0S; it takes at least PT0.5S",
                "clock-leap; 0s; millrace.clock-leap is PT0S; it takes at least PT1M",
                "catalog-poll; 2s; millrace.catalog-poll is PT2S; it takes more than 0 and at most 1s",
            })
    void aSettingOutOfItsRangeIsNamedWithItsValueAndItsRange(String name, String value, String message) {
        assertThatThrownBy(() -> bound(Map.of(name, value))).rootCause().hasMessageContaining(message);
    }

    @Test
    void theEdgesFilterCanBeSwitchedOff() {
        assertThat(bound(Map.of("filter-events", "0")).filterEvents()).isZero();
    }

    @Test
    void outsideTheLocalProfileAMasterKeyOfOnesOwnIsRequired() {
        assertThatThrownBy(() -> bound(Map.of()).secret(false)).hasMessageContaining("MILLRACE_MASTER_KEY is not set");
        assertThatThrownBy(() -> bound(Map.of("master-key", "millrace-local-master-key-not-for-production"))
                        .secret(false))
                .hasMessageContaining("well-known key");
    }

    @Test
    void settingsNeverShowTheirSecrets() {
        IngestSettings settings = bound(Map.of(
                "master-key", "a secret of more than 32 characters", "redis-url", "redis://user:hunter2@host:6380"));
        assertThat(settings).hasToString("IngestSettings[redis=host:6380, hidden]");
    }

    private static IngestSettings bound(Map<String, String> properties) {
        Map<String, String> prefixed = new HashMap<>();
        properties.forEach((name, value) -> prefixed.put("millrace." + name, value));
        return new Binder(new MapConfigurationPropertySource(prefixed)).bindOrCreate("millrace", IngestSettings.class);
    }
}
