package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.message.SettingException;
import dev.millrace.ingest.verify.Sender;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletRequest;

/** Whose request it is: behind proxies, and as its headers say. */
@ExtendWith(OutputCaptureExtension.class)
class SendersTest {
    private final Senders senders = new Senders(List.of("10.0.0.0/8", " 2001:db8:1::/48", "127.0.0.1"));

    private static MockHttpServletRequest from(String address) {
        MockHttpServletRequest request = new MockHttpServletRequest();
        request.setRemoteAddr(address);
        return request;
    }

    private String address(MockHttpServletRequest request) {
        var address = senders.of(request).address();
        return address == null ? "none" : address.getHostAddress();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.7 | 198.51.100.1                          | 192.0.2.7", // nobody whom we trust says it
                "10.1.1.1  | 198.51.100.1                          | 198.51.100.1",
                "10.1.1.1  | 203.0.113.9, 198.51.100.1             | 198.51.100.1", // what the client wrote itself
                "10.1.1.1  | 203.0.113.9, 198.51.100.1, 10.2.2.2   | 198.51.100.1",
                "10.1.1.1  | 198.51.100.1:4711                     | 198.51.100.1",
                "10.1.1.1  | [2001:db8:2::7]:4711                  | 2001:db8:2:0:0:0:0:7",
                "10.1.1.1  | 2001:db8:2::7                         | 2001:db8:2:0:0:0:0:7",
                "10.1.1.1  | 10.3.3.3, 10.2.2.2                    | 10.3.3.3", // all of them are ours
                "10.1.1.1  | fe80::1%no-such-interface             | fe80:0:0:0:0:0:0:1",
                "10.1.1.1  | ::ffff:198.51.100.1                   | 198.51.100.1",
                "10.1.1.1  | 198.51.100.1, unknown                 | none",
                "10.1.1.1  | 198.51.100.1, 999.1.1.1               | none",
                "10.1.1.1  | ' '                                   | none",
                "2001:db8:1::5 | 198.51.100.1                      | 198.51.100.1"
            })
    void theClientIsTheFirstFromTheRightThatIsNotTrusted(String remote, String forwarded, String client) {
        MockHttpServletRequest request = from(remote);
        request.addHeader("X-Forwarded-For", forwarded);
        assertThat(address(request)).isEqualTo(client);
    }

    @ParameterizedTest
    @CsvSource({
        "192.168.1.9, true",
        "172.16.0.1, true",
        "fd00:0:0:0:0:0:0:1, true",
        "192.0.2.7, false",
        "2001:db8:2:0:0:0:0:7, false",
        "10.1.1.1, false"
    })
    void aPrivateAddressThatForwardsUntrustedIsToldOnce(String remote, boolean told, CapturedOutput output) {
        senders.of(from(remote));
        assertThat(output).doesNotContain("forwards requests");
        for (int i = 0; i < 2; i++) {
            MockHttpServletRequest request = from(remote);
            request.addHeader("X-Forwarded-For", "198.51.100.1");
            senders.of(request);
        }
        String line = remote + " forwards requests and is not in MILLRACE_TRUSTED_PROXIES";
        assertThat(output.getAll().split(Pattern.quote(line), -1)).hasSize(told ? 2 : 1);
    }

    @Test
    void linesOfTheHeaderFollowEachOther() {
        MockHttpServletRequest request = from("10.1.1.1");
        request.addHeader("X-Forwarded-For", "203.0.113.9");
        request.addHeader("X-Forwarded-For", "198.51.100.1, 10.2.2.2");
        assertThat(address(request)).isEqualTo("198.51.100.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "for=198.51.100.1;proto=https               | 198.51.100.1",
                "For=\"[2001:db8:2::7]:4711\"               | 2001:db8:2:0:0:0:0:7",
                "for=203.0.113.9, for=198.51.100.1;by=x     | 198.51.100.1",
                "for=198.51.100.1, for=10.2.2.2             | 198.51.100.1",
                "for=_hidden                                | none",
                // a client's open quote takes in nothing of what the proxy adds
                "for=\", for=\"[2001:db8:2::7]\"             | 2001:db8:2:0:0:0:0:7",
                "for=\";x=\", for=198.51.100.1              | 198.51.100.1",
                "for=203.0.113.9;x=\", for=198.51.100.1     | 198.51.100.1",
                "for=198.51.100.1;by=\"x, for=203.0.113.9\" | 198.51.100.1",
                "by=\"a;for=203.0.113.9\";for=198.51.100.1  | 198.51.100.1",
                "for=203.0.113.9, proto=https               | none", // the proxy does not say of whom it tells
                "proto=https                                | 10.1.1.1"
            })
    void theStandardHeaderServesWhereTheOtherIsMissing(String forwarded, String client) {
        MockHttpServletRequest request = from("10.1.1.1");
        request.addHeader("Forwarded", forwarded);
        assertThat(address(request)).isEqualTo(client);
        request.addHeader("X-Forwarded-For", "192.0.2.99");
        assertThat(address(request)).isEqualTo("192.0.2.99");
    }

    @Test
    void whoeverTrustsNobodyGoesByTheConnection() {
        MockHttpServletRequest request = from("192.0.2.7");
        request.addHeader("X-Forwarded-For", "198.51.100.1");
        Sender sender = new Senders(List.of()).of(request);
        assertThat(String.valueOf(sender.address())).isEqualTo("/192.0.2.7");
    }

    @Test
    void onlyBrowsersSayFromWhichPageTheySend() {
        MockHttpServletRequest server = from("192.0.2.7");
        server.addHeader("User-Agent", "curl/8");
        assertThat(senders.of(server).browser()).isFalse();
        MockHttpServletRequest page = from("192.0.2.7");
        page.addHeader("Origin", "https://News.example:8443");
        page.addHeader("Sec-Purpose", "prefetch");
        page.addHeader("Purpose", "other");
        assertThat(senders.of(page).browser()).isTrue();
        assertThat(senders.of(page).origin()).isEqualTo("https://news.example:8443");
        assertThat(senders.of(page).purpose()).isEqualTo("prefetch");
        MockHttpServletRequest image = from("192.0.2.7");
        image.addHeader("Sec-Fetch-Site", "cross-site");
        image.addHeader("Referer", "https://news.example/a?b=c");
        assertThat(senders.of(image).browser()).isTrue();
        assertThat(senders.of(image).origin()).isEqualTo("https://news.example");
    }

    /** Browsers leave these characters of an address as they are. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://News.example",
                "https://news.example/a|b",
                "https://news.example/?tags[]={a}^`b`|c",
                "https://news.example/a%zz?q=\"<>",
                "https://news.example#x y",
                "https://reader:secret@news.example/a@b"
            })
    void theOriginOfAPageIsReadFromWhateverItsAddressHolds(String page) {
        MockHttpServletRequest request = from("192.0.2.7");
        request.addHeader("Referer", page);
        assertThat(senders.of(request).origin()).isEqualTo("https://news.example");
    }

    @Test
    void aHostMayHaveAnUnderscoreAndAPort() {
        MockHttpServletRequest request = from("192.0.2.7");
        request.addHeader("Referer", "http://my_site.example:8080/a");
        assertThat(senders.of(request).origin()).isEqualTo("http://my_site.example:8080");
    }

    @ParameterizedTest
    @CsvSource({
        "'https://news.example\\@evil.example/'",
        "'https://news.example\\.evil.example/'",
        "'https:///news.example'",
        "'https://reader@/x'",
        "null",
        "not a url",
        "'https://a b/'",
        "about:blank",
        "//news.example/a"
    })
    void whatIsNoOriginIsNone(String text) {
        MockHttpServletRequest request = from("192.0.2.7");
        request.addHeader(text.equals("null") ? "Origin" : "Referer", text);
        assertThat(senders.of(request).origin()).isNull();
    }

    @Test
    void aNetworkThatIsNoneIsRefusedByName() {
        assertThatThrownBy(() -> new Senders(List.of("10.0.0.0/8", "proxy.example")))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("MILLRACE_TRUSTED_PROXIES: line 2: \"proxy.example\" is no network");
    }
}
