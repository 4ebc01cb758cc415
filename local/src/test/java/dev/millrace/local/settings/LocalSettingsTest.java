package dev.millrace.local.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.local.process.CommandException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSettingsTest {
    private static final Path ROOT = Path.of("/project");

    @Test
    void withoutVariablesEverythingHasItsDefault() {
        LocalSettings settings = LocalSettings.from(Map.of(), ROOT);
        assertThat(settings.home()).isEqualTo(Path.of("/project/.millrace"));
        assertThat(settings.ports())
                .isEqualTo(Map.of(
                        "MILLRACE_LOCAL_POSTGRES_PORT", 15432,
                        "MILLRACE_LOCAL_REDIS_PORT", 16379,
                        "MILLRACE_LEDGER_PORT", 8081,
                        "MILLRACE_LEDGER_MANAGEMENT_PORT", 9081,
                        "MILLRACE_WORKER_PORT", 8082,
                        "MILLRACE_INGEST_PORT", 8080,
                        "MILLRACE_INGEST_MANAGEMENT_PORT", 9080));
        assertThat(settings.address(Part.INGEST)).hasToString("http://127.0.0.1:8080");
        assertThat(settings.managementAddress(Part.INGEST)).hasToString("http://127.0.0.1:9080");
        assertThat(settings.managementAddress(Part.WORKER))
                .as("the worker has one port only")
                .hasToString("http://127.0.0.1:8082");
    }

    @Test
    void aRelativeHomeStartsAtTheProjectAndAnAbsoluteOneIsTaken() {
        assertThat(LocalSettings.from(Map.of("MILLRACE_HOME", "a/../b"), ROOT).home())
                .isEqualTo(Path.of("/project/b"));
        assertThat(LocalSettings.from(Map.of("MILLRACE_HOME", "/var/m"), ROOT).home())
                .isEqualTo(Path.of("/var/m"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "-1", "80a", "8080.0", "999999"})
    void aPortThatIsNoneIsNamedWithItsValue(String value) {
        assertThatThrownBy(() -> LocalSettings.from(Map.of("MILLRACE_LEDGER_PORT", value), ROOT))
                .isInstanceOf(CommandException.class)
                .hasMessage("MILLRACE_LEDGER_PORT is '" + value + "'; it takes a port from 1 to 65535");
    }

    @Test
    void twoPartsOnOnePortAreNamedBoth() {
        assertThatThrownBy(() -> LocalSettings.from(Map.of("MILLRACE_WORKER_PORT", "8081"), ROOT))
                .isInstanceOf(CommandException.class)
                .hasMessage(
                        "MILLRACE_LEDGER_PORT and MILLRACE_WORKER_PORT are both 8081; give each part a port of its own");
    }

    @Test
    void secretsThatAreTooShortAreRefusedAndNeverShown() {
        assertThatThrownBy(() -> LocalSettings.from(Map.of("MILLRACE_MASTER_KEY", "short"), ROOT))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("MILLRACE_MASTER_KEY has 5 characters");
        assertThatThrownBy(() -> LocalSettings.from(Map.of("MILLRACE_LEDGER_JWT_SECRET", "short"), ROOT))
                .isInstanceOf(CommandException.class)
                .hasMessage(
                        "MILLRACE_LEDGER_JWT_SECRET has 5 characters; it takes at least 32 random ones, such as the output of: openssl rand -base64 48");
        String secret = "a-secret-of-exactly-32-characters";
        assertThat(LocalSettings.from(Map.of("MILLRACE_MASTER_KEY", secret), ROOT)
                        .toString())
                .doesNotContain(secret);
    }

    @Test
    void aHomeMakesItsOwnSecretsOnceForItsOwnerAlone(@TempDir Path folder) throws Exception {
        LocalSettings one = LocalSettings.from(Map.of("MILLRACE_HOME", "one"), folder);
        assertThatThrownBy(one::bearerSecret)
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessage("there is no stack in " + one.home()
                        + ": start one with ./millrace up, or set MILLRACE_HOME to the folder of the one that runs");
        String secret = one.secretOrNew(LocalSettings.BEARER_SECRET);
        assertThat(secret).matches("[0-9a-f]{64}");
        assertThat(one.bearerSecret()).isEqualTo(secret);
        assertThat(Files.getPosixFilePermissions(one.home().resolve("secrets").resolve(LocalSettings.BEARER_SECRET)))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        LocalSettings two = LocalSettings.from(Map.of("MILLRACE_HOME", "two"), folder);
        assertThat(two.secretOrNew(LocalSettings.BEARER_SECRET)).isNotEqualTo(secret);
        String given = "a-secret-of-exactly-32-characters";
        LocalSettings other =
                LocalSettings.from(Map.of("MILLRACE_HOME", "one", LocalSettings.BEARER_SECRET, given), folder);
        assertThat(other.bearerSecret()).isEqualTo(given);
        assertThat(one.bearerSecret()).isEqualTo(secret);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense.invalid", "203.0.113.7", "127.0.0.1:80"})
    void anAddressOfNoInterfaceIsNamedWithTheRemedy(String value) {
        assertThatThrownBy(() -> LocalSettings.from(Map.of("MILLRACE_BIND_ADDRESS", value), ROOT))
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessage("MILLRACE_BIND_ADDRESS is '" + value
                        + "'; it takes an address of this machine, 0.0.0.0 for all of them");
    }

    @Test
    void theServicesAreReachedWhereTheyListen() {
        assertThat(LocalSettings.from(Map.of("MILLRACE_BIND_ADDRESS", "0.0.0.0"), ROOT)
                        .address(Part.INGEST))
                .hasToString("http://127.0.0.1:8080");
        assertThat(LocalSettings.from(Map.of("MILLRACE_BIND_ADDRESS", "127.0.0.2"), ROOT)
                        .managementAddress(Part.LEDGER))
                .hasToString("http://127.0.0.2:9081");
    }
}
