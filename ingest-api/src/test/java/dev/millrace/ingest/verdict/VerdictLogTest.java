package dev.millrace.ingest.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Filter;
import dev.millrace.common.token.Kid;
import dev.millrace.counters.LastVerdict;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.PricedEvent;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Verdict;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictLogTest {
    private static final Kid KID = new Kid("demo", 1);
    private static final long HOUR = 500_000;
    private static final long NOW = HOUR * 3_600 + 100;
    private static final Outcome EXPIRED = Outcome.rejected(RejectionCode.TOKEN_EXPIRED, "exp was 5 s ago");
    private static final Outcome FORGED =
            Outcome.rejected(RejectionCode.TOKEN_SIGNATURE, "the signature is not that of kid demo.1");

    private final VerdictLog log = new VerdictLog();

    private static PricedEvent event(String article, long identity) {
        return new PricedEvent(
                new EngagementName("demo", "c-1", article, EventType.VIEW, 1), 1, 1_000, 1, 1, 2, 1, identity, 0);
    }

    private static Sender browser(String address) {
        try {
            return new Sender(true, "Firefox", InetAddress.getByName(address), null, "https://news.example");
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** An event that was judged by its token alone. */
    private void refused(@Nullable Kid kid, @Nullable String type, Outcome outcome, long second) {
        concluded(List.of(new Event("t", type, null)), Collections.singletonList(kid), List.of(outcome), second);
    }

    private void concluded(List<Event> events, List<@Nullable Kid> kids, List<Outcome> outcomes, long second) {
        log.concluded(
                events,
                new EventVerifier.Verified(List.<Verdict>copyOf(outcomes), Map.of(), Set.of(), kids),
                outcomes,
                Sender.SERVER,
                second);
    }

    private void counted(PricedEvent event, Outcome outcome, Sender sender, long second) {
        log.concluded(
                List.of(new Event("t", "view", null)),
                new EventVerifier.Verified(List.of(event), Map.of(), Set.of(), List.of(KID)),
                List.of(outcome),
                sender,
                second);
    }

    private List<String> lines() {
        return log.of(KID).last(KID).stream().map(LastVerdict::line).toList();
    }

    private List<String> warnings(long second) {
        return log.of(KID).warnings(KID, second).stream()
                .map(warning -> warning.code() + ": " + warning.detail())
                .toList();
    }

    // ------------------------------------------------------------------------------------------ hours

    @Test
    void eachHourCountsEachVerdictByItself() {
        counted(event("/a", 1), Outcome.ACCEPTED, Sender.SERVER, NOW);
        counted(event("/a", 1), Outcome.DUPLICATE, Sender.SERVER, NOW + 1);
        counted(event("/a", 2), Outcome.filtered(Filter.ROBOT), Sender.SERVER, NOW + 2);
        refused(KID, "view", EXPIRED, NOW + 3);
        refused(new Kid("demo", 3), "view", EXPIRED, NOW + 3_500);
        assertThat(log.of(KID).hours())
                .isEqualTo(Map.of(
                        HOUR,
                        Map.of("accepted", 1L, "duplicate", 1L, "filtered:robot", 1L, "rejected:token-expired", 1L),
                        HOUR + 1,
                        Map.of("rejected:token-expired", 1L)));
    }

    @Test
    void aRequestOfManyPublishersIsSharedOutAmongThem() {
        Kid other = new Kid("other", 1);
        List<@Nullable Kid> kids = new ArrayList<>(List.of(KID, KID, other));
        kids.add(null);
        kids.add(KID);
        concluded(
                Collections.nCopies(5, new Event("t", "view", null)),
                kids,
                List.of(EXPIRED, FORGED, EXPIRED, EXPIRED, EXPIRED),
                NOW);
        assertThat(log.of(KID).hours().get(HOUR))
                .isEqualTo(Map.of("rejected:token-expired", 2L, "rejected:token-signature", 1L));
        assertThat(log.of(other).hours().get(HOUR)).isEqualTo(Map.of("rejected:token-expired", 1L));
        assertThat(log.all()).hasSize(2);
    }

    @Test
    void aTokenOfNoKnownKeyIsNobodys() {
        refused(null, "view", Outcome.rejected(RejectionCode.KEY_UNKNOWN, "kid x.1 is not known"), NOW);
        log.exchangeRefused(null, EXPIRED, NOW);
        assertThat(log.all()).isEmpty();
    }

    @Test
    void everyOutcomeHasAName() {
        Set<String> names = new java.util.HashSet<>();
        for (Filter filter : Filter.values()) {
            names.add(VerdictNames.name(VerdictNames.number(Outcome.filtered(filter))));
        }
        for (RejectionCode code : RejectionCode.values()) {
            names.add(VerdictNames.name(VerdictNames.number(Outcome.rejected(code, ""))));
        }
        names.add(VerdictNames.name(VerdictNames.number(Outcome.ACCEPTED)));
        names.add(VerdictNames.name(VerdictNames.number(Outcome.DUPLICATE)));
        assertThat(names)
                .hasSize(VerdictNames.COUNT)
                .contains("accepted", "duplicate", "filtered:self", "rejected:publisher-creators");
    }

    // ------------------------------------------------------------------------------------------ the last verdicts

    @Test
    void equalVerdictsInARowAreOneWithTheTimeOfTheLast() {
        refused(KID, "view", EXPIRED, NOW);
        refused(KID, "view", EXPIRED, NOW + 7);
        refused(KID, "read", EXPIRED, NOW + 8);
        refused(KID, "view", EXPIRED, NOW + 9);
        assertThat(lines())
                .containsExactly(
                        NOW + 9 + " 1 view rejected:token-expired",
                        NOW + 8 + " 1 read rejected:token-expired",
                        NOW + 7 + " 2 view rejected:token-expired");
    }

    @Test
    void aFloodOfForgedSignaturesEvictsNothingVerified() {
        for (int i = 0; i < 40; i++) {
            refused(KID, i % 2 == 0 ? "view" : "read", EXPIRED, NOW + i);
            counted(event("/a", i), i % 2 == 0 ? Outcome.ACCEPTED : Outcome.DUPLICATE, Sender.SERVER, NOW + i);
        }
        List<String> before = lines();
        assertThat(before).hasSize(40);
        for (int i = 0; i < 1_000; i++) {
            refused(KID, i % 2 == 0 ? "view" : "read", FORGED, NOW + 100 + i);
            refused(
                    KID,
                    i % 3 == 0 ? "view" : "read",
                    Outcome.rejected(RejectionCode.KEY_REVOKED, "kid demo.1 is revoked"),
                    NOW + 100 + i);
        }
        assertThat(lines()).hasSize(50);
        assertThat(lines().subList(0, 10))
                .allMatch(line -> line.endsWith("token-signature") || line.endsWith("key-revoked"));
        assertThat(lines().subList(10, 50)).isEqualTo(before);
    }

    @Test
    void whatCountsEvictsNoRefusal() {
        refused(KID, "comment", EXPIRED, NOW);
        for (int i = 0; i < 1_000; i++) {
            counted(event("/a", i), i % 2 == 0 ? Outcome.ACCEPTED : Outcome.DUPLICATE, Sender.SERVER, NOW + i);
        }
        assertThat(lines()).hasSize(21).last().isEqualTo(NOW + " 1 comment rejected:token-expired");
    }

    @ParameterizedTest
    @CsvSource({"c-42, unknown", ", unknown", "search_visit, search_visit", "VIEW, unknown"})
    void nothingOfTheSendersTextIsKept(@Nullable String type, String kept) {
        refused(KID, type, Outcome.rejected(RejectionCode.TYPE_UNKNOWN, "type is " + type), NOW);
        assertThat(lines()).containsExactly(NOW + " 1 " + kept + " rejected:type-unknown");
    }

    @Test
    void anExchangeIsNoEvent() {
        log.exchangeRefused(KID, Outcome.rejected(RejectionCode.ORIGIN_NOT_LISTED, "…"), NOW);
        assertThat(lines()).containsExactly(NOW + " 1 page rejected:origin-not-listed");
        assertThat(log.of(KID).hours()).isEmpty();
    }

    // ------------------------------------------------------------------------------------------ warnings

    /** Readers who each open some articles by one {@code jti}. */
    private void repeatOverArticles(int readers, int articles) {
        for (int reader = 0; reader < readers; reader++) {
            Sender sender = browser("192.0.2." + reader);
            counted(event("/0", reader), Outcome.ACCEPTED, sender, NOW);
            for (int article = 1; article <= articles; article++) {
                counted(event("/" + article, reader), Outcome.DUPLICATE, sender, NOW + 1);
            }
        }
    }

    /** Readers of one article whose token is cached, each twice. */
    private void readCached(int readers) {
        counted(event("/a", 7), Outcome.ACCEPTED, browser("198.51.100.250"), NOW);
        for (int reader = 0; reader < readers; reader++) {
            counted(event("/a", 7), Outcome.DUPLICATE, browser("198.51.100." + reader), NOW + 1);
        }
    }

    private void reload(int times) {
        for (int i = 0; i < times; i++) {
            Sender reader = browser("203.0.113." + i % 200);
            counted(event("/r" + i, 1_000 + i), Outcome.ACCEPTED, reader, NOW);
            counted(event("/r" + i, 1_000 + i), Outcome.DUPLICATE, reader, NOW + 1);
        }
    }

    @Test
    void aJtiThatDoesNotDifferBetweenArticlesIsNamed() {
        reload(10);
        repeatOverArticles(10, 3);
        assertThat(warnings(NOW + 2))
                .containsExactly(
                        "jti-without-article: 30 of 40 duplicates of the last hour had a jti that had counted for another article; derive jti from visitor, article and half hour");
        assertThat(warnings(NOW + 3_601)).as("an hour later").isEmpty();
    }

    @Test
    void aTokenThatManyReadersShareIsNamed() {
        readCached(30);
        assertThat(warnings(NOW + 2))
                .containsExactly(
                        "token-cached: 30 of 30 duplicates of the last hour came from another address than the event before them with the same jti; the page is cached together with its token, so use data-token-url or page tokens");
    }

    @Test
    void bothAreNamed() {
        readCached(30);
        repeatOverArticles(10, 3);
        assertThat(warnings(NOW + 2)).hasSize(2);
    }

    @Test
    void readersWhoReloadCauseNoWarning() {
        reload(500);
        assertThat(warnings(NOW + 2)).isEmpty();
    }

    @Test
    void aFewCauseNoWarning() {
        readCached(19);
        repeatOverArticles(6, 3);
        assertThat(warnings(NOW + 2)).isEmpty();
    }

    @Test
    void aSmallShareCausesNoWarning() {
        readCached(25);
        reload(226);
        assertThat(warnings(NOW + 2)).isEmpty();
    }

    @Test
    void twoArticlesCauseNoWarning() {
        repeatOverArticles(30, 2);
        assertThat(warnings(NOW + 2)).isEmpty();
    }

    /** A server tells nothing of its readers' addresses. */
    @Test
    void aServerThatSendsAgainCausesNoWarning() {
        counted(event("/a", 7), Outcome.ACCEPTED, browser("198.51.100.1"), NOW);
        for (int i = 0; i < 100; i++) {
            counted(event("/a", 7), Outcome.DUPLICATE, Sender.SERVER, NOW + 1);
        }
        assertThat(warnings(NOW + 2)).isEmpty();
    }

    /** Devices change the rest of an IPv6 address as they like. */
    @Test
    void oneIpv6NetworkIsOneAddress() {
        counted(event("/a", 7), Outcome.ACCEPTED, browser("2001:db8:1:2::1"), NOW);
        for (int i = 2; i < 100; i++) {
            counted(event("/a", 7), Outcome.DUPLICATE, browser("2001:db8:1:2::" + i), NOW + 1);
        }
        assertThat(warnings(NOW + 2)).isEmpty();
        for (int i = 2; i < 100; i++) {
            counted(event("/a", 7), Outcome.DUPLICATE, browser("2001:db8:1:" + i + "::3"), NOW + 1);
        }
        assertThat(warnings(NOW + 2)).hasSize(1);
    }

    /** Its first event was counted at another node. */
    @Test
    void whatAnotherNodeHasCountedIsKnownFromItsSecondDuplicateOn() {
        for (int i = 0; i < 30; i++) {
            counted(event("/a", 7), Outcome.DUPLICATE, browser("198.51.100." + i), NOW);
        }
        assertThat(warnings(NOW + 2)).singleElement().asString().startsWith("token-cached: 29 of 30 duplicates");
    }

    @Test
    void aWarningIsLoggedOnceAnHour() {
        readCached(30);
        List<String> logged = new ArrayList<>();
        for (long second : new long[] {NOW + 2, NOW + 7, NOW + 1_000}) {
            log.of(KID).warn(second, (kid, warning) -> logged.add(second + " " + kid + " " + warning.code()));
        }
        for (int i = 0; i < 30; i++) {
            counted(event("/a", 7), Outcome.DUPLICATE, browser("198.51.100." + i), NOW + 3_000);
        }
        for (long second : new long[] {NOW + 3_001, NOW + 3_602, NOW + 3_700}) {
            log.of(KID).warn(second, (kid, warning) -> logged.add(second + " " + kid + " " + warning.code()));
        }
        assertThat(logged).containsExactly(NOW + 2 + " demo.1 token-cached", NOW + 3_602 + " demo.1 token-cached");
    }

    // ------------------------------------------------------------------------------------------ what is forgotten

    @Test
    void anHourIsForgottenWhenItIsOverAndWritten() {
        refused(KID, "view", EXPIRED, NOW);
        PublisherVerdicts publisher = log.of(KID);
        publisher.tidy(NOW + 40 * 3_600);
        assertThat(publisher.hours()).as("not written").containsKey(HOUR);
        publisher.takeHours(false).forEach(taken -> taken.arrived().run());
        publisher.tidy(NOW + 3_600);
        assertThat(publisher.hours()).as("the last hour").containsKey(HOUR);
        publisher.tidy(NOW + 7_200);
        assertThat(publisher.hours()).isEmpty();
        refused(KID, "view", EXPIRED, NOW + 7_200);
        publisher.tidy(NOW + 60 * 3_600);
        assertThat(publisher.hours()).as("in vain for two days").isEmpty();
        assertThat(publisher.last(KID)).as("silent for a day").isEmpty();
    }

    @Test
    void onlyWhatHasChangedIsTaken() {
        refused(KID, "view", EXPIRED, NOW);
        PublisherVerdicts publisher = log.of(KID);
        assertThat(publisher.takeHours(false)).singleElement().satisfies(taken -> {
            assertThat(taken.what().whole()).isTrue();
            refused(KID, "view", FORGED, NOW); // while it is on its way
            taken.arrived().run();
        });
        assertThat(publisher.takeHours(false)).singleElement().satisfies(taken -> {
            assertThat(taken.what().counts()).isEqualTo(Map.of("rejected:token-signature", 1L));
            assertThat(taken.what().whole()).isFalse();
            taken.arrived().run();
        });
        assertThat(publisher.takeHours(false)).isEmpty();
        assertThat(publisher.takeHours(true)).singleElement().satisfies(taken -> {
            assertThat(taken.what().counts()).hasSize(2);
            assertThat(taken.what().whole()).isTrue();
        });
    }
}
