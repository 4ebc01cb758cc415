package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.key.MasterKey;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.EngagementName;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Retention;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventVerifierTest {
    private static final long NOW = 1_000_000;

    private final EventVerifier verifier = Tokens.verifier();

    @Test
    void aGoodViewCountsUnderItsArticleAtThePriceInForceAtItsIat() {
        assertThat(counting(payload(""), "view", null))
                .isEqualTo(new PricedEvent(
                        new EngagementName("demo", "c-42", "/a|b", EventType.VIEW, 1),
                        1,
                        1_000,
                        NOW,
                        NOW,
                        NOW + 3_600,
                        NOW - 60,
                        Tokens.IDENTITIES.ofToken("demo", "c-42", EventType.VIEW, "", "j-1"),
                        0));
        assertThat(counting(payload(""), "view", null).name().type().retention())
                .isEqualTo(Retention.SHORT);
        assertThat(counting(payload(""), "reaction", "like").name().type().retention())
                .isEqualTo(Retention.LONG);

        String later = "{\"sub\":\"c-42\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":2000000,\"exp\":2000060}";
        assertThat(verify(new Event(Tokens.signed(later), "view", null), 2_000_000))
                .isInstanceOfSatisfying(
                        PricedEvent.class, c -> assertThat(c.micros()).isEqualTo(2_000));
    }

    @Test
    void aSandboxPaysCreatorsOfItsOwn() {
        Catalog catalog = new Catalog(
                1, Map.of("test-demo", new Catalog.Publisher(List.of(1), List.of())), Tokens.CATALOG.cards());
        for (String subject : List.of("c-42", "test:c-42")) {
            Verdict verdict = verify(sandboxed(payload("").replace("c-42", subject)), catalog);
            assertThat(verdict).isInstanceOfSatisfying(PricedEvent.class, priced -> {
                assertThat(priced.name().publisher()).isEqualTo("test-demo");
                assertThat(priced.name().creator()).isEqualTo("test:c-42");
                assertThat(priced.identity())
                        .isEqualTo(Tokens.IDENTITIES.ofToken("test-demo", "test:c-42", EventType.VIEW, "", "j-1"));
            });
        }
        assertThat(verify(sandboxed(payload("").replace("c-42", ".")), catalog))
                .isInstanceOfSatisfying(
                        Outcome.class, o -> assertThat(o.code()).isEqualTo(RejectionCode.TOKEN_MALFORMED));
        assertRejected(
                Tokens.signed(payload("").replace("c-42", "test:c-42")),
                "view",
                null,
                RejectionCode.TOKEN_MALFORMED,
                "sub begins with test:; only publishers named test-… pay such creators");
    }

    private static final MasterKey OLD = Tokens.MASTER_KEY;
    private static final String NEW = "f7b3920d6ce14a58b0d4437e19a5c862";

    private static Catalog demo(int number, Catalog.Terms terms) {
        Catalog.Publisher publisher =
                new Catalog.Publisher(List.of(number), List.of(), Limits.NONE, Map.of(number, terms));
        return new Catalog(1, Map.of("demo", publisher), Tokens.CATALOG.cards());
    }

    private static EventVerifier with(MasterKeys keys) {
        return Tokens.verifier(keys, Duration.ofSeconds(1));
    }

    private static Verdict verdict(EventVerifier verifier, String token, Catalog catalog, long now) {
        return verifier.verify(List.of(new Event(token, "view", null)), Sender.SERVER, catalog, now)
                .verdicts()
                .getFirst();
    }

    /** A token of this key number under this master key. */
    private static String signedUnder(MasterKey master, int number) {
        Kid kid = new Kid("demo", number);
        return Tokens.signedWith(
                "{\"alg\":\"HS256\",\"kid\":\"%s\"}".formatted(kid), payload(""), master.publisherSecret(kid));
    }

    @Test
    void aKeySignsUnderTheMasterKeyThatItWasMadeUnder() {
        EventVerifier both = with(MasterKeys.of("", "v1:%s,v2:%s".formatted(MasterKey.LOCAL, NEW)));
        Catalog under2 = demo(4, new Catalog.Terms(2, null));
        assertThat(verdict(both, signedUnder(MasterKey.of(NEW), 4), under2, NOW))
                .isInstanceOf(PricedEvent.class);
        assertThat(verdict(both, signedUnder(OLD, 4), under2, NOW))
                .isInstanceOfSatisfying(
                        Outcome.class, o -> assertThat(o.code()).isEqualTo(RejectionCode.TOKEN_SIGNATURE));
        assertThat(verdict(both, signedUnder(OLD, 1), demo(1, Catalog.Terms.USUAL), NOW))
                .isInstanceOf(PricedEvent.class);
    }

    /** Only an operator can mend it, and the events are good: they are not refused for good. */
    @Test
    void aKeyWhoseMasterKeyThisNodeLacksIsTriedAgainLater() {
        EventVerifier old = with(MasterKeys.of(OLD));
        for (MasterKey signer : List.of(OLD, MasterKey.of(NEW))) {
            assertThatThrownBy(() -> verdict(old, signedUnder(signer, 4), demo(4, new Catalog.Terms(2, null)), NOW))
                    .isInstanceOf(CountersUnavailableException.class)
                    .hasMessage("kid demo.4 was made under master key v2, which this node does not have; it has v1 (%s)"
                                    .formatted(OLD.fingerprint())
                            + " (MILLRACE_MASTER_KEYS)");
        }
    }

    @Test
    void aKeyNewerThanTheCatalogueMayBeOfAnyMasterKey() {
        EventVerifier both = with(MasterKeys.of("", "v1:%s,v2:%s".formatted(MasterKey.LOCAL, NEW)));
        for (MasterKey signer : List.of(OLD, MasterKey.of(NEW))) {
            assertThatThrownBy(() -> verdict(both, signedUnder(signer, 9), Tokens.CATALOG, NOW))
                    .isInstanceOf(CountersUnavailableException.class)
                    .hasMessageContaining("kid demo.9 is newer");
        }
        assertThat(verdict(
                        both, signedUnder(MasterKey.of("no master key of this installation"), 9), Tokens.CATALOG, NOW))
                .isInstanceOfSatisfying(Outcome.class, o -> assertThat(o.code()).isEqualTo(RejectionCode.KEY_UNKNOWN));
    }

    @Test
    void aKeyExpiresByRedisClock() {
        Catalog ending = demo(1, new Catalog.Terms(1, NOW + 10));
        assertThat(verdict(verifier, signedUnder(OLD, 1), ending, NOW + 9)).isInstanceOf(PricedEvent.class);
        for (long later : new long[] {NOW + 10, NOW + 3_000}) {
            assertThat(verdict(verifier, signedUnder(OLD, 1), ending, later))
                    .isInstanceOfSatisfying(Outcome.class, o -> {
                        assertThat(o.code()).isEqualTo(RejectionCode.KEY_REVOKED);
                        assertThat(o.detail()).isEqualTo("kid demo.1 expired at 1970-01-12T13:46:50Z");
                    });
        }
    }

    private static Event sandboxed(String payload) {
        return new Event(
                Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"test-demo.1\"}", payload, "test-demo.1"), "view", null);
    }

    private Verdict verify(Event event, Catalog catalog) {
        return verifier.verify(List.of(event), Sender.SERVER, catalog, NOW)
                .verdicts()
                .getFirst();
    }

    @Test
    void aSuspendedPublishersEventsAreRefusedUntilItsTime() {
        Event good = new Event(Tokens.signed(payload("")), "view", null);
        assertThat(verify(good, limited(null, null)).toString())
                .contains("code=publisher-suspended, detail=publisher demo is suspended");
        assertThat(verify(good, limited(NOW + 1, null)).toString()).contains("publisher-suspended");
        assertThat(verify(good, limited(NOW, null))).isInstanceOf(PricedEvent.class);
        Event bad = new Event(Tokens.signed(payload("")), "dance", null);
        assertThat(verify(bad, limited(null, null)).toString()).contains("type-unknown");
    }

    @Test
    void aPublisherThatKeepsAListPaysOnlyCreatorsOnIt() {
        Event good = new Event(Tokens.signed(payload("")), "view", null);
        assertThat(verify(good, limited(NOW, Set.of("c-1", "c-42")))).isInstanceOf(PricedEvent.class);
        assertThat(verify(good, limited(NOW, Set.of("c-1"))).toString()).contains("creator-not-listed");
        assertThat(verify(good, limited(NOW, Set.of())).toString())
                .contains("publisher demo keeps a list of its creators, and c-42 is not on it");
        assertThat(verify(good, limited(null, Set.of())).toString()).contains("publisher-suspended");
    }

    private static Catalog limited(@Nullable Long until, @Nullable Set<String> creators) {
        Limits limits = new Limits(true, until, null, null, null, creators, null, null, null);
        return new Catalog(
                1, Map.of("demo", new Catalog.Publisher(List.of(1), List.of(), limits)), Tokens.CATALOG.cards());
    }

    @Test
    void wordsArePaidUpToTheCap() {
        assertThat(counting(payload(",\"evt\":[\"comment\"],\"qty\":7"), "comment", null)
                        .micros())
                .isEqualTo(350);
        assertThat(counting(payload(",\"evt\":[\"comment\"],\"qty\":2147483647"), "comment", null)
                        .micros())
                .isEqualTo(5_000);
        assertThat(counting(payload(",\"evt\":[\"comment\"]"), "comment", null).units())
                .isEqualTo(1);
    }

    @Test
    void theIdentityIsOfPublisherCreatorTypeKeyAndJtiWhateverElseTheTokenSays() {
        PricedEvent scroll = counting(payload(""), "scroll", "25");
        assertThat(scroll.identity())
                .isEqualTo(Tokens.IDENTITIES.ofToken("demo", "c-42", EventType.SCROLL, "25", "j-1"));
        String other = payload(",\"vis\":\"v\",\"qty\":3")
                .replace("1000000", "1000001")
                .replace("1003600", "1003601")
                .replace("/a|b", "/other");
        assertThat(counting(other, "scroll", "25").identity()).isEqualTo(scroll.identity());
        assertThat(counting(payload("").replace("c-42", "c-43"), "scroll", "25").identity())
                .isNotEqualTo(scroll.identity());
        assertThat(counting(payload(""), "scroll", "50").identity()).isNotEqualTo(scroll.identity());
        assertThat(counting(payload(""), "view", null).identity()).isNotEqualTo(scroll.identity());
    }

    @Test
    void aReactionAndASearchVisitAreTheVisitorsWhereTheTokenNamesOne() {
        String like = payload(",\"vis\":\"v-1\"");
        assertThat(counting(like, "reaction", "like").identity())
                .isEqualTo(
                        counting(like.replace("j-1", "j-2"), "reaction", "like").identity())
                .isEqualTo(Tokens.IDENTITIES.ofVisitor("demo", "c-42", "/a|b", EventType.REACTION, "like", "v-1"));
        assertThat(counting(like.replace("/a|b", "/other"), "reaction", "like").identity())
                .isNotEqualTo(counting(like, "reaction", "like").identity());
        String search = payload(",\"vis\":\"v-1\",\"evt\":\"search_visit\",\"ref\":\"https://duckduckgo.com/\"");
        assertThat(counting(search, "search_visit", null).identity())
                .isEqualTo(Tokens.IDENTITIES.ofVisitor("demo", "c-42", "/a|b", EventType.SEARCH_VISIT, "", "v-1"));
        for (String none : new String[] {"", ",\"vis\":\"\"", ",\"vis\":null"}) {
            assertThat(counting(payload(none), "reaction", "like").identity())
                    .isEqualTo(Tokens.IDENTITIES.ofToken("demo", "c-42", EventType.REACTION, "like", "j-1"));
        }
        assertThat(counting(payload(",\"vis\":\"v-1\",\"evt\":\"comment\""), "comment", null)
                        .identity())
                .isEqualTo(Tokens.IDENTITIES.ofToken("demo", "c-42", EventType.COMMENT, "", "j-1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "`{\"alg\":\"none\",\"kid\":\"demo.1\"}`;            `alg is \"none\"`",
                "`{\"alg\":\"RS256\",\"kid\":\"demo.1\"}`;           `alg is \"RS256\"`",
                "`{\"alg\":\"hs256\",\"kid\":\"demo.1\"}`;           `alg is \"hs256\"`",
                "`{\"alg\":[\"HS256\"],\"kid\":\"demo.1\"}`;         `alg is an array`",
                "`{\"kid\":\"demo.1\"}`;                             `alg is missing`",
                "`{\"alg\":\"HS256\"}`;                              `kid is missing`",
                "`{\"alg\":\"HS256\",\"kid\":7}`;                    `kid is 7`",
                "`{\"alg\":\"HS256\",\"kid\":\"demo\"}`;             `kid is \"demo\"`",
                "`{\"alg\":\"HS256\",\"kid\":\"demo.1\",\"crit\":[\"b64\"]}`; `crit is not supported`",
                "`{\"alg\":\"HS256\",\"alg\":\"none\",\"kid\":\"demo.1\"}`; `Duplicate`",
                "`{\"alg\":\"HS256\",\"kid\":\"demo.1\"} {}`;        `goes on after`",
                "`[\"HS256\"]`;                                      `header is not a JSON object`",
            })
    void anyOtherHeaderIsMalformed(String header, String detail) {
        assertRejected(
                Tokens.signed(header, payload(""), "demo.1"), "view", null, RejectionCode.TOKEN_MALFORMED, detail);
    }

    @Test
    void whatIsNotThreePartsOfBase64UrlIsMalformed() {
        String good = Tokens.signed(payload(""));
        assertRejected("", "view", null, RejectionCode.TOKEN_MALFORMED, "not three parts");
        assertRejected("a.b", "view", null, RejectionCode.TOKEN_MALFORMED, "not three parts");
        assertRejected(good + ".x", "view", null, RejectionCode.TOKEN_MALFORMED, "not three parts");
        assertRejected(good + "=", "view", null, RejectionCode.TOKEN_MALFORMED, "signature is not base64url");
        assertRejected(" " + good, "view", null, RejectionCode.TOKEN_MALFORMED, "header is not base64url");
        assertRejected(".e30.x", "view", null, RejectionCode.TOKEN_MALFORMED, "header is empty");
        assertRejected("x".repeat(8_193), "view", null, RejectionCode.TOKEN_MALFORMED, "8193 characters");
        assertThat(verify(new Event(null, "view", null), NOW))
                .isEqualTo(Outcome.rejected(RejectionCode.TOKEN_MALFORMED, "token is missing"));
    }

    @Test
    void aKeyMustBeKnownAndLiveAndTheSignatureItsOwn() {
        String header = "{\"alg\":\"HS256\",\"kid\":\"%s\"}";
        assertRejected(
                Tokens.signed(header.formatted("nobody.1"), payload(""), "other.1"),
                "view",
                null,
                RejectionCode.KEY_UNKNOWN,
                "nobody.1");
        assertRejected(
                Tokens.signed(header.formatted("demo.2"), payload(""), "demo.2"),
                "view",
                null,
                RejectionCode.KEY_REVOKED,
                "demo.2");
        assertRejected(
                Tokens.signed(header.formatted("demo.1"), payload(""), "other.1"),
                "view",
                null,
                RejectionCode.TOKEN_SIGNATURE,
                "demo.1");
        assertRejected(
                Tokens.signed(header.formatted("demo.3"), payload(""), "demo.1"),
                "view",
                null,
                RejectionCode.TOKEN_SIGNATURE,
                "demo.3");
        String good = Tokens.signed(payload(""));
        assertRejected(good.substring(0, good.length() - 1), "view", null, RejectionCode.TOKEN_SIGNATURE, "demo.1");
        assertRejected(
                good.substring(0, good.lastIndexOf('.') + 1), "view", null, RejectionCode.TOKEN_SIGNATURE, "demo.1");
    }

    /** A stranger can't cause the 503 that this verdict is, and a newer key's holder is not told that its key is unknown. */
    @Test
    void aKeyNewerThanTheCatalogueIsNotYetKnownOnceItsSignatureHolds() {
        String header = "{\"alg\":\"HS256\",\"kid\":\"demo.4\"}";
        String newer = Tokens.signed(header, payload(""), "demo.4");
        assertNotYetKnown(newer, "view", null, "kid demo.4 is newer");
        assertNotYetKnown(newer, "nonsense", "x", "kid demo.4 is newer");
        String unheardOf = Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"nobody.1\"}", payload(""), "nobody.1");
        assertNotYetKnown(unheardOf, "view", null, "kid nobody.1 is newer");
        assertRejected(Tokens.signed(header, payload(""), "demo.1"), "view", null, RejectionCode.KEY_UNKNOWN, "demo.4");
    }

    @Test
    void eachTokenOfARequestIsJudgedByItsOwnHeader() {
        String header = "{\"alg\":\"HS256\",\"kid\":\"%s\"}";
        List<Event> events = List.of(
                view(Tokens.signed(header.formatted("demo.1"), payload(""), "demo.1")),
                view(Tokens.signed(header.formatted("demo.1"), payload(""), "other.1")),
                view(Tokens.signed(header.formatted("other.1"), payload(""), "other.1")),
                view(Tokens.signed(header.formatted("other.1"), payload(""), "demo.1")),
                view(Tokens.signed(header.formatted("demo.2"), payload(""), "demo.2")),
                view(Tokens.signed(header.formatted("demo.1"), payload(""), "demo.1")));
        assertThat(verifier.verify(events, Sender.SERVER, Tokens.CATALOG, NOW).verdicts())
                .extracting(verdict -> switch (verdict) {
                    case PricedEvent priced -> priced.name().publisher();
                    case Outcome rejected -> String.valueOf(rejected.code());
                })
                .containsExactly("demo", "token-signature", "other", "token-signature", "key-revoked", "demo");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "`\"sub\":\"c-42\"`; `\"sub\":\"\"`;                       `sub is \"\"`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"a b\"`;                    `sub is \"a b\"`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"a\\u0000b\"`;              `sub is`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"a|b\"`;                    `sub is`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"12345678901234567890123456789012345678901234567890123456789012345\"`; `[A-Za-z0-9._:-]{1,64}`",
                "`\"sub\":\"c-42\"`; `\"sub\":\".\"`;                      `not '.' or '..'`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"..\"`;                     `sub is \"..\"`",
                "`\"sub\":\"c-42\"`; `\"sub\":null`;                       `sub is null`",
                "`\"sub\":\"c-42\"`; `\"sub\":42`;                         `sub is 42`",
                "`\"sub\":\"c-42\"`; `\"x\":1`;                            `sub is missing`",
                "`\"sub\":\"c-42\"`; `\"sub\":\"c-42\",\"sub\":\"c-43\"`;  `Duplicate`",
                "`\"art\":\"/a|b\"`; `\"art\":\"\"`;                       `art has 0 characters`",
                "`\"art\":\"/a|b\"`; `\"art\":\"/a\\u0007\"`;              `art holds a control character`",
                "`\"art\":\"/a|b\"`; `\"art\":\"/a\\u0085\"`;              `art holds a control character`",
                "`\"art\":\"/a|b\"`; `\"art\":\"\\ud800\"`;                `surrogate`",
                "`\"jti\":\"j-1\"`; `\"jti\":null`;                        `jti is null`",
                "`\"jti\":\"j-1\"`; `\"jti\":\"12345678901234567890123456789012345678901234567890123456789012345\"`; `jti has 65 characters`",
                "`\"iat\":1000000`; `\"iat\":\"1000000\"`;                 `iat is`",
                "`\"iat\":1000000`; `\"iat\":1795973817500`;               `iat is 1795973817500; it is a number of seconds from 0 to 253402300799`",
                "`\"iat\":1000000`; `\"iat\":-0.5`;                        `iat is -0.5`",
                "`\"iat\":1000000`; `\"iat\":253402300799.5`;              `iat is 253402300799.5`",
                "`\"iat\":1000000`; `\"iat\":null`;                        `iat is null`",
                "`\"exp\":1003600`; `\"exp\":1e999999999`;                 `exp is 1e999999999`",
                "`\"exp\":1003600`; `\"exp\":1e9999999999999`;             `exp is 1e9999999999999`",
                "`\"exp\":1003600`; `\"x\":1`;                             `exp is missing`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"nbf\":\"5\"`;       `nbf is \"5\"`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"aud\":7`;           `aud is 7`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"aud\":[{}]`;        `aud holds an object`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"evt\":{}`;          `evt is an object`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"evt\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]`; `evt has more than 16 entries`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":1.5`;         `qty is 1.5`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"vis\":\"12345678901234567890123456789012345678901234567890123456789012345\"`; `vis has 65 characters`",
                "`\"iat\":1000000`; `\"iat\":-1`;                          `iat is -1`",
                "`\"exp\":1003600`; `\"exp\":1e30`;                        `exp is`",
                "`\"exp\":1003600`; `\"exp\":99999999999999999999`;        `exp is`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":0`;           `qty is 0`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":-5`;          `qty is -5`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":2147483648`;  `qty is 2147483648`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":9e99`;        `qty is`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"evt\":[1]`;         `evt holds 1`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"ref\":5`;           `ref is 5`",
                "`{\"sub\"`; `[{\"sub\"`;                                  `payload is not a JSON object`",
            })
    void aClaimMissingDoubledOrOutOfItsRangeIsMalformedByName(String good, String bad, String detail) {
        assertRejected(
                Tokens.signed(payload("").replace(good, bad)), "view", null, RejectionCode.TOKEN_MALFORMED, detail);
    }

    @Test
    void wholeNumbersMayBeWrittenWithAFractionOfZeroOrAnExponent() {
        String floats = "{\"sub\":\"c\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":1.0E6,\"exp\":1003600.00,\"nbf\":999999.0,"
                + "\"evt\":\"comment\",\"qty\":3.0}";
        PricedEvent comment = counting(floats, "comment", null);
        assertThat(comment.issuedAt()).isEqualTo(NOW);
        assertThat(comment.notBefore()).isEqualTo(NOW - 1);
        assertThat(comment.expiresAt()).isEqualTo(NOW + 3_600);
        assertThat(comment.units()).isEqualTo(3);
    }

    /** What {@code time.time()} of Python and {@code Date.now() / 1000} of JavaScript give. */
    @Test
    void aFractionOfASecondIsCutOff() {
        String floats =
                "{\"sub\":\"c\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":1000000.9876543,\"exp\":1.0036005E6,\"nbf\":999999.25}";
        PricedEvent view = counting(floats, "view", null);
        assertThat(view.issuedAt()).isEqualTo(NOW);
        assertThat(view.notBefore()).isEqualTo(NOW - 1);
        assertThat(view.expiresAt()).isEqualTo(NOW + 3_600);
        assertThat(counting(floats.replace("999999.25", "1e-999999999"), "view", null)
                        .notBefore())
                .isZero();
    }

    /** What PHP, Express, Python, Ruby, Kotlin and Go write for a value that they don't have. */
    @Test
    void anOptionalClaimThatIsNullOrEmptyIsTheSameAsNone() {
        PricedEvent without = counting(payload(""), "view", null);
        for (String none : List.of("null", "\"\"")) {
            for (String claim : List.of("nbf", "aud", "evt", "qty", "ref", "vis")) {
                assertThat(counting(payload(",\"%s\":%s".formatted(claim, none)), "view", null))
                        .as("%s is %s", claim, none)
                        .isEqualTo(without);
            }
        }
    }

    @Test
    void aReferrerIsCutWhereItIsTooLong() {
        String search =
                ",\"evt\":\"search_visit\",\"ref\":\"https://www.google.de/search?q=" + "x".repeat(4_000) + "\"";
        assertThat(counting(payload(search), "search_visit", null).micros()).isEqualTo(1_500);
        assertThat(counting(
                        payload(",\"ref\":\"" + "\ud83d\ude00".repeat(1_000) + "x".repeat(1_100) + "\""), "view", null))
                .isEqualTo(counting(payload(""), "view", null));
    }

    /** Node gives the bytes of UTF-8 in a header as Latin-1, so browsers that send them unescaped seem to send control characters. */
    @Test
    void whatABrowserSendsCostsItsReaderNoEvent() {
        String chrome = "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0.0.0";
        for (String control : List.of("\\u0000", "\\t", "\\u0085", "\\ud800", "\\r\\n")) {
            PricedEvent view = counting(payload(",\"ua\":\"%s%s\"".formatted(chrome, control)), "view", null);
            assertThat(view).isEqualTo(counting(payload(""), "view", null));
            String search =
                    ",\"evt\":\"search_visit\",\"ref\":\"https://www.google.de/search?q=%s\"".formatted(control);
            assertThat(counting(payload(search), "search_visit", null).micros()).isEqualTo(1_500);
        }
    }

    @Test
    void theZoneOfAnAddressSaysNothingHere() {
        for (String zone : List.of("", "%1", "%eth0", "%no such interface", "%")) {
            String claim = ",\"ip\":\"fe80::1%s\"".formatted(zone);
            assertThat(counting(payload(claim), "view", null)).isEqualTo(counting(payload(""), "view", null));
        }
        for (String none : List.of("192.0.2.7%eth0", "%eth0", "%", "[fe80::1]", "unknown")) {
            String claim = ",\"ip\":\"%s\"".formatted(none);
            assertRejected(
                    Tokens.signed(payload(claim)), "view", null, RejectionCode.TOKEN_MALFORMED, "ip is \"" + none);
        }
    }

    @Test
    void aTypeAloneIsTheSameAsAListOfIt() {
        assertThat(counting(payload(",\"evt\":\"comment\""), "comment", null))
                .isEqualTo(counting(payload(",\"evt\":[\"comment\"]"), "comment", null));
        assertRejected(
                Tokens.signed(payload(",\"evt\":\"comment\"")), "view", null, RejectionCode.TYPE_NOT_GRANTED, "view");
    }

    @Test
    void anAudienceMustHoldUs() {
        for (String good : List.of("\"millrace\"", "[\"millrace\"]", "[\"other\",\"millrace\"]")) {
            assertThat(counting(payload(",\"aud\":" + good), "view", null).micros())
                    .isEqualTo(1_000);
        }
        for (String bad : List.of("\"other\"", "[]", "[\"other\"]", "\"Millrace\"", "\"millrace,other\"")) {
            assertRejected(
                    Tokens.signed(payload(",\"aud\":" + bad)),
                    "view",
                    null,
                    RejectionCode.TOKEN_AUDIENCE,
                    "aud does not hold \"millrace\"");
        }
    }

    @Test
    void anArticleOf128CharactersIsFineHoweverManyBytesTheyTake() {
        String longest = "\ud83d\ude00".repeat(128);
        assertThat(counting(payload("").replace("/a|b", longest), "view", null)
                        .name()
                        .article())
                .isEqualTo(longest);
        assertRejected(
                Tokens.signed(payload("").replace("/a|b", longest + "x")),
                "view",
                null,
                RejectionCode.TOKEN_MALFORMED,
                "art has 129 characters");
    }

    @Test
    void timesAreCheckedAgainstRedisClock() {
        assertRejected(token(NOW - 10, NOW - 10 + 7_201), "view", null, RejectionCode.TOKEN_LIFETIME, "7201");
        assertRejected(token(NOW, NOW), "view", null, RejectionCode.TOKEN_LIFETIME, "exp - iat is 0 s");
        assertRejected(token(NOW - 100, NOW), "view", null, RejectionCode.TOKEN_EXPIRED, "0 s ago");
        assertRejected(token(NOW + 63, NOW + 100), "view", null, RejectionCode.TOKEN_NOT_YET_VALID, "63 s ahead");
        assertThat(verify(token(NOW + 62, NOW + 100), "view", null))
                .as("this close, Redis decides")
                .isInstanceOf(PricedEvent.class);
        assertThat(verify(token(NOW + 60, NOW + 100), "view", null)).isInstanceOf(PricedEvent.class);
        assertThat(verify(token(NOW - 7_199, NOW + 1), "view", null)).isInstanceOf(PricedEvent.class);
    }

    @Test
    void aTokenIsNotValidBeforeItsNbf() {
        assertRejected(
                Tokens.signed(payload(",\"nbf\":1000063")),
                "view",
                null,
                RejectionCode.TOKEN_NOT_YET_VALID,
                "nbf is 63 s ahead, at most 60 s");
        PricedEvent close = counting(payload(",\"nbf\":1000062"), "view", null);
        assertThat(close.earliest()).as("this close, Redis decides").isEqualTo(NOW + 2);
        assertThat(close.tooEarly(NOW + 1))
                .isEqualTo(Outcome.rejected(
                        RejectionCode.TOKEN_NOT_YET_VALID, "nbf is 61 s ahead, at most 60 s are accepted"));
        assertThat(counting(payload(",\"nbf\":999000"), "view", null).earliest())
                .isEqualTo(NOW - 60);
        assertThat(counting(payload(",\"nbf\":1000050"), "read", "15").earliest())
                .as("the later of nbf and the reading")
                .isEqualTo(NOW - 10);
    }

    @Test
    void aSearchVisitIsPaidOnlyWithTheAddressOfASearchEngine() {
        String visit = ",\"evt\":[\"search_visit\",\"view\"],\"ref\":%s";
        assertThat(counting(payload(visit.formatted("\"https://www.bing.com/search?q=1\"")), "search_visit", null)
                        .micros())
                .isEqualTo(1_500);
        for (String other : List.of(
                "\"\"",
                "null",
                "\"https://news.example/\"",
                "\"https://mail.google.com/\"",
                "\"https://www.google.com/?gclid=1\"",
                "\"google\"")) {
            String token = Tokens.signed(payload(visit.formatted(other)));
            assertRejected(token, "search_visit", null, RejectionCode.REFERRER_NOT_SEARCH, "ref is ");
            assertThat(verify(token, "view", null)).isInstanceOf(PricedEvent.class);
        }
        assertRejected(
                Tokens.signed(payload(",\"evt\":\"search_visit\"")),
                "search_visit",
                null,
                RejectionCode.REFERRER_NOT_SEARCH,
                "ref is missing");
    }

    /** Card 2 begins at {@code NOW - since}; its view pays 2, that of card 1 pays 1. */
    @ParameterizedTest
    @CsvSource({
        // card 2 began so long ago, iat is so far from now, which card pays
        "900,  -901,  2", // in force for 15 minutes: no iat brings card 1 back
        "900,  -7000, 2",
        "899,  -900,  1", // in force for less: a token from before it is paid by card 1
        "899,  -7000, 1",
        "899,  -899,  2",
        "10,   -11,   1",
        "10,   -10,   2",
        "0,    -1,    1",
        "0,    0,     2",
        "0,    60,    2",
        "-1,   0,     1",
        "-1,   1,     1", // not in force yet: no iat reaches it
        "-1,   60,    1",
        "-60,  60,    1",
    })
    void aPriceIsThatOfIatWithinFifteenMinutesAndNeverAFutureOne(long since, long iat, int card) {
        RateCard first = new RateCard(1, 0, Map.of("view", new Rate(1, 1)));
        RateCard second = new RateCard(2, NOW - since, Map.of("view", new Rate(2, 1)));
        Catalog catalog = new Catalog(1, Tokens.CATALOG.publishers(), List.of(first, second));
        Event event = view(token(NOW + iat, NOW + 100));
        assertThat(verifier.verify(List.of(event), Sender.SERVER, catalog, NOW)
                        .verdicts()
                        .getFirst())
                .isInstanceOfSatisfying(PricedEvent.class, priced -> {
                    assertThat(priced.name().rateVersion()).isEqualTo(card);
                    assertThat(priced.micros()).isEqualTo(card);
                });
    }

    /** Seconds of reading before {@code now} that a mark needs: its own less the tolerance that {@code iat} has. */
    @ParameterizedTest
    @CsvSource({"15, -45", "60, 0", "75, 15", "300, 240"})
    void aMarkMayCountFromItsOwnTimeLessTheToleranceOn(String key, long after) {
        String read = payload("").replace("1000000", "998000");
        assertThat(counting(read, "read", key).earliest()).isEqualTo(998_000 + after);
    }

    @Test
    void theTypeMustBeKnownAndGranted() {
        String plain = Tokens.signed(payload(""));
        assertRejected(plain, "like", null, RejectionCode.TYPE_UNKNOWN, "type is \"like\"");
        assertRejected(plain, null, null, RejectionCode.TYPE_UNKNOWN, "type is missing");
        assertRejected(plain, "VIEW", null, RejectionCode.TYPE_UNKNOWN, "VIEW");
        assertRejected(plain, "comment", null, RejectionCode.TYPE_NOT_GRANTED, "comment");
        assertRejected(plain, "search_visit", null, RejectionCode.TYPE_NOT_GRANTED, "search_visit");
        assertRejected(Tokens.signed(payload(",\"evt\":[]")), "view", null, RejectionCode.TYPE_NOT_GRANTED, "view");
        assertThat(verify(Tokens.signed(payload(",\"evt\":[\"comment\",\"something-new\"]")), "comment", null))
                .isInstanceOf(PricedEvent.class);
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "view,25",
                "scroll,",
                "scroll,30",
                "scroll,025",
                "read,",
                "read,0",
                "read,14",
                "read,015",
                "read,315",
                "read,1800",
                "read,5",
                "read,1e2",
                "read,-15",
                "read,99999",
                "reaction,",
                "reaction,hate",
                "view,''"
            })
    void aKeyThatDoesNotFitItsTypeIsInvalid(String type, @Nullable String key) {
        assertThat(verify(
                        Tokens.signed(payload("").replace("1000000", "996000").replace("1003600", "1003000")),
                        type,
                        key))
                .isInstanceOfSatisfying(Outcome.class, r -> assertThat(r.code()).isEqualTo(RejectionCode.KEY_INVALID));
    }

    @Test
    void readingTakesAsLongAsItClaimsButForTheTolerance() {
        String issued = payload("").replace("\"iat\":1000000", "\"iat\":999970");
        assertThat(counting(issued, "read", "90").earliest()).isEqualTo(NOW);
        Verdict early = verify(Tokens.signed(issued), "read", "105");
        assertThat(early)
                .isEqualTo(Outcome.rejected(
                        RejectionCode.KEY_INVALID,
                        "key is 105 s after iat, which is 30 s ago; at most 60 s more than that are accepted"));
    }

    /** What is known of Redis' clock may be as old as a look at Redis may take. */
    @Test
    void whatMayOnlySeemEarlyIsLeftToTheScript() {
        Event read = new Event(Tokens.signed(payload("")), "read", "75");
        Event view = view(Tokens.signed(payload("")));
        EventVerifier patient = Tokens.verifier(MasterKeys.of(Tokens.MASTER_KEY), Duration.ofMillis(4_500));
        assertThat(patient.verify(List.of(read), Sender.SERVER, Tokens.CATALOG, NOW + 9)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(PricedEvent.class);
        assertThat(patient.verify(List.of(read), Sender.SERVER, Tokens.CATALOG, NOW + 8)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(Outcome.class);
        assertThat(patient.verify(List.of(view), Sender.SERVER, Tokens.CATALOG, NOW - 66)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(PricedEvent.class);
        assertThat(patient.verify(List.of(view), Sender.SERVER, Tokens.CATALOG, NOW - 67)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(Outcome.class);
        assertThat(verifier.verify(List.of(read), Sender.SERVER, Tokens.CATALOG, NOW + 13)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(PricedEvent.class);
        assertThat(verifier.verify(List.of(read), Sender.SERVER, Tokens.CATALOG, NOW + 12)
                        .verdicts()
                        .getFirst())
                .isInstanceOf(Outcome.class);
    }

    @Test
    void redisClockGivesTheVerdictsThatWereLeftToIt() {
        PricedEvent view = counting(payload(""), "view", null);
        assertThat(view.expired(NOW + 3_605))
                .isEqualTo(Outcome.rejected(RejectionCode.TOKEN_EXPIRED, "exp was 5 s ago"));
        assertThat(view.tooEarly(NOW - 61))
                .isEqualTo(Outcome.rejected(
                        RejectionCode.TOKEN_NOT_YET_VALID, "iat is 61 s ahead, at most 60 s are accepted"));
        assertThat(view.superseded().code()).isEqualTo(RejectionCode.TOKEN_SUPERSEDED);
        assertThat(counting(payload(""), "read", "60").tooEarly(NOW - 1).code()).isEqualTo(RejectionCode.KEY_INVALID);
    }

    @Test
    void checksComeInTheOrderOfTheProtocol() {
        String expired = payload("").replace("1000000", "10").replace("1003600", "20");
        assertRejected(
                Tokens.signed(expired.replace("c-42", "c 42")), "nonsense", "x", RejectionCode.TOKEN_MALFORMED, "sub");
        assertRejected(Tokens.signed(expired), "nonsense", "x", RejectionCode.TOKEN_EXPIRED, "exp");
        assertRejected(Tokens.signed(payload("")), "nonsense", "x", RejectionCode.TYPE_UNKNOWN, "nonsense");
        assertRejected(
                Tokens.signed(expired.replace("}", ",\"aud\":\"x\"}")),
                "nonsense",
                "x",
                RejectionCode.TOKEN_AUDIENCE,
                "aud");
        String search = Tokens.signed(payload(",\"evt\":\"search_visit\""));
        assertRejected(search, "search_visit", "x", RejectionCode.KEY_INVALID, "takes none");
        String forged = Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.1\"}", expired, "other.1");
        assertRejected(forged, "nonsense", "x", RejectionCode.TOKEN_SIGNATURE, "demo.1");
    }

    @Test
    void aDetailNeverHoldsTheTokenNorBreaksItsLine() {
        String evil = payload("").replace("c-42", "a\\nb" + "x".repeat(500));
        assertThat(verify(Tokens.signed(evil), "view", null)).isInstanceOfSatisfying(Outcome.class, r -> {
            assertThat(r.detail()).hasSizeLessThan(160).doesNotContain("\n");
        });
    }

    private static String token(long iat, long exp) {
        return Tokens.signed(payload("").replace("1000000", Long.toString(iat)).replace("1003600", Long.toString(exp)));
    }

    private static Event view(String token) {
        return new Event(token, "view", null);
    }

    private static String payload(String more) {
        return "{\"sub\":\"c-42\",\"art\":\"/a|b\",\"jti\":\"j-1\",\"iat\":1000000,\"exp\":1003600%s}".formatted(more);
    }

    private Verdict verify(String token, @Nullable String type, @Nullable String key) {
        return verify(new Event(token, type, key), NOW);
    }

    private Verdict verify(Event event, long now) {
        return verifier.verify(List.of(event), Sender.SERVER, Tokens.CATALOG, now)
                .verdicts()
                .getFirst();
    }

    private PricedEvent counting(String payload, String type, @Nullable String key) {
        Verdict verdict = verify(Tokens.signed(payload), type, key);
        assertThat(verdict).isInstanceOf(PricedEvent.class);
        return (PricedEvent) verdict;
    }

    private void assertNotYetKnown(String token, String type, @Nullable String key, String why) {
        assertThatThrownBy(() -> verify(token, type, key))
                .isInstanceOf(CountersUnavailableException.class)
                .hasMessageStartingWith(why);
    }

    private void assertRejected(
            String token, @Nullable String type, @Nullable String key, RejectionCode code, String detail) {
        assertThat(verify(token, type, key)).isInstanceOfSatisfying(Outcome.class, r -> {
            assertThat(r.code()).isEqualTo(code);
            assertThat(r.detail()).contains(detail);
        });
    }
}
