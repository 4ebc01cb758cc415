package dev.millrace.ingest.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.key.HmacSha256;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class CompactJwsTest {
    /** RFC 7515, A.1: key and token of the HS256 example. */
    private static final HmacSha256.Calculation KEY = new HmacSha256(Base64.getUrlDecoder()
                    .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
            .calculation();

    private static final String BODY = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
            + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    private static final String SIGNATURE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    @Test
    void theExampleOfTheStandardIsTakenApartAndItsSignatureHolds() throws RejectedException {
        CompactJws jws = CompactJws.split(BODY + "." + SIGNATURE);
        assertThat(jws.hasHeader("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9".getBytes(UTF_8)))
                .isTrue();
        assertThat(new String(jws.payload(), UTF_8))
                .isEqualTo("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
        assertThat(jws.isSignedWith(KEY)).isTrue();
    }

    /** Its header names no kid, which is what is missing after all else was found well. */
    @Test
    void aHeaderIsTheSameOnlyByEveryCharacter() throws RejectedException {
        CompactJws jws = CompactJws.split(BODY + "." + SIGNATURE);
        assertThat(jws.hasHeader(null)).isFalse();
        assertThat(jws.hasHeader("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ".getBytes(UTF_8)))
                .isFalse();
        assertThat(jws.hasHeader(jws.header())).isTrue();
        assertThatThrownBy(jws::kid).hasMessage("kid is missing; it is <publisher>.<number>");
    }

    @Test
    void noOtherTextIsASignatureOfIt() throws RejectedException {
        for (int i = 0; i < SIGNATURE.length(); i++) {
            for (char c : "ABab01-_kl".toCharArray()) {
                String other = SIGNATURE.substring(0, i) + c + SIGNATURE.substring(i + 1);
                assertThat(CompactJws.split(BODY + "." + other).isSignedWith(KEY))
                        .isEqualTo(other.equals(SIGNATURE));
            }
        }
        assertThat(CompactJws.split(BODY + ".").isSignedWith(KEY)).isFalse();
        assertThat(CompactJws.split(BODY + "." + SIGNATURE + "A").isSignedWith(KEY))
                .isFalse();
    }
}
