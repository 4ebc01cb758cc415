package dev.millrace.ingest.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.ingest.page.PageVisitors.Visitor;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageVisitorsTest {
    private static final long DAY = 20_000;
    private static final long MIDNIGHT = DAY * 86_400;
    private static final String FIREFOX = "Firefox";
    private static final PageVisitors VISITORS =
            new PageVisitors(day -> new HmacSha256(("key of day " + day).getBytes(StandardCharsets.US_ASCII)));

    private static Visitor at(String address, long second) {
        return visitor("demo", address, FIREFOX, second);
    }

    private static Visitor visitor(
            String publisher, @Nullable String address, @Nullable String userAgent, long second) {
        return VISITORS.visitor(
                publisher, address == null ? null : InetAddresses.forString(address), userAgent, second);
    }

    private static PageVisitors.Reader reader(String address, String userAgent) {
        return VISITORS.reader(InetAddresses.forString(address), userAgent, MIDNIGHT);
    }

    /** The values come from Python's hmac and struct. */
    @Test
    void theHashesAreThoseOfAnotherLibrary() {
        Visitor visitor = at("192.0.2.7", MIDNIGHT + 5_400);
        assertThat(visitor.vis()).isEqualTo("hkyf-aneHdDkZssTAdXmSw");
        assertThat(visitor.jti("/a", "c-1")).isEqualTo("lxEvViWWY6wmDpAM8gw1vw");
        assertThat(visitor("demo", "2001:db8:1:2::5", null, MIDNIGHT).vis()).isEqualTo("R4e8Zd4oyClRY2aHlDn8pA");
    }

    @Test
    void aVisitorIsOneForADayAndAnOpeningOneForHalfAnHour() {
        Visitor first = at("192.0.2.7", MIDNIGHT);
        Visitor last = at("192.0.2.7", MIDNIGHT + 1_799);
        Visitor next = at("192.0.2.7", MIDNIGHT + 1_800);
        Visitor evening = at("192.0.2.7", MIDNIGHT + 86_399);
        assertThat(last.jti("/a", "c-1")).isEqualTo(first.jti("/a", "c-1"));
        assertThat(next.jti("/a", "c-1")).isNotEqualTo(first.jti("/a", "c-1"));
        assertThat(next.vis()).isEqualTo(first.vis());
        assertThat(evening.vis()).isEqualTo(first.vis());
    }

    @Test
    void atMidnightAWindowAndADayBeginTogetherAndTheVisitorIsAnother() {
        Visitor before = at("192.0.2.7", MIDNIGHT - 1);
        Visitor after = at("192.0.2.7", MIDNIGHT);
        assertThat(before.vis()).isNotEqualTo(after.vis());
        assertThat(before.window()).isEqualTo(after.window() - 1);
        assertThat(at("192.0.2.7", MIDNIGHT - 1_800).jti("/a", "c-1")).isEqualTo(before.jti("/a", "c-1"));
    }

    @Test
    void publisherAddressAndUserAgentTellVisitorsApart() {
        Set<String> names = new HashSet<>();
        names.add(visitor("demo", "192.0.2.7", FIREFOX, MIDNIGHT).vis());
        names.add(visitor("other", "192.0.2.7", FIREFOX, MIDNIGHT).vis());
        names.add(visitor("demo", "192.0.2.8", FIREFOX, MIDNIGHT).vis());
        names.add(visitor("demo", "192.0.2.7", "Chrome", MIDNIGHT).vis());
        names.add(visitor("demo", "192.0.2.7", null, MIDNIGHT).vis());
        names.add(visitor("demo", null, FIREFOX, MIDNIGHT).vis());
        assertThat(names).hasSize(6);
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:1:2::5,2001:db8:1:2:ffff::,true",
        "2001:db8:1:2::5,2001:db8:1:3::5,false",
        "::ffff:192.0.2.7,192.0.2.7,true",
        "192.0.2.7,192.0.2.8,false",
    })
    void anIpv6AddressIsItsNetworkOf64Bits(String one, String another, boolean same) {
        assertThat(at(one, MIDNIGHT).vis().equals(at(another, MIDNIGHT).vis())).isEqualTo(same);
    }

    /** Without lengths in the hash's input, an article could take characters from a creator. */
    @Test
    void articleAndCreatorAreNotMixedUp() {
        Visitor visitor = at("192.0.2.7", MIDNIGHT);
        assertThat(visitor.jti("/a", "c-1")).isNotEqualTo(visitor.jti("/ac", "-1"));
        assertThat(visitor.jti("/a", "c-1")).isNotEqualTo(visitor.jti("/a", "c-2"));
        assertThat(visitor.jti("/a", "c-1")).isNotEqualTo(visitor.jti("/b", "c-1"));
    }

    @ParameterizedTest
    @CsvSource({
        "2001:db8:1:2::5,2001:db8:1:3::5,true",
        "2001:db8:1:2::5,2001:db8:2:2::5,false",
        "192.0.2.7,192.0.2.7,true",
        "192.0.2.7,192.0.2.8,false",
    })
    void aNetworkIsAnIpv4AddressOrAnIpv6NetworkOf48Bits(String one, String another, boolean same) {
        assertThat(reader(one, "a").network() == reader(another, "b").network()).isEqualTo(same);
        assertThat(reader(one, "a").hash()).isNotEqualTo(reader(one, "b").hash());
    }
}
