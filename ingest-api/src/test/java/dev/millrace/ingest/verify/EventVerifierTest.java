package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.EventType;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventVerifierTest {
    private static final long NOW = 1_000_000;

    private final EventVerifier verifier =
            new EventVerifier(Tokens.MASTER_KEY, Duration.ofHours(2), Set.of("like", "love"), Duration.ofSeconds(1));

    @Test
    void aGoodViewCountsUnderItsArticleAtThePriceInForceAtItsIat() {
        Countable view = countable(payload(""), "view", null);
        assertThat(view.field()).isEqualTo(new EngageField("demo", "c-42", "/a|b", EventType.VIEW, 1));
        assertThat(view.units()).isEqualTo(1);
        assertThat(view.micros()).isEqualTo(1_000);
        assertThat(view.expiresAt()).isEqualTo(NOW + 3_600);

        String later = "{\"sub\":\"c-42\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":2000000,\"exp\":2000060}";
        assertThat(verify(Event.of(Tokens.signed(later), "view", null), 2_000_000))
                .isInstanceOfSatisfying(
                        Countable.class, c -> assertThat(c.micros()).isEqualTo(2_000));
    }

    @Test
    void wordsArePaidUpToTheCap() {
        assertThat(countable(payload(",\"evt\":[\"comment\"],\"qty\":7"), "comment", null)
                        .micros())
                .isEqualTo(350);
        assertThat(countable(payload(",\"evt\":[\"comment\"],\"qty\":2147483647"), "comment", null)
                        .micros())
                .isEqualTo(5_000);
        assertThat(countable(payload(",\"evt\":[\"comment\"]"), "comment", null).units())
                .isEqualTo(1);
    }

    @Test
    void theIdentityIsOfPublisherJtiTypeAndKeyWhateverTheTimesSay() {
        Countable now = countable(payload(""), "scroll", "25");
        String later = payload("").replace("1000000", "1000001").replace("1003600", "1003601");
        assertThat(countable(later, "scroll", "25").identity()).isEqualTo(now.identity());
        assertThat(countable(payload(""), "scroll", "50").identity()).isNotEqualTo(now.identity());
        assertThat(countable(payload(""), "view", null).identity()).isNotEqualTo(now.identity());
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
        assertRejected(Tokens.signed(header, payload(""), "demo.1"), "view", null, Code.TOKEN_MALFORMED, detail);
    }

    @Test
    void whatIsNotThreePartsOfBase64UrlIsMalformed() {
        String good = Tokens.signed(payload(""));
        assertRejected("", "view", null, Code.TOKEN_MALFORMED, "not three parts");
        assertRejected("a.b", "view", null, Code.TOKEN_MALFORMED, "not three parts");
        assertRejected(good + ".x", "view", null, Code.TOKEN_MALFORMED, "not three parts");
        assertRejected(good + "=", "view", null, Code.TOKEN_MALFORMED, "signature is not base64url");
        assertRejected(" " + good, "view", null, Code.TOKEN_MALFORMED, "header is not base64url");
        assertRejected(".e30.x", "view", null, Code.TOKEN_MALFORMED, "header is empty");
        assertRejected("x".repeat(8_193), "view", null, Code.TOKEN_MALFORMED, "8193 characters");
        assertThat(verify(Event.of(null, "view", null), NOW))
                .isEqualTo(new Rejected(Code.TOKEN_MALFORMED, "token is missing"));
    }

    @Test
    void aKeyMustBeKnownAndLiveAndTheSignatureItsOwn() {
        String header = "{\"alg\":\"HS256\",\"kid\":\"%s\"}";
        assertRejected(
                Tokens.signed(header.formatted("demo.4"), payload(""), "demo.4"),
                "view",
                null,
                Code.KEY_UNKNOWN,
                "demo.4");
        assertRejected(
                Tokens.signed(header.formatted("nobody.1"), payload(""), "nobody.1"),
                "view",
                null,
                Code.KEY_UNKNOWN,
                "nobody.1");
        assertRejected(
                Tokens.signed(header.formatted("demo.2"), payload(""), "demo.2"),
                "view",
                null,
                Code.KEY_REVOKED,
                "demo.2");
        assertRejected(
                Tokens.signed(header.formatted("demo.1"), payload(""), "other.1"),
                "view",
                null,
                Code.TOKEN_SIGNATURE,
                "demo.1");
        assertRejected(
                Tokens.signed(header.formatted("demo.3"), payload(""), "demo.1"),
                "view",
                null,
                Code.TOKEN_SIGNATURE,
                "demo.3");
        String good = Tokens.signed(payload(""));
        assertRejected(good.substring(0, good.length() - 1), "view", null, Code.TOKEN_SIGNATURE, "demo.1");
        assertRejected(good.substring(0, good.lastIndexOf('.') + 1), "view", null, Code.TOKEN_SIGNATURE, "demo.1");
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
                "`\"iat\":1000000`; `\"iat\":1000000.5`;                   `iat is 1000000.5`",
                "`\"iat\":1000000`; `\"iat\":-1`;                          `iat is -1`",
                "`\"exp\":1003600`; `\"exp\":1e30`;                        `exp is`",
                "`\"exp\":1003600`; `\"exp\":99999999999999999999`;        `exp is`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":0`;           `qty is 0`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":-5`;          `qty is -5`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":2147483648`;  `qty is 2147483648`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":9e99`;        `qty is`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"qty\":null`;        `qty is null`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"evt\":\"view\"`;    `evt is not a list`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"evt\":[1]`;         `evt holds 1`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"ref\":5`;           `ref is 5`",
                "`\"exp\":1003600`; `\"exp\":1003600,\"vis\":\"\"`;        `vis has 0 characters`",
                "`{\"sub\"`; `[{\"sub\"`;                                  `payload is not a JSON object`",
            })
    void aClaimMissingDoubledOrOutOfItsRangeIsMalformedByName(String good, String bad, String detail) {
        assertRejected(Tokens.signed(payload("").replace(good, bad)), "view", null, Code.TOKEN_MALFORMED, detail);
    }

    @Test
    void anArticleOf128CharactersIsFineHoweverManyBytesTheyTake() {
        String longest = "\ud83d\ude00".repeat(128);
        assertThat(countable(payload("").replace("/a|b", longest), "view", null)
                        .field()
                        .article())
                .isEqualTo(longest);
        assertRejected(
                Tokens.signed(payload("").replace("/a|b", longest + "x")),
                "view",
                null,
                Code.TOKEN_MALFORMED,
                "art has 129 characters");
    }

    @Test
    void timesAreCheckedAgainstRedisClock() {
        assertRejected(token(NOW - 10, NOW - 10 + 7_201), "view", null, Code.TOKEN_LIFETIME, "7201");
        assertRejected(token(NOW, NOW), "view", null, Code.TOKEN_LIFETIME, "exp - iat is 0 s");
        assertRejected(token(NOW - 100, NOW), "view", null, Code.TOKEN_EXPIRED, "0 s ago");
        assertRejected(token(NOW + 63, NOW + 100), "view", null, Code.TOKEN_NOT_YET_VALID, "63 s ahead");
        assertThat(verify(token(NOW + 62, NOW + 100), "view", null))
                .as("this close, Redis decides")
                .isInstanceOf(Countable.class);
        assertThat(verify(token(NOW + 60, NOW + 100), "view", null)).isInstanceOf(Countable.class);
        assertThat(verify(token(NOW - 7_199, NOW + 1), "view", null)).isInstanceOf(Countable.class);
    }

    @Test
    void theTypeMustBeKnownAndGranted() {
        String plain = Tokens.signed(payload(""));
        assertRejected(plain, "like", null, Code.TYPE_UNKNOWN, "type is \"like\"");
        assertRejected(plain, null, null, Code.TYPE_UNKNOWN, "type is missing");
        assertRejected(plain, "VIEW", null, Code.TYPE_UNKNOWN, "VIEW");
        assertRejected(plain, "comment", null, Code.TYPE_NOT_GRANTED, "comment");
        assertRejected(plain, "search_visit", null, Code.TYPE_NOT_GRANTED, "search_visit");
        assertRejected(Tokens.signed(payload(",\"evt\":[]")), "view", null, Code.TYPE_NOT_GRANTED, "view");
        assertThat(verify(
                        Tokens.signed(payload(",\"evt\":[\"search_visit\",\"something-new\"]")), "search_visit", null))
                .isInstanceOf(Countable.class);
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
                "read,1815",
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
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.code()).isEqualTo(Code.KEY_INVALID));
    }

    @Test
    void readingTakesAsLongAsItClaims() {
        String issued = payload("").replace("\"iat\":1000000", "\"iat\":999970");
        assertThat(countable(issued, "read", "30").earliest()).isEqualTo(NOW);
        assertThat(verify(Tokens.signed(issued), "read", "45")).isInstanceOfSatisfying(Rejected.class, r -> {
            assertThat(r.code()).isEqualTo(Code.KEY_INVALID);
            assertThat(r.detail()).isEqualTo("key is 45 s after iat, which is 30 s ago");
        });
    }

    /** What is known of Redis' clock may be as old as a look at Redis may take. */
    @Test
    void whatMayOnlySeemEarlyIsLeftToTheScript() {
        Event read = Event.of(Tokens.signed(payload("")), "read", "15");
        Event view = Event.of(Tokens.signed(payload("")), "view", null);
        EventVerifier patient =
                new EventVerifier(Tokens.MASTER_KEY, Duration.ofHours(2), Set.of("like"), Duration.ofMillis(4_500));
        assertThat(patient.verify(List.of(read), Tokens.CATALOG, NOW + 9).getFirst())
                .isInstanceOf(Countable.class);
        assertThat(patient.verify(List.of(read), Tokens.CATALOG, NOW + 8).getFirst())
                .isInstanceOf(Rejected.class);
        assertThat(patient.verify(List.of(view), Tokens.CATALOG, NOW - 66).getFirst())
                .isInstanceOf(Countable.class);
        assertThat(patient.verify(List.of(view), Tokens.CATALOG, NOW - 67).getFirst())
                .isInstanceOf(Rejected.class);
        assertThat(verifier.verify(List.of(read), Tokens.CATALOG, NOW + 13).getFirst())
                .isInstanceOf(Countable.class);
        assertThat(verifier.verify(List.of(read), Tokens.CATALOG, NOW + 12).getFirst())
                .isInstanceOf(Rejected.class);
    }

    @Test
    void checksComeInTheOrderOfTheProtocol() {
        String expired = payload("").replace("1000000", "10").replace("1003600", "20");
        assertRejected(Tokens.signed(expired.replace("c-42", "c 42")), "nonsense", "x", Code.TOKEN_MALFORMED, "sub");
        assertRejected(Tokens.signed(expired), "nonsense", "x", Code.TOKEN_EXPIRED, "exp");
        assertRejected(Tokens.signed(payload("")), "nonsense", "x", Code.TYPE_UNKNOWN, "nonsense");
        String forged = Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.1\"}", expired, "other.1");
        assertRejected(forged, "nonsense", "x", Code.TOKEN_SIGNATURE, "demo.1");
    }

    @Test
    void aDetailNeverHoldsTheTokenNorBreaksItsLine() {
        String evil = payload("").replace("c-42", "a\\nb" + "x".repeat(500));
        assertThat(verify(Tokens.signed(evil), "view", null)).isInstanceOfSatisfying(Rejected.class, r -> {
            assertThat(r.detail()).hasSizeLessThan(160).doesNotContain("\n");
        });
    }

    private static String token(long iat, long exp) {
        return Tokens.signed(payload("").replace("1000000", Long.toString(iat)).replace("1003600", Long.toString(exp)));
    }

    private static String payload(String more) {
        return "{\"sub\":\"c-42\",\"art\":\"/a|b\",\"jti\":\"j-1\",\"iat\":1000000,\"exp\":1003600%s}".formatted(more);
    }

    private Verdict verify(String token, @Nullable String type, @Nullable String key) {
        return verify(Event.of(token, type, key), NOW);
    }

    private Verdict verify(Event event, long now) {
        return verifier.verify(List.of(event), Tokens.CATALOG, now).getFirst();
    }

    private Countable countable(String payload, String type, @Nullable String key) {
        Verdict verdict = verify(Tokens.signed(payload), type, key);
        assertThat(verdict).isInstanceOf(Countable.class);
        return (Countable) verdict;
    }

    private void assertRejected(String token, @Nullable String type, @Nullable String key, Code code, String detail) {
        assertThat(verify(token, type, key)).isInstanceOfSatisfying(Rejected.class, r -> {
            assertThat(r.code()).isEqualTo(code);
            assertThat(r.detail()).contains(detail);
        });
    }
}
