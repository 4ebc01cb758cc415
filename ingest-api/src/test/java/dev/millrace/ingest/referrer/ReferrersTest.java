package dev.millrace.ingest.referrer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Source;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferrersTest {
    private static final String GOOGLE = "https://www.google.com/";

    private final Referrers referrers = Referrers.builtIn();

    static Stream<Arguments> addresses() throws IOException {
        return lines("addresses.txt").map(line -> Arguments.of((Object[]) line.split(" ", 2)));
    }

    private static Stream<String> lines(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(ReferrersTest.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"));
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("addresses")
    void anAddressHasItsClass(String name, String address) {
        assertThat(named(referrers.classify(address))).isEqualTo(name);
    }

    /** Also that no line of another list hides it. */
    @ParameterizedTest
    @ValueSource(strings = {"search", "social", "mail", "referral"})
    void everyLineOfAListIsReached(String list) throws IOException {
        assertThat(lines(list + ".txt")).allSatisfy(line -> {
            boolean isWhole = line.startsWith("android-app:") || line.startsWith("?");
            String host = line.replaceFirst("^[*][.]", "")
                    .replaceFirst("[.][*][*]$", ".paper.example")
                    .replaceFirst("[.][*](?=/|$)", ".de");
            String address = isWhole ? line.replace("*", "") : "https://" + host;
            if (line.startsWith("?")) {
                address = GOOGLE + address + (line.contains("=") ? "" : "=1");
            }
            assertThat(named(referrers.classify(address))).isEqualTo(list);
            if (line.startsWith("*.")) {
                assertThat(named(referrers.classify("https://x.y." + host))).isEqualTo(list);
            }
        });
    }

    @Test
    void everyCountrysGoogleIsSearch() throws IOException {
        List<String> domains =
                lines("domains.txt").filter(line -> line.startsWith("google.")).toList();
        assertThat(domains).hasSizeGreaterThan(190).allSatisfy(domain -> {
            assertThat(referrers.classify("https://www." + domain + "/")).contains(Source.SEARCH);
            assertThat(referrers.classify("https://" + domain + ".evil.example/"))
                    .contains(Source.REFERRAL);
            assertThat(referrers.classify("https://not" + domain + "/")).contains(Source.REFERRAL);
            assertThat(referrers.classify("https://mail." + domain + "/")).isNotEqualTo(Optional.of(Source.SEARCH));
        });
    }

    @Test
    void noClaimIsNoClassAndAnEmptyReportIsDirect() {
        assertThat(referrers.classify(null)).isEmpty();
        assertThat(referrers.classify(null, "https://news.example/?fbclid=1")).isEmpty();
        assertThat(referrers.classify("")).contains(Source.DIRECT);
        assertThat(referrers.classify(" \n")).contains(Source.DIRECT);
        assertThat(referrers.classify("  " + GOOGLE + "\n")).contains(Source.SEARCH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gclid=Cj0",
                "a=1&gbraid=0AAA",
                "wbraid=Cl",
                "GCLID=Cj0",
                "msclkid=1f",
                "yclid=12",
                "dclid=CO",
                "gad_source=1",
                "utm_source=google&utm_medium=cpc",
                "utm_medium=CPC",
                "utm_medium=ppc",
                "utm_medium=paid",
                "utm_medium=paid_search",
                "utm_medium=paidsearch&utm_source=bing",
                "utm_medium=cpm",
                "utm_medium=display"
            })
    void aPaidClickIsNotOrganic(String query) {
        String landing = "https://news.example/a?" + query + "#b";
        assertThat(referrers.classify(GOOGLE, landing)).contains(Source.REFERRAL);
        assertThat(referrers.classify("", landing)).contains(Source.REFERRAL);
        assertThat(referrers.classify("https://t.co/x", landing)).contains(Source.SOCIAL);
        assertThat(referrers.classify("https://mail.google.com/", landing)).contains(Source.MAIL);
        assertThat(referrers.classify("https://news.example/b", landing)).contains(Source.INTERNAL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fbclid=IwAR", "a&igsh=x", "twclid=1", "ttclid=1", "ScCid=1", "li_fat_id=1", "rdt_cid=1"})
    void aSocialNetworksMarkIsSocial(String query) {
        String landing = "https://news.example/?" + query;
        assertThat(referrers.classify(GOOGLE, landing)).contains(Source.SOCIAL);
        assertThat(referrers.classify("", landing)).contains(Source.SOCIAL);
        assertThat(referrers.classify("https://other.example/", landing)).contains(Source.REFERRAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://news.example/",
                "https://news.example/gclid=1",
                "https://news.example/?gclid",
                "https://news.example/?gclid=",
                "https://news.example/?notgclid=1",
                "https://news.example/?gclid2=1",
                "https://news.example/?ysclid=1",
                "https://news.example/?srsltid=1",
                "https://news.example/?utm_medium=organic",
                "https://news.example/?utm_medium=unpaid",
                "https://news.example/?utm_source=cpc",
                "https://news.example/#gclid=1",
                "/a?gclid=1",
                "no address",
                ""
            })
    void anyOtherLandingAddressLeavesSearchAsItIs(String landing) {
        assertThat(referrers.classify(GOOGLE, landing)).contains(Source.SEARCH);
        assertThat(referrers.classify("", landing)).contains(Source.DIRECT);
    }

    @ParameterizedTest
    @CsvSource({
        "https://news.example/b, https://news.example/a, internal",
        "https://NEWS.example:8443/b, http://news.example/a, internal",
        "https://blog.paper.co.uk/, https://www.paper.co.uk/, internal",
        "https://paper.co.uk/, https://www.paper.co.uk/, internal",
        "https://a.b.paper.com/, https://paper.com/, internal",
        "https://other.co.uk/, https://www.paper.co.uk/, referral",
        "https://notpaper.com/, https://paper.com/, referral",
        "https://notpaper.co.uk/, https://www.paper.co.uk/, referral",
        "https://paper.com.evil.net/, https://paper.com/, referral",
        "https://ann.github.io/, https://bob.github.io/, referral",
        "https://ann.github.io/, https://ann.github.io/a, internal",
        "https://sub.ann.github.io/, https://ann.github.io/a, internal",
        "https://b.internal/, https://a.internal/, referral",
        "http://localhost/, http://localhost:8080/, internal",
        "http://192.0.2.1/, http://192.0.2.1/a, internal",
        "http://198.51.2.1/, http://192.0.2.1/a, referral",
        "http://[2001:db8::1]/, http://[2001:db8::1]/a, internal",
        "https://www.google.com/, https://www.google.com/a, internal",
        "https://www.bücher.com/, https://xn--bcher-kva.com/, internal",
        "android-app://com.paper, https://com.paper/, referral"
    })
    void theSitesOwnPagesAreInternal(String referrer, String site, String name) {
        assertThat(named(referrers.classify(referrer, site))).isEqualTo(name);
        assertThat(named(referrers.classify(referrer, null, List.of("https://first.example", site))))
                .isEqualTo(name);
    }

    @Test
    void sitesAreLookedAtOneByOne() {
        List<String> sites = List.of("no address", "https://paper.com", "https://other.example");
        assertThat(referrers.classify("https://m.paper.com/", "https://cdn.example/", sites))
                .contains(Source.INTERNAL);
        assertThat(referrers.classify(GOOGLE, "https://paper.com/", sites)).contains(Source.SEARCH);
        assertThat(referrers.classify("", "https://paper.com/", sites)).contains(Source.DIRECT);
        assertThat(referrers.classify(null, "https://paper.com/", sites)).isEmpty();
    }

    @Test
    void hugeAddresses() {
        String many = "x".repeat(1_000_000);
        assertThat(referrers.classify(GOOGLE + "?q=" + many)).contains(Source.SEARCH);
        assertThat(referrers.classify(GOOGLE + "?q=" + many + "&gclid=1")).contains(Source.REFERRAL);
        assertThat(referrers.classify(GOOGLE + "?" + "&".repeat(1_000_000))).contains(Source.SEARCH);
        assertThat(referrers.classify("https://" + many)).isEmpty();
        assertThat(referrers.classify("https://" + ".a".repeat(1_000))).isEmpty();
        assertThat(referrers.classify("https://" + "ü".repeat(250) + ".example/"))
                .isEmpty();
        assertThat(referrers.classify(many + "://")).isEmpty();
        assertThat(referrers.classify("https://a.example/", "https://b.example/" + many))
                .contains(Source.REFERRAL);
    }

    /** A claim is cut at 2,048 characters: what stands there must not become the host's end. */
    @Test
    void anAddressThatIsCutWithinItsHostIsNone() {
        assertThat(referrers.classify("https://" + "u".repeat(2_020) + "@www.google.com"))
                .isEmpty();
    }

    private static String named(Optional<Source> source) {
        return source.map(Source::wireName).orElse("none");
    }
}
