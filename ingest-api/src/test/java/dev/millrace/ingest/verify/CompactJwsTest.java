package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

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
    void theExampleOfTheStandardIsTakenApartAndItsSignatureHolds() throws MalformedToken {
        CompactJws jws = CompactJws.split(Slice.of(BODY + "." + SIGNATURE));
        assertThat(jws.headerJson()).isEqualTo("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}");
        assertThat(jws.payloadJson())
                .isEqualTo("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
        assertThat(jws.isSignedWith(KEY)).isTrue();
    }

    @Test
    void noOtherTextIsASignatureOfIt() throws MalformedToken {
        for (int i = 0; i < SIGNATURE.length(); i++) {
            for (char c : "ABab01-_kl".toCharArray()) {
                String other = SIGNATURE.substring(0, i) + c + SIGNATURE.substring(i + 1);
                assertThat(CompactJws.split(Slice.of(BODY + "." + other)).isSignedWith(KEY))
                        .isEqualTo(other.equals(SIGNATURE));
            }
        }
        assertThat(CompactJws.split(Slice.of(BODY + ".")).isSignedWith(KEY)).isFalse();
        assertThat(CompactJws.split(Slice.of(BODY + "." + SIGNATURE + "A")).isSignedWith(KEY))
                .isFalse();
    }
}
