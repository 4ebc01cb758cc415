package dev.millrace.common.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import dev.millrace.common.token.Kid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MasterKeysTest {
    private static final String OLD = "0c1fa3e977d05b2e4486a1c35e90d7b2";
    private static final String NEW = "f7b3920d6ce14a58b0d4437e19a5c862";
    private static final Kid KID = new Kid("demo", 1);

    @Test
    void theShortFormIsVersionOne() {
        MasterKeys keys = MasterKeys.of(OLD + "\n", " ");
        assertThat(keys.newestVersion()).isEqualTo(1);
        assertThat(keys.publisherSecret(KID, 1)).contains(MasterKey.of(OLD).publisherSecret(KID));
        assertThat(MasterKeys.of("", "v1:" + OLD).toString()).isEqualTo(keys.toString());
    }

    @Test
    void theHighestVersionIsTheNewestWhateverTheOrder() {
        for (String several : new String[] {"v2:%s,v1:%s", " v2:%s , v1:%s\n"}) {
            MasterKeys keys = MasterKeys.forProduction("", several.formatted(NEW, OLD));
            assertThat(keys.newestVersion()).isEqualTo(2);
            assertThat(keys.newest().fingerprint()).isEqualTo(MasterKey.of(NEW).fingerprint());
            assertThat(keys.publisherSecret(KID, 1)).contains(MasterKey.of(OLD).publisherSecret(KID));
            assertThat(keys.publisherSecret(KID, 2)).contains(MasterKey.of(NEW).publisherSecret(KID));
            assertThat(keys.publisherSecret(KID, 3)).isEmpty();
            assertThat(keys.withFingerprint(MasterKey.of(OLD).fingerprint())).isPresent();
            assertThat(keys.withFingerprint("0000000000000000")).isEmpty();
        }
        assertThat(MasterKeys.of("", "v1:%s,v999999999:%s".formatted(OLD, NEW)).newestVersion())
                .isEqualTo(999_999_999);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "OLD | v2:NEW          | MILLRACE_MASTER_KEY and MILLRACE_MASTER_KEYS are both set",
                "''  | ''              | MILLRACE_MASTER_KEY is not set",
                "''  | v2:NEW,v2:OLD   | MILLRACE_MASTER_KEYS has two keys v2",
                "''  | v2:NEW,v1:NEW   | v1 is the same key as another version",
                "''  | NEW             | key 1 of 1 does not begin with its version",
                "''  | v2:NEW,         | key 2 of 2 does not begin with its version",
                "''  | v0:NEW          | key 1 of 1 does not begin with its version",
                "''  | v01:NEW         | key 1 of 1 does not begin with its version",
                "''  | v1000000000:NEW | key 1 of 1 does not begin with its version",
                "''  | 2:NEW           | key 1 of 1 does not begin with its version",
                "''  | v2:abc          | MILLRACE_MASTER_KEYS v2 has 3 characters",
                "''  | v2:LOCAL,v1:OLD | MILLRACE_MASTER_KEYS v2 is the well-known key of the local profile",
                "LOCAL | ''            | MILLRACE_MASTER_KEY is the well-known key of the local profile"
            })
    void whatCantBeUsedIsNamedWithoutTheKey(String single, String several, String message) {
        assertThatThrownBy(() -> MasterKeys.forProduction(filled(single), filled(several)))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining(NEW)
                .hasMessageNotContaining(OLD)
                .hasMessageNotContaining(MasterKey.LOCAL);
    }

    private static String filled(String text) {
        return text.replace("NEW", NEW).replace("OLD", OLD).replace("LOCAL", MasterKey.LOCAL);
    }

    @Test
    void theTextTellsVersionsAndFingerprintsAlone() {
        assertThat(MasterKeys.of("", "v1:%s,v2:%s".formatted(OLD, NEW)))
                .hasToString("v2 (%s), v1 (%s)"
                        .formatted(
                                MasterKey.of(NEW).fingerprint(),
                                MasterKey.of(OLD).fingerprint()));
    }
}
