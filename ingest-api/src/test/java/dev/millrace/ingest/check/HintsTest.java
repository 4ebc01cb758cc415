package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.EventVerifier;
import dev.millrace.ingest.verify.Outcome;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Sender;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.ingest.verify.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What publishers do wrong is named: each token here is sent as a publisher would send it, and judged as a dry run judges it. */
class HintsTest {
    private static final long NOW = 1_764_000_000;
    private static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"demo.1\"}";
    private static final String CLAIMS =
            "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d}".formatted(NOW, NOW + 3_600);
    private static final String SECRET = Tokens.secret("demo.1");
    private static final String KEY_BYTES = "the key is the secret's 43 ASCII characters as they stand";

    /** Also a sandbox of the publisher. */
    private static final Catalog CATALOG = new Catalog(
            1,
            Map.of(
                    "demo",
                    new Catalog.Publisher(List.of(1, 3), List.of(2)),
                    "test-demo",
                    new Catalog.Publisher(List.of(1), List.of())),
            Tokens.CATALOG.cards());

    private final EventVerifier verifier = Tokens.verifier();
    private final Hints hints = new Hints(MasterKeys.of(Tokens.MASTER_KEY));

    @Test
    void aGoodTokenHasNoHint() {
        assertThat(of(Tokens.signed(CLAIMS))).isEmpty();
        assertThat(of(Tokens.signed(claims(NOW - 899, NOW + 100)))).isEmpty();
    }

    // ------------------------------------------------------------------------------------------ secret

    /** The keys are what these languages have made of the secret of demo.1. */
    @ParameterizedTest
    @CsvSource({
        "Python's urlsafe_b64decode, d1cf875bec45711e524ab140de3fb03d3ce2ec07c3b41d6c6078c6652735c0e1",
        "Node's Buffer.from(secret 'base64'), d1cf875bec45711e524ab140de3fb03d3ce2ec07c3b41d6c6078c6652735c0e1",
        "PHP's base64_decode, d1c1d6c45711e524ab140de3c0f4f38bb01f0ed075b181e319949cd70384",
        "Ruby's unpack1('m'), d1c1d6c45711e524ab140de3c0f4f38bb01f0ed075b181e319949cd70384",
        "Perl's pack('H*'), 0cd10d1fcb5ccbfa33d09d327afddb1c21303cc108e0"
    })
    void aSecretThatWasDecodedFirst(String by, String key) {
        assertThat(of(signedBy(HexFormat.of().parseHex(key))))
                .as(by)
                .containsExactly(new Hint(
                        Mistake.SECRET_DECODED,
                        "the signature was made with the secret decoded from base64 or hex; " + KEY_BYTES
                                + ". A library that decodes a text by itself takes these bytes"));
    }

    /** PHP keeps the bytes of a last, broken group; Java's old decoder of XML drops them. */
    @Test
    void aSecretThatIsNoWholeGroupsWithoutItsHyphens() {
        byte[] php = HexFormat.of().parseHex("09f979c4f0a1e668576343d1afdb5a6bdf35e6a9d29e8bd17a56914d4c8f2c");
        String header = HEADER.replace("demo.1", "demo.3");
        for (byte[] key : List.of(php, Arrays.copyOf(php, 30))) {
            assertThat(codes(signedBy(header, key))).containsExactly(Mistake.SECRET_DECODED);
        }
    }

    @Test
    void aSecretWhoseWholeGroupsWereDecoded() {
        byte[] ofGroups = Base64.getUrlDecoder().decode(SECRET.substring(0, 40));
        assertThat(codes(signedBy(ofGroups))).containsExactly(Mistake.SECRET_DECODED);
    }

    @Test
    void aSecretThatWasEncodedOnceMore() {
        byte[] bytes = Base64.getUrlDecoder().decode(SECRET);
        List<byte[]> keys = List.of(
                ascii(Base64.getEncoder().encodeToString(ascii(SECRET))),
                ascii(Base64.getEncoder().encodeToString(ascii(SECRET + "\n"))),
                ascii(HexFormat.of().formatHex(ascii(SECRET))),
                ascii(HexFormat.of().formatHex(bytes)),
                ascii(Base64.getEncoder().encodeToString(bytes)),
                SECRET.getBytes(StandardCharsets.UTF_16LE));
        for (byte[] key : keys) {
            assertThat(codes(signedBy(key))).containsExactly(Mistake.SECRET_ENCODED);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "%s\\n; a line break at its end",
                "%s\\r\\n; a line break at its end",
                "%s ; a space at its end",
                " %s; a space before it",
                " %s\\n; white space around it",
                "\"%s\"; quotes around it",
                "'%s'; quotes around it",
                "%s=; padding (=) at its end"
            },
            quoteCharacter = '|',
            ignoreLeadingAndTrailingWhitespace = false)
    void aSecretWithSomethingAroundIt(String form, String what) {
        String key = form.translateEscapes().formatted(SECRET);
        assertThat(of(signedBy(ascii(key))))
                .containsExactly(new Hint(
                        Mistake.SECRET_WRAPPED,
                        "the signature was made with the secret and %s; %s".formatted(what.strip(), KEY_BYTES)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo.3", "demo.2", "test-demo.1"})
    void theSecretOfAnotherKey(String other) {
        assertThat(of(signedBy(ascii(Tokens.secret(other)))))
                .containsExactly(new Hint(
                        Mistake.SECRET_OTHER,
                        "the signature was made with the secret of %s, and the header names demo.1; use kid and secret of one key"
                                .formatted(other)));
    }

    @Test
    void theSecretOfTheLivePublisherInItsSandbox() {
        String token = Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"test-demo.1\"}", CLAIMS, "demo.3");
        assertThat(of(token).getFirst().detail()).contains("the secret of demo.3", "the header names test-demo.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo.1", "demo"})
    void aNameForASecret(String name) {
        assertThat(codes(signedBy(ascii(name)))).containsExactly(Mistake.SECRET_OTHER);
    }

    /** Node's Buffer.from(secret, 'hex') leaves the byte 0c of the secret of demo.1, and none of most others. */
    @Test
    void noSecretAtAll() {
        for (byte[] key : List.of(new byte[1], new byte[] {0x0c}, ascii("undefined"), ascii("None"))) {
            assertThat(codes(signedBy(key))).containsExactly(Mistake.SECRET_MISSING);
        }
    }

    @Test
    void aSecretThatNobodyKnows() {
        assertThat(of(signedBy(ascii("another installation's secret is here"))))
                .containsExactly(new Hint(
                        Mistake.SECRET_UNKNOWN,
                        "the signature fits neither the secret of demo.1 nor a usual mistake; " + KEY_BYTES
                                + ". Is it this edge's secret, and was the token changed after it was signed?"));
    }

    @Test
    void aHashInHexadecimalDigits() {
        String body = Tokens.encoded(HEADER) + "." + Tokens.encoded(CLAIMS);
        String hex = HexFormat.of().formatHex(new HmacSha256(ascii(SECRET)).of(ascii(body)));
        assertThat(codes(body + "." + hex)).containsExactly(Mistake.SIGNATURE_HEX);
        assertThat(codes(body + "." + Tokens.encoded(hex))).containsExactly(Mistake.SIGNATURE_HEX);
        String decoded =
                HexFormat.of().formatHex(new HmacSha256(Base64.getUrlDecoder().decode(SECRET)).of(ascii(body)));
        assertThat(codes(body + "." + decoded)).containsExactly(Mistake.SIGNATURE_HEX, Mistake.SECRET_DECODED);
        assertThat(codes(body + "." + "0".repeat(64))).containsExactly(Mistake.SECRET_UNKNOWN);
    }

    /** A stranger must not learn the beginning of a secret from which short keys it makes. */
    @Test
    void noShortKeyIsMadeOfASecret() {
        for (int length = 2; length < 16; length++) {
            byte[] begins = Arrays.copyOf(Base64.getUrlDecoder().decode(SECRET), length);
            assertThat(codes(signedBy(begins))).containsExactly(Mistake.SECRET_UNKNOWN);
            assertThat(codes(signedBy(ascii(SECRET.substring(0, length))))).containsExactly(Mistake.SECRET_UNKNOWN);
        }
    }

    @Test
    void noHintEverHoldsASecret() {
        List<Hint> all = new ArrayList<>();
        for (String key : List.of(SECRET + "\n", Tokens.secret("demo.3"), "x", "")) {
            all.addAll(of(signedBy(key.isEmpty() ? new byte[1] : ascii(key))));
        }
        assertThat(all)
                .hasSize(4)
                .allSatisfy(hint -> assertThat(hint.detail()).doesNotContain(SECRET, Tokens.secret("demo.3")));
    }

    /** Only the kid's publisher has keys in the catalogue, so a stranger's costs nothing beyond its verdict. */
    @Test
    void anUnknownKidIsNotTried() {
        assertThat(of(Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"nobody.1\"}", CLAIMS, "demo.1")))
                .isEmpty();
    }

    @Test
    void aRequestOfManyWrongTokensHasItsFirstOnesLookedInto() {
        List<Event> events = IntStream.range(0, 30)
                .mapToObj(i -> new Event(
                        Tokens.signedWith(HEADER, CLAIMS.replace("\"j\"", "\"j" + i / 2 + "\""), "wrong"),
                        "view",
                        null))
                .toList();
        assertThat(of(events).stream().filter(found -> !found.isEmpty())).hasSize(2 * Hints.MOST_SIGNATURES);
    }

    // ------------------------------------------------------------------------------------------ form

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Bearer %s; \"Bearer\"",
                "Authorization: Bearer %s; \"Bearer\"",
                "bearer %s\\n; \"Bearer\"",
                "\"%s\"; quotes",
                "'%s'; quotes",
                "%s\\n; white space",
                "\\u00a0%s; white space",
                "{\"token\":\"%s\",\"type\":\"view\"}; a JSON object",
                "%s,; a comma or semicolon",
                "\" %s\";quotes and white space"
            },
            quoteCharacter = '|')
    void aTokenWithSomethingAroundIt(String form, String what) {
        String escaped = form.replace("\\n", "\n").replace("\\u00a0", "\u00a0");
        List<Hint> found = of(escaped.formatted(Tokens.signed(CLAIMS)));
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().code()).isEqualTo(Mistake.TOKEN_WRAPPED);
        for (String part : what.split(" and ", -1)) {
            assertThat(found.getFirst().detail()).contains(part);
        }
    }

    /** A stranger's request has 512 KiB, and no text takes long. */
    @Test
    void hostileTextsAreReadInNoTime() {
        List<Event> events = new ArrayList<>();
        for (String piece : List.of(
                "\"token\":\"", "{\"token\":\"", "' \"", "Bearer ", "&#46;", "%2E", "\\u002e", ".", "{", "[", "=\n")) {
            events.add(new Event(piece.repeat(20_000 / piece.length()), "view", null));
            events.add(new Event("{" + piece.repeat(19_000 / piece.length()) + "}", "view", null));
        }
        long before = System.nanoTime();
        assertThat(of(events)).hasSize(events.size());
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void aTokenThatATemplateHasEscaped() {
        String token = Tokens.signed(CLAIMS);
        for (String escaped : List.of(
                token.replace(".", "&#46;"),
                token.replace(".", "&#x2E;"),
                token.replace(".", "%2E"),
                token.replace(".", "\\u002e"),
                token.replace(".", "\\x2e"),
                token.replace(".", "&period;"))) {
            assertThat(codes(escaped)).as(escaped).containsExactly(Mistake.TOKEN_ESCAPED);
        }
        assertThat(codes("&quot;" + token + "&quot;")).containsExactly(Mistake.TOKEN_ESCAPED, Mistake.TOKEN_WRAPPED);
    }

    @Test
    void aTokenInStandardBase64() {
        String token = Tokens.signed(CLAIMS);
        assertThat(codes(token + "=")).containsExactly(Mistake.TOKEN_BASE64);
        assertThat(codes(token.substring(0, 60) + "\n" + token.substring(60))).containsExactly(Mistake.TOKEN_BASE64);
        assertThat(codes(token + "+/")).containsExactly(Mistake.TOKEN_BASE64);
    }

    @Test
    void aTokenThatWasCutOrEncrypted() {
        String token = Tokens.signed(CLAIMS);
        assertThat(codes(token.substring(0, token.lastIndexOf('.')))).containsExactly(Mistake.TOKEN_INCOMPLETE);
        assertThat(codes(token + ".x.y")).containsExactly(Mistake.TOKEN_ENCRYPTED);
        for (String nothing :
                List.of("", "x", "TOKEN", "a.b.c", "....", "x".repeat(30_000), "{{ token }}", "{{ page.token }}")) {
            assertThat(codes(nothing))
                    .doesNotContain(Mistake.TOKEN_INCOMPLETE, Mistake.TOKEN_ENCRYPTED, Mistake.TOKEN_BASE64);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "\"none\"~the token is not signed (alg none); sign it with HS256 and the secret",
                "\"RS256\"~alg is RS256, which signs with a private key; Millrace takes HS256, with the secret for a key",
                "\"HS512\"~alg is HS512; set the library's algorithm to HS256",
                "256~alg is 256, which signs with a private key; Millrace takes HS256, with the secret for a key"
            },
            quoteCharacter = '|')
    void anotherAlgorithm(String algorithm, String detail) {
        String token = Tokens.signed("{\"alg\":%s,\"kid\":\"demo.1\"}".formatted(algorithm), CLAIMS, "demo.1");
        assertThat(of(token)).containsExactly(new Hint(Mistake.ALGORITHM, detail));
    }

    /** RFC 7519, section 6.1: such a token ends with its dot. */
    @Test
    void anUnsignedTokenHasNoSignature() {
        String token = Tokens.encoded("{\"alg\":\"none\"}") + "." + Tokens.encoded(CLAIMS) + ".";
        assertThat(codes(token)).containsExactly(Mistake.ALGORITHM, Mistake.KID_MISSING);
    }

    @Test
    void aMissingKid() {
        String header = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
        assertThat(of(Tokens.signed(header, CLAIMS, "demo.1")))
                .containsExactly(new Hint(
                        Mistake.KID_MISSING,
                        "the token's header has no kid; libraries call it keyid, key_id or an additional header"));
        assertThat(of(Tokens.signed(header, CLAIMS.replace("{", "{\"kid\":\"demo.1\","), "demo.1")))
                .containsExactly(new Hint(
                        Mistake.KID_MISSING,
                        "kid stands among the claims; it belongs into the token's header, beside alg"));
    }

    // ------------------------------------------------------------------------------------------ claims

    @Test
    void milliseconds() {
        assertThat(of(Tokens.signed(claims(NOW * 1_000, NOW * 1_000 + 3_600_000))))
                .containsExactly(new Hint(
                        Mistake.MILLISECONDS, "iat and exp look like milliseconds; divide by 1000 to whole seconds"));
        assertThat(of(Tokens.signed(claims(NOW, NOW * 1_000))))
                .containsExactly(
                        new Hint(Mistake.MILLISECONDS, "exp looks like milliseconds; divide by 1000 to whole seconds"));
    }

    @ParameterizedTest
    @CsvSource({
        "7200, +2 h",
        "-18000, -5 h",
        "19800, +5:30 h",
        "20700, +5:45 h",
        "-12600, -3:30 h",
        "7120, +2 h",
        "7280, +2 h",
        "50400, +14 h"
    })
    void localTime(long ahead, String zone) {
        assertThat(of(Tokens.signed(claims(NOW + ahead, NOW + ahead + 3_600))))
                .contains(new Hint(
                        Mistake.LOCAL_TIME,
                        "iat is %s from now, to the minute: is it local time? It takes UTC".formatted(zone)));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 89, -1_800, 1_800, 6_000, 7_000, -43_200 - 3_600, 54_000, 86_400})
    void noLocalTime(long ahead) {
        assertThat(codes(Tokens.signed(claims(NOW + ahead, NOW + ahead + 3_600))))
                .doesNotContain(Mistake.LOCAL_TIME);
    }

    @Test
    void aDurationForATime() {
        assertThat(of(Tokens.signed(claims(NOW, 3_600))))
                .containsExactly(
                        new Hint(Mistake.DURATION, "exp is 3600, which looks like a duration; it takes iat + 3600"));
    }

    @Test
    void textsForNumbersAndNumbersForTexts() {
        String texts =
                "{\"sub\":42,\"art\":\"/a\",\"jti\":7,\"iat\":\"%d\",\"exp\":\"2025-11-24T17:00:00Z\",\"pag\":\"true\"}"
                        .formatted(NOW);
        assertThat(of(Tokens.signed(texts)))
                .containsExactly(
                        new Hint(Mistake.CLAIM_TYPE, "iat is a text; write the number without quotes: " + NOW),
                        new Hint(Mistake.CLAIM_TYPE, "exp is a text; it takes whole seconds since 1970, UTC"),
                        new Hint(Mistake.CLAIM_TYPE, "sub is a number; write it as a text: \"42\""),
                        new Hint(Mistake.CLAIM_TYPE, "jti is a number; write it as a text: \"7\""),
                        new Hint(Mistake.CLAIM_TYPE, "pag takes true, without quotes"));
    }

    @Test
    void aMissingJti() {
        assertThat(codes(Tokens.signed(CLAIMS.replace("\"jti\":\"j\",", "")))).containsExactly(Mistake.JTI_MISSING);
    }

    @Test
    void aTokenOfACachedPage() {
        assertThat(of(Tokens.signed(claims(NOW - 2_400, NOW + 1_200))))
                .containsExactly(new Hint(
                        Mistake.CACHED_PAGE,
                        "the token was signed 40 min ago: a cached page? Its readers share one jti, so one of them counts. "
                                + "Fetch a token for each view (data-token-url), or use a page token"));
        assertThat(of(Tokens.signed(claims(NOW - 300_000, NOW - 293_000)))
                        .getFirst()
                        .detail())
                .startsWith("the token was signed 3 days ago and ended 3 days ago: a cached page?");
        assertThat(of(Tokens.signed(CLAIMS.replace("}", ",\"via\":\"page\"}")
                        .replace("\"iat\":" + NOW, "\"iat\":" + (NOW - 2_400)))))
                .isEmpty();
    }

    private String ofType(String token, String type) {
        List<Hint> found = hints.run(CATALOG, NOW).of(new Event(token, type, null), RejectionCode.TYPE_NOT_GRANTED);
        assertThat(found).extracting(Hint::code).containsExactly(Mistake.PAGE_TOKEN);
        return found.getFirst().detail();
    }

    @Test
    void aPageTokenForAnEvent() {
        String page = Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}"
                .formatted(NOW - 86_000, NOW + 86_400));
        Event read = new Event(page, "read", "15");
        assertThat(hints.run(CATALOG, NOW).of(read, RejectionCode.TYPE_NOT_GRANTED))
                .extracting(Hint::code)
                .containsExactly(Mistake.PAGE_TOKEN);
        assertThat(ofType(page, "read")).doesNotContain("evt");
        assertThat(ofType(page, "reaction"))
                .endsWith(", which grants reaction only where the page token has \"evt\": [\"reaction\"]");
        for (String evt : List.of("\"reaction\"", "[\"comment\",\"reaction\"]")) {
            String more = "{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"evt\":%s,\"iat\":%d,\"exp\":%d}"
                    .formatted(evt, NOW, NOW + 86_400);
            assertThat(ofType(Tokens.signed(more), "reaction")).doesNotContain("evt");
        }
        assertThat(hints.run(CATALOG, NOW).of(read, RejectionCode.ORIGIN_NOT_LISTED))
                .extracting(Hint::code)
                .containsExactly(Mistake.SITE);
        assertThat(codes(Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}"
                        .formatted(NOW - 86_000, NOW - 1))))
                .containsExactly(Mistake.PAGE_TOKEN_ENDED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "{\"iat\":null,\"exp\":{},\"sub\":[],\"pag\":[1]}",
                "{\"iat\":1e999999999,\"exp\":-1e400}",
                "{\"iat\":\"99999999999999999999999999\"}",
                "{\"iat\":9223372036854775807,\"exp\":-9223372036854775808}",
                "{\"sub\":\"<img src=x onerror=alert(1)>\",\"kid\":{}}"
            })
    void nonsenseIsNoFault(String payload) {
        for (String token : List.of(Tokens.signed(payload), Tokens.signed("{\"kid\":{}}", payload, "demo.1"))) {
            assertThat(of(token)).doesNotContainNull();
        }
        String deep = "[".repeat(5_000) + "]".repeat(5_000);
        assertThat(of(Tokens.signed("{\"x\":" + deep + "}"))).isEmpty();
    }

    @Test
    void theDocsNameEachHint() throws IOException {
        String docs = Files.readString(Path.of("..", "docs", "reference", "events-api.md"));
        assertThat(Mistake.values()).allSatisfy(mistake -> assertThat(docs).contains("`" + mistake + "`"));
    }

    private static String claims(long issuedAt, long expiresAt) {
        return "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d}".formatted(issuedAt, expiresAt);
    }

    private static String signedBy(byte[] key) {
        return signedBy(HEADER, key);
    }

    private static String signedBy(String header, byte[] key) {
        String body = Tokens.encoded(header) + "." + Tokens.encoded(CLAIMS);
        return body + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(new HmacSha256(key).of(ascii(body)));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<Mistake> codes(String token) {
        return of(token).stream().map(Hint::code).toList();
    }

    private List<Hint> of(String token) {
        return of(List.of(new Event(token, "view", null))).getFirst();
    }

    private List<List<Hint>> of(List<Event> events) {
        List<Verdict> verdicts =
                verifier.foresee(events, Sender.SERVER, CATALOG, NOW).verdicts();
        Hints.Run run = hints.run(CATALOG, NOW);
        return IntStream.range(0, events.size())
                .mapToObj(
                        i -> run.of(events.get(i), verdicts.get(i) instanceof Outcome outcome ? outcome.code() : null))
                .toList();
    }
}
