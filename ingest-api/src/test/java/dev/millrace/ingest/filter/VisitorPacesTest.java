package dev.millrace.ingest.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.net.InetAddresses;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class VisitorPacesTest {
    /** The beginning of a minute. */
    private static final long NOW = 1_800_000_000;

    private final VisitorPaces paces = new VisitorPaces();

    /** Opens pages with these numbers; returns how many counted. */
    private int opened(@Nullable String visitor, int from, int pages, long second) {
        int counted = 0;
        for (int page = from; page < from + pages; page++) {
            counted += paces.isTooFast(Visits.by(visitor, "page-" + page), second) ? 0 : 1;
        }
        return counted;
    }

    @Test
    void aVisitorOpensSixtyPagesAMinute() {
        assertThat(opened("v-1", 0, 60, NOW)).isEqualTo(60);
        assertThat(opened("v-1", 60, 60, NOW + 60)).isEqualTo(60);
        assertThat(opened("v-2", 0, 60, NOW)).isEqualTo(60);
    }

    @Test
    void theEventsOfAPageAndItsResendsAreOnePage() {
        assertThat(opened("v-1", 0, 60, NOW)).isEqualTo(60);
        assertThat(opened("v-1", 0, 60, NOW + 59)).isEqualTo(60);
    }

    @Test
    void aVisitorThatWasTooFastDoesNotCountForTenMinutes() {
        assertThat(opened("v-1", 0, 1_000, NOW)).isEqualTo(60);
        assertThat(opened("v-1", 0, 1, NOW + 1)).as("a page that counted").isZero();
        assertThat(opened("v-1", 2_000, 1, NOW + 599)).isZero();
        assertThat(opened("v-1", 2_001, 1, NOW + 600)).isEqualTo(1);
        assertThat(opened("v-2", 0, 1, NOW + 1)).isEqualTo(1);
    }

    @Test
    void anAddressAndUserAgentAreManyPeoples() {
        assertThat(opened(null, 0, 700, NOW)).isEqualTo(600);
        assertThat(opened(null, 0, 600, NOW + 59)).as("those that counted").isEqualTo(600);
        assertThat(opened(null, 1_000, 700, NOW + 60)).isEqualTo(600);
    }

    @Test
    void theAddressesOfAnIpv6NetworkAreOneSubscribers() {
        int counted = 0;
        for (int i = 0; i < 700; i++) {
            Visit visit = new Visit(
                    true,
                    Visits.CHROME,
                    InetAddresses.forString("2001:db8:0:1::%x".formatted(i)),
                    null,
                    false,
                    "gazette",
                    null,
                    "c-42",
                    "page-" + i,
                    Visits.ALL);
            counted += paces.isTooFast(visit, NOW) ? 0 : 1;
        }
        assertThat(counted).isEqualTo(600);
    }

    @Test
    void aServersEventWithoutClaimsHasNoPace() {
        for (int i = 0; i < 2_000; i++) {
            assertThat(paces.isTooFast(Visits.server(null, null), NOW)).isFalse();
            assertThat(paces.isTooFast(Visits.server("curl/8", null), NOW)).isFalse();
            assertThat(paces.isTooFast(Visits.server(null, Visits.HOME), NOW)).isFalse();
        }
    }

    @Test
    void visitorsOfTwoPublishersAreTwo() {
        assertThat(opened("v-1", 0, 61, NOW)).isEqualTo(60);
        Visit elsewhere =
                new Visit(true, Visits.CHROME, Visits.HOME, null, false, "herald", "v-1", "c-42", "page-1", Visits.ALL);
        assertThat(paces.isTooFast(elsewhere, NOW)).isFalse();
    }

    /** A publisher signs the claims {@code ip} and {@code ua} as it likes. */
    @Test
    void noPublisherMakesAnothersReadersTooFast() {
        int both = "gazette".hashCode() ^ "herald".hashCode();
        InetAddress mirrored = InetAddresses.fromInteger(InetAddresses.coerceToInteger(Visits.HOME) ^ both);
        for (int i = 0; i < 700; i++) {
            paces.isTooFast(
                    new Visit(
                            false,
                            Visits.CHROME,
                            mirrored,
                            null,
                            false,
                            "herald",
                            null,
                            "c-1",
                            "page-" + i,
                            Visits.ALL),
                    NOW);
        }
        assertThat(opened(null, 1_000, 600, NOW)).isEqualTo(600);
    }

    @Test
    void aClockThatGoesBackCountsAnew() {
        assertThat(opened("v-1", 0, 60, NOW)).isEqualTo(60);
        assertThat(opened("v-1", 100, 60, NOW - 60)).isEqualTo(60);
    }

    @Test
    void aMillionVisitorsTakeNoMoreThanTheirMemory() {
        for (int i = 0; i < 1_000_000; i++) {
            assertThat(paces.isTooFast(Visits.by("v-" + i, "page-1"), NOW)).isFalse();
        }
        assertThat(paces.size()).isBetween(50_000, 103_000);
    }
}
