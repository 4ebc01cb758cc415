package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class IdentityKeyTest {

    /** Expected values: HKDF-SHA256 written in Python on its hmac module. */
    @Test
    void itsDerivedKeyAndFingerprintAreTheOnesOthersDerive() {
        IdentityKey key = IdentityKey.of(IdentityKey.LOCAL);
        assertThat(HexFormat.of().formatHex(key.sipHashKey())).isEqualTo("ba2929a6fdb030af87cf6bda6bcc91e5");
        assertThat(key.fingerprint()).isEqualTo("34a65480b51044bb");
    }

    @Test
    void aNewlineAroundTheKeyIsNoneOfIt() {
        assertThat(IdentityKey.of(IdentityKey.LOCAL + "\r\n").fingerprint())
                .isEqualTo(IdentityKey.of(IdentityKey.LOCAL).fingerprint());
    }

    @Test
    void productionRefusesNoKeyAWeakKeyAndTheLocalOne() {
        assertThatThrownBy(() -> IdentityKey.forProduction("\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MILLRACE_IDENTITY_KEY is not set");
        assertThatThrownBy(() -> IdentityKey.forProduction(IdentityKey.LOCAL + "\n"))
                .hasMessageContaining("well-known key of the local profile");
        assertThatThrownBy(() -> IdentityKey.forProduction("hunter2-hunter2"))
                .hasMessageStartingWith("MILLRACE_IDENTITY_KEY has 15 characters")
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> IdentityKey.forProduction("a".repeat(64)))
                .hasMessageStartingWith("MILLRACE_IDENTITY_KEY has only 1 different characters");
    }

    @Test
    void anIdentityKeyNeverShowsItself() {
        assertThat(IdentityKey.of(IdentityKey.LOCAL)).hasToString("IdentityKey[hidden]");
    }
}
