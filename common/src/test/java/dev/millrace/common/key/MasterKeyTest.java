package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.Kid;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class MasterKeyTest {

    /** Expected value: HKDF-SHA256 of another implementation (Node's crypto.hkdfSync), base64url. */
    @Test
    void aPublishersSecretIsTheOneOthersDerive() {
        assertThat(MasterKey.of(MasterKey.LOCAL).publisherSecret(new Kid("demo", 1)))
                .isEqualTo("0c-HW-xFcR5SSrFA3j-wPTzi7AfDtB1sYHjGZSc1wOE");
    }

    @Test
    void everyKidAndMasterKeyHasItsOwnSecret() {
        MasterKey keys = MasterKey.of(MasterKey.LOCAL);
        MasterKey others = MasterKey.of("another master key of enough characters");
        assertThat(keys.publisherSecret(new Kid("demo", 1)))
                .isEqualTo(keys.publisherSecret(new Kid("demo", 1)))
                .isNotEqualTo(keys.publisherSecret(new Kid("demo", 2)))
                .isNotEqualTo(keys.publisherSecret(new Kid("demo-1", 1)))
                .isNotEqualTo(others.publisherSecret(new Kid("demo", 1)));
    }

    /** The key with a newline is what a file in a mounted secret often holds. */
    @Test
    void whiteSpaceAroundTheKeyIsNoneOfIt() {
        MasterKey key = MasterKey.of(MasterKey.LOCAL);
        for (String text : new String[] {MasterKey.LOCAL + "\n", " " + MasterKey.LOCAL + "\r\n"}) {
            MasterKey stripped = MasterKey.of(text);
            assertThat(stripped.fingerprint()).isEqualTo(key.fingerprint());
            assertThat(stripped.publisherSecret(new Kid("demo", 1))).isEqualTo(key.publisherSecret(new Kid("demo", 1)));
        }
        assertThatThrownBy(() -> MasterKey.of("seventeen letters" + " ".repeat(20)))
                .hasMessageStartingWith("MILLRACE_MASTER_KEY has 17 characters");
    }

    @Test
    void aUniformKeyIsRefusedHoweverLongItIs() {
        assertThatThrownBy(() -> MasterKey.of("a".repeat(100)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("MILLRACE_MASTER_KEY has only 1 different characters; it takes at least 32");
        assertThatThrownBy(() -> MasterKey.of("abcdefg".repeat(10))).hasMessageContaining("only 7 different");
        assertThatThrownBy(() -> MasterKey.of("abcdefgh".repeat(4))).hasMessageContaining("repeats a pattern");
    }

    /** Expected values: HKDF-SHA256 written in Python on its hmac module. */
    @Test
    void itsFingerprintAndTheCataloguesKeyAreTheOnesOthersDerive() {
        MasterKey key = MasterKey.of(MasterKey.LOCAL);
        assertThat(key.fingerprint()).isEqualTo("c8027a3b6197f951");
        assertThat(HexFormat.of().formatHex(key.catalogKey()))
                .isEqualTo("353d7eb6008eecf0b395b1d7fc3e6b6003d22c8eb9d4a5010243e42f3ff60d35");
    }

    @Test
    void aMasterKeyNeverShowsItself() {
        assertThat(MasterKey.of(MasterKey.LOCAL)).hasToString("MasterKey[hidden]");
    }
}
