package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.token.Kid;
import org.junit.jupiter.api.Test;

class MasterKeyTest {

    /** Expected value: HKDF-SHA256 of another implementation (Node's crypto.hkdfSync), base64url. */
    @Test
    void aPublishersSecretIsTheOneOthersDerive() {
        assertThat(new PublisherKeys(MasterKey.of(MasterKey.LOCAL)).secret(new Kid("demo", 1)))
                .isEqualTo("0c-HW-xFcR5SSrFA3j-wPTzi7AfDtB1sYHjGZSc1wOE");
    }

    @Test
    void everyKidAndMasterKeyHasItsOwnSecret() {
        PublisherKeys keys = new PublisherKeys(MasterKey.of(MasterKey.LOCAL));
        PublisherKeys others = new PublisherKeys(MasterKey.of("another master key of enough characters"));
        assertThat(keys.secret(new Kid("demo", 1)))
                .isEqualTo(keys.secret(new Kid("demo", 1)))
                .isNotEqualTo(keys.secret(new Kid("demo", 2)))
                .isNotEqualTo(keys.secret(new Kid("demo-1", 1)))
                .isNotEqualTo(others.secret(new Kid("demo", 1)));
    }

    @Test
    void productionRefusesNoKeyAShortKeyAndTheLocalOne() {
        assertThatThrownBy(() -> MasterKey.forProduction(" ")).hasMessageContaining("MILLRACE_MASTER_KEY is not set");
        assertThatThrownBy(() -> MasterKey.forProduction(MasterKey.LOCAL))
                .hasMessageContaining("well-known key of the local profile");
        assertThatThrownBy(() -> MasterKey.forProduction("hunter2-hunter2"))
                .hasMessageContaining("has 15 characters")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void aMasterKeyNeverShowsItself() {
        assertThat(MasterKey.of(MasterKey.LOCAL)).hasToString("MasterKey[hidden]");
    }
}
