package dev.millrace.ledger.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.service.problem.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiteOriginTest {
    private static final String NO_NAME =
            "its host is no name; write one as browsers send it, with xn-- for letters beyond ASCII";

    @ParameterizedTest
    @CsvSource({
        "https://example.org, https://example.org",
        "HTTPS://WWW.Example.ORG, https://www.example.org",
        "https://example.org:443, https://example.org",
        "https://example.org:0443, https://example.org",
        "https://example.org:80, https://example.org:80",
        "https://example.org:8443, https://example.org:8443",
        "https://example.org:65535, https://example.org:65535",
        "https://example.org:1, https://example.org:1",
        "https://intranet, https://intranet",
        "https://my_blog.example.org, https://my_blog.example.org",
        "https://a--b.example, https://a--b.example",
        "https://1.example.1a, https://1.example.1a",
        "https://192.0.2.255, https://192.0.2.255",
        "https://0.0.0.0, https://0.0.0.0",
        "https://B\u00dcCHER.example, https://xn--bcher-kva.example",
        "https://xn--bcher-kva.example, https://xn--bcher-kva.example",
        "https://XN--BCHER-KVA.example, https://xn--bcher-kva.example",
        "https://\u4f8b\u3048.\u30c6\u30b9\u30c8, https://xn--r8jz45g.xn--zckzah",
        "https://\u4f8b\u3048\u3002\u30c6\u30b9\u30c8, https://xn--r8jz45g.xn--zckzah",
        "https://\uff25\uff38\uff21\uff2d\uff30\uff2c\uff25.org, https://example.org",
        "http://localhost, http://localhost",
        "http://LOCALHOST:80, http://localhost",
        "http://localhost:443, http://localhost:443",
        "http://127.0.0.1:8080, http://127.0.0.1:8080",
    })
    void anOriginIsReadAsBrowsersSendIt(String site, String origin) {
        assertThat(SiteOrigin.read(site, false)).isEqualTo(origin);
        assertThat(SiteOrigin.read(site, true)).isEqualTo(origin);
        assertThat(SiteOrigin.read(origin, false)).isEqualTo(origin);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "example.org;                   begin it with https://",
                "``;                            begin it with https://",
                "null;                          begin it with https://",
                "*;                             begin it with https://",
                "https:example.org;             begin it with https://",
                "//example.org;                 begin it with https://",
                "ftp://example.org;             begin it with https://",
                "` https://example.org`;        begin it with https://",
                "https://example.org/;          leave out the slash at its end",
                "https://example.org//;         leave out path, query and fragment",
                "https://example.org/news;      leave out path, query and fragment",
                "https://example.org/@ann;      leave out path, query and fragment",
                "https://example.org?x=1/;      leave out path, query and fragment",
                "https://example.org?;          leave out path, query and fragment",
                "https://example.org#top;       leave out path, query and fragment",
                "https://ann@example.org;       leave out the user before '@'",
                "https://ann:pw@example.org:80; leave out the user before '@'",
                "https://*.example.org;         `a wildcard does not count; name each host`",
                "https://example.org:*;         `a wildcard does not count; name each host`",
                "https://[2001:db8::1]:80;      name the host, or write its IPv4 address",
                "https://example.org:;          its port is not a number from 1 to 65535",
                "https://example.org:0;         its port is not a number from 1 to 65535",
                "https://example.org:65536;     its port is not a number from 1 to 65535",
                "https://example.org:99999999999; its port is not a number from 1 to 65535",
                "https://example.org:-1;        its port is not a number from 1 to 65535",
                "https://example.org:\u0668\u0660;  its port is not a number from 1 to 65535",
                "https://127.1;                 write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://2130706433;            write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://0x7f.1;                write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://0x7f000001;            write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://192.0.2.256;           write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://192.0.2.01;            write its IPv4 address as four numbers, such as 192.0.2.1",
                "https://1.192.0.2.1;           write its IPv4 address as four numbers, such as 192.0.2.1",
            })
    void textThatIsNoOriginIsRefusedWithTheRemedy(String site, String remedy) {
        refused(site, remedy);
    }

    @ParameterizedTest
    @CsvSource({
        "https://",
        "https://:8080",
        "https://.",
        "https://example.org.",
        "https://.example.org",
        "https://a..b",
        "https://-a.example",
        "https://a-.example",
        "https://a b.example",
        "https://a%20b.example",
        "https://a:b:443",
        "https://a\\b.example",
        "https://stra\u00dfe.example",
        "https://\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2.example",
        "https://a\u200db.example",
        "https://\u2100.example",
        "https://a\uff0fb.example",
        "https://\ud800.example",
    })
    void aHostThatIsNoNameIsRefused(String site) {
        refused(site, NO_NAME);
    }

    private static void refused(String site, String remedy) {
        for (boolean isSandbox : new boolean[] {false, true}) {
            assertThatThrownBy(() -> SiteOrigin.read(site, isSandbox))
                    .isInstanceOf(ProblemException.class)
                    .message()
                    .endsWith("' is not an origin: " + remedy);
        }
    }

    @Test
    void httpIsForThisMachineAndForSandboxes() {
        for (String site : new String[] {
            "http://example.org", "http://127.0.0.2", "http://localhost.example.org", "http://www.localhost"
        }) {
            assertThatThrownBy(() -> SiteOrigin.read(site, false))
                    .hasMessage(
                            "limits-invalid: sites: '%s' is not an origin: write https; http is for localhost, 127.0.0.1 and the sites of sandboxes",
                            site);
            assertThat(SiteOrigin.read(site, true)).isEqualTo(site);
        }
    }

    @Test
    void aHostMayHave253CharactersAndALabel63() {
        String label = "a".repeat(63);
        String longest = "https://" + label + "." + label + "." + label + "." + "b".repeat(61);
        assertThat(SiteOrigin.read(longest, false)).isEqualTo(longest);
        refused(longest + "b", NO_NAME);
        refused("https://a" + label, NO_NAME);
        refused("https://" + "\u00e4".repeat(1_000_000), "it is longer than 300 characters");
    }
}
