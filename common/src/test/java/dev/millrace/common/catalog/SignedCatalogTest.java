package dev.millrace.common.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedCatalogTest {
    private static final MasterKey KEY = MasterKey.of(MasterKey.LOCAL);
    private static final MasterKey OTHER = MasterKey.of("another master key of enough characters");

    private final Catalog catalog = catalog(9);
    private final String signed = SignedCatalog.sign(catalog, KEY);

    @Test
    void whatWasSignedIsReadBack() throws CatalogRefusedException {
        assertThat(SignedCatalog.verify(signed, MasterKeys.of(KEY))).isEqualTo(catalog);
        Catalog last = catalog(9_007_199_254_740_991L);
        assertThat(SignedCatalog.verify(SignedCatalog.sign(last, KEY), MasterKeys.of(KEY)))
                .isEqualTo(last);
        Catalog zero = catalog(0);
        assertThat(SignedCatalog.verify(SignedCatalog.sign(zero, KEY), MasterKeys.of(KEY)))
                .isEqualTo(zero);
    }

    @Test
    void theFirstLineIsRevisionFingerprintAndTheMacOfAllTheRest() {
        String json = CatalogJson.write(catalog);
        String mac = mac("v1 9 c8027a3b6197f951\n" + json);
        assertThat(signed).isEqualTo("v1 9 c8027a3b6197f951 " + mac + "\n" + json);
    }

    @Test
    void noCharacterOfItCanBeChanged() {
        for (int i = 0; i < signed.length(); i++) {
            char other = signed.charAt(i) == '1' ? '2' : '1';
            String changed = signed.substring(0, i) + other + signed.substring(i + 1);
            assertThatThrownBy(() -> SignedCatalog.verify(changed, MasterKeys.of(KEY)))
                    .as(changed)
                    .isInstanceOf(CatalogRefusedException.class);
        }
    }

    @Test
    void anotherPriceOrRevisionIsForged() {
        refused(
                signed.replace("\"micros\":1000", "\"micros\":9000"),
                "revision 9 in Redis does not have the signature");
        refused(
                signed.replace("v1 9 ", "v1 10 ").replace("\"revision\":9", "\"revision\":10"),
                "revision 10 in Redis does not have the signature");
        refused(signed + " ", "revision 9 in Redis does not have the signature");
    }

    @Test
    void anotherMasterKeyIsToldWithBothFingerprints() {
        assertThatThrownBy(() -> SignedCatalog.verify(signed, MasterKeys.of(OTHER)))
                .isInstanceOf(CatalogRefusedException.class)
                .hasMessageContaining(KEY.fingerprint())
                .hasMessageContaining(OTHER.fingerprint())
                .hasMessageContaining("MILLRACE_MASTER_KEY");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{\"revision\":9}",
                "v1 9 c8027a3b6197f951",
                "v1 9 c8027a3b6197f951 abc\n{}",
                "v2 9 c8027a3b6197f951 0000000000000000000000000000000000000000000000000000000000000000\n{}",
                "v1 -1 c8027a3b6197f951 0000000000000000000000000000000000000000000000000000000000000000\n{}",
                "v1 09 c8027a3b6197f951 0000000000000000000000000000000000000000000000000000000000000000\n{}",
                "v1 9 c8027a3b6197f951 0000000000000000000000000000000000000000000000000000000000000000\n",
            })
    void anythingElseIsMalformed(String text) {
        refused(text, "no signed catalogue");
    }

    /** Signed by a service whose code is wrong: the signature holds and what it says does not. */
    @Test
    void whatIsWellSignedAndIsNoCatalogueIsMalformed() {
        String json = CatalogJson.write(catalog);
        refused(signed("9", "null"), "it is null");
        refused(signed("9", "{}"), "holds no catalogue");
        refused(signed("8", json), "first line has revision 8, its JSON 9");
        String tooFar = json.replace("\"revision\":9", "\"revision\":9007199254740992");
        refused(signed("9007199254740992", tooFar), "2^53 - 1");
    }

    @Test
    void aRevisionThatOthersCantHoldExactlyIsNotSigned() {
        for (long revision : new long[] {-1, 9_007_199_254_740_992L}) {
            assertThatThrownBy(() -> SignedCatalog.sign(catalog(revision), KEY))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Long.toString(revision));
        }
    }

    private static void refused(String text, String message) {
        assertThatThrownBy(() -> SignedCatalog.verify(text, MasterKeys.of(KEY)))
                .isInstanceOf(CatalogRefusedException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    private static String signed(String revision, String json) {
        String head = "v1 " + revision + " " + KEY.fingerprint();
        return head + " " + mac(head + "\n" + json) + "\n" + json;
    }

    private static String mac(String text) {
        return HexFormat.of().formatHex(new HmacSha256(KEY.catalogKey()).of(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static Catalog catalog(long revision) {
        return new Catalog(
                revision,
                Map.of("demo", new Catalog.Publisher(List.of(1), List.of())),
                List.of(new RateCard(1, 0, Map.of("view", new Rate(1_000, 1)))));
    }
}
