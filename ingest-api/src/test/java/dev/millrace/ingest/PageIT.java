package dev.millrace.ingest;

import static dev.millrace.ingest.PageReaders.FIREFOX;
import static dev.millrace.ingest.PageReaders.GOOGLEBOT;
import static dev.millrace.ingest.PageReaders.SITE;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.MACVerifier;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Spent;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cached pages: one token for all readers, which the edge exchanges for a reader's own. */
class PageIT {
    private static final String READER = "192.0.2.7";
    private static final int MOST = 3;

    private PageReaders pages;

    @BeforeEach
    void start() {
        pages = new PageReaders(MOST);
    }

    @AfterEach
    void stop() {
        pages.close();
    }

    private static Map<String, Object> claims(String token) throws Exception {
        JWSObject jws = JWSObject.parse(token);
        String kid = jws.getHeader().getKeyID();
        assertThat(jws.verify(new MACVerifier(Tokens.secret(kid).getBytes(StandardCharsets.US_ASCII))))
                .isTrue();
        return jws.getPayload().toJSONObject();
    }

    private static void assertRejected(Answer answer, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(422);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("code").asString()).isEqualTo(code);
        assertThat(answer.json().get("type").asString()).isEqualTo("urn:millrace:problem:" + code);
    }

    // ------------------------------------------------------------------------------------------ who reads

    @Test
    void aCachedPageCountsEachOfItsHundredReadersOnce() {
        String page = pages.token();
        for (String expected : List.of("accepted", "duplicate")) {
            for (int reader = 0; reader < 100; reader++) {
                String address = "198.51.100." + reader;
                String token = pages.exchanged(page, address);
                assertThat(pages.send(token, "view", address, FIREFOX)).isEqualTo(expected);
            }
        }
        assertThat(pages.counters.earned(1, "c-1")).isEqualTo(100_000);
    }

    @Test
    void theExchangedTokenIsAnOrdinaryOneOfTheSameKey() throws Exception {
        long before = pages.counters.second();
        Answer answer = pages.exchange(pages.token(), READER, FIREFOX);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(answer.json().propertyNames()).containsExactly("token", "exp");
        Map<String, Object> claims = claims(answer.json().get("token").asString());
        long issued = answer.json().get("exp").asLong() - 7_200;
        assertThat(issued).isBetween(before - 1, pages.counters.second());
        assertThat(claims)
                .containsEntry("sub", "c-1")
                .containsEntry("art", "/a")
                .containsEntry("evt", List.of("read", "scroll", "view"))
                .containsEntry("iat", issued)
                .containsEntry("exp", issued + 7_200)
                .containsEntry("ua", FIREFOX)
                .containsEntry("ip", READER);
        assertThat(claims.get("jti")).asString().hasSize(22);
        assertThat(claims.get("vis")).asString().hasSize(22);
    }

    @Test
    void whatIsSentAgainFromAnotherNetworkOrByAnotherNodeIsADuplicate() {
        String token = pages.exchanged(pages.token(), READER);
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(token, "view", "203.0.113.9", FIREFOX)).isEqualTo("duplicate");
        RunningIngest another = pages.node(MOST);
        Answer again = pages.post(another, "/v1/page", body(pages.token()), READER, FIREFOX);
        String same = again.json().get("token").asString();
        assertThat(pages.send(same, "view", READER, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.counters.earned(1, "c-1")).isEqualTo(1_000);
    }

    private static String body(String token) {
        return "{\"token\":\"%s\"}".formatted(token);
    }

    @Test
    void aViewByThePageTokenItselfIsTheOneByExchange() {
        String page = pages.token();
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
        String token = pages.exchanged(page, READER);
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("duplicate");
        String other = "192.0.2.8";
        assertThat(pages.send(pages.exchanged(page, other), "view", other, FIREFOX))
                .isEqualTo("accepted");
        assertThat(pages.send(page, "view", other, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.counters.earned(1, "c-1")).isEqualTo(2_000);
    }

    @Test
    void readersOfOneIpv6NetworkAreOneAndOfTwoAreTwo() {
        String page = pages.token();
        assertThat(pages.send(page, "view", "2001:db8:1:2::5", FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(page, "view", "2001:db8:1:2::6", FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.send(page, "view", "2001:db8:1:3::5", FIREFOX)).isEqualTo("accepted");
    }

    /** The proxy's own word is believed, and nobody's behind it. */
    @Test
    void anAddressThatAReaderMakesUpIsNotBelieved() {
        String page = pages.token();
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(page, "view", "203.0.113.1, " + READER, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.send(page, "view", "203.0.113.2, 203.0.113.3, " + READER, FIREFOX))
                .isEqualTo("duplicate");
    }

    @Test
    void anotherWindowOrAnotherKeyOfTheDayMakesAnotherOpening() throws Exception {
        String token = pages.exchanged(pages.token(), READER);
        pages.counters.redis().keys("*visitor-key*").forEach(pages.counters.redis()::del);
        assertThat(claims(pages.exchanged(pages.token(), READER)).get("jti"))
                .as("this node still has the key")
                .isEqualTo(claims(token).get("jti"));
        Answer another = pages.post(pages.node(MOST), "/v1/page", body(pages.token()), READER, FIREFOX);
        assertThat(claims(another.json().get("token").asString()).get("vis"))
                .isNotEqualTo(claims(token).get("vis"));
    }

    // ------------------------------------------------------------------------------------------ what it may be used
    // for

    @Test
    void anExchangedTokenIsForViewsReadingAndScrollAndWhatEvtNames() throws Exception {
        String plain = pages.exchanged(pages.token(), READER);
        assertThat(pages.send(plain, "read", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(plain, "reaction", READER, FIREFOX)).isEqualTo("rejected type-not-granted");
        assertThat(pages.post("/v1/events", PageReaders.event(plain, "reaction"), READER, FIREFOX)
                        .detail())
                .isEqualTo("the page token's evt does not grant reaction");
        String more = pages.exchanged(pages.token("demo", ",\"evt\":[\"reaction\",\"nonsense\"]"), READER);
        assertThat(claims(more)).containsEntry("evt", List.of("reaction", "read", "scroll", "view"));
        assertThat(pages.send(more, "reaction", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(more, "comment", READER, FIREFOX)).isEqualTo("rejected type-not-granted");
    }

    @Test
    void aPageTokenItselfIsForViewsAlone() {
        String page = pages.token("demo", ",\"evt\":[\"reaction\"]");
        Answer answer = pages.post("/v1/events", PageReaders.event(page, "reaction"), READER, FIREFOX);
        assertThat(answer.detail())
                .isEqualTo(
                        "a page token does not grant reaction itself; exchange it at POST /v1/page for an event token, which grants it where the page token's evt names it");
        assertThat(pages.send(page, "reaction", READER, FIREFOX)).isEqualTo("rejected type-not-granted");
        assertThat(pages.send(page, "nonsense", READER, FIREFOX)).isEqualTo("rejected type-unknown");
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
    }

    /** A page is the same for all its readers, so nothing in it can tell one of them, or from where they came. */
    @Test
    void whatAPageTokenSaysOfAReaderIsLeftOut() throws Exception {
        String page = pages.token(
                "demo",
                ",\"jti\":\"x\",\"vis\":\"v\",\"qty\":9,\"ua\":\"%s\",\"ip\":\"192.0.2.1\",\"ref\":\"https://www.google.com/\",\"evt\":[\"search_visit\"]"
                        .formatted(GOOGLEBOT));
        String token = pages.exchanged(page, READER);
        assertThat(claims(token)).doesNotContainKeys("qty", "ref", "pag").containsEntry("ua", FIREFOX);
        assertThat(claims(token).get("vis")).isNotEqualTo("v");
        assertThat(pages.send(token, "search_visit", READER, FIREFOX)).isEqualTo("rejected referrer-not-search");
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.counters.earned(1, "c-1")).as("no search visit").isEqualTo(1_000);
    }

    @Test
    void anEventTokenIsNotExchanged() {
        long now = pages.counters.second();
        String token = PageReaders.signed(
                "demo",
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d}".formatted(now, now + 60));
        Answer answer = pages.exchange(token, READER, FIREFOX);
        assertRejected(answer, "token-malformed");
        assertThat(answer.detail())
                .isEqualTo("pag is not true, so this is no page token; send it to POST /v1/events as it is");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"true\"", "{}"})
    void pagIsTrueOrFalse(String pag) {
        long now = pages.counters.second();
        String token = PageReaders.signed(
                "demo",
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":%s,\"iat\":%d,\"exp\":%d}".formatted(pag, now, now + 60));
        assertThat(pages.exchange(token, READER, FIREFOX).detail()).endsWith("it is true or false");
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("rejected token-malformed");
    }

    @Test
    void aSandboxPaysItsOwnCreators() throws Exception {
        String page = pages.token("test-p", "");
        String token = pages.exchanged(page, READER);
        assertThat(claims(token)).containsEntry("sub", "c-1");
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.counters.earned(1, "test:c-1")).isEqualTo(1_000);
        assertThat(pages.counters.earned(1, "c-1")).isZero();
    }

    // ------------------------------------------------------------------------------------------ who may

    @ParameterizedTest
    @CsvSource({
        "off,page-tokens-off",
        "nowhere,origin-not-listed",
        "gone,publisher-suspended",
        "listed,creator-not-listed",
    })
    void aPublisherThatMayNotIsRefusedBothWays(String publisher, String code) {
        String page = pages.token(publisher, "");
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("rejected " + code);
        Answer answer = pages.exchange(page, READER, FIREFOX);
        assertRejected(answer, code);
    }

    @Test
    void pageTokensCountForThePublishersSitesAlone() {
        String page = pages.token();
        for (String[] refused : List.of(
                new String[] {"Origin", "https://evil.example"},
                new String[] {"Origin", "http://news.example"},
                new String[] {"Origin", "https://news.example:8443"},
                new String[] {"Origin", "https://news.example.evil.example"},
                new String[] {"Origin", "null"},
                new String[] {"Origin", "https://evil.example", "Referer", SITE + "/a"},
                new String[] {"Referer", "https://evil.example/https://news.example/"},
                new String[] {"Referer", "nonsense"},
                new String[] {""})) {
            assertRejected(pages.exchange(page, READER, FIREFOX, refused), "origin-not-listed");
            assertThat(pages.send(page, "view", READER, FIREFOX, refused))
                    .as(Arrays.toString(refused))
                    .isEqualTo("rejected origin-not-listed");
        }
        assertThat(pages.exchange(page, READER, FIREFOX, "Referer", SITE + "/a?b")
                        .status())
                .isEqualTo(200);
        assertThat(pages.exchange(page, READER, FIREFOX, "Origin", "HTTPS://News.Example")
                        .status())
                .isEqualTo(200);
        assertThat(pages.counters.earned(1, "c-1")).isZero();
    }

    @Test
    void aPageTokenLives400DaysAtMost() {
        long now = pages.counters.second();
        long most = 400 * 86_400L;
        assertThat(pages.exchange(lives(now - 10, now - 10 + most), READER, FIREFOX)
                        .status())
                .isEqualTo(200);
        assertRejected(pages.exchange(lives(now - 10, now - 9 + most), READER, FIREFOX), "token-lifetime");
        assertRejected(pages.exchange(lives(now - most, now - 1), READER, FIREFOX), "token-expired");
        assertRejected(pages.exchange(lives(now + 600, now + 900), READER, FIREFOX), "token-not-yet-valid");
        Answer soon = pages.exchange(lives(now - 10, now + 600), READER, FIREFOX);
        assertThat(soon.json().get("exp").asLong()).isEqualTo(now + 600);
        String forged = pages.token();
        assertRejected(
                pages.exchange(forged.substring(0, forged.length() - 4) + "AAAA", READER, FIREFOX), "token-signature");
    }

    private static String lives(long from, long until) {
        return PageReaders.signed(
                "demo", "{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}".formatted(from, until));
    }

    // ------------------------------------------------------------------------------------------ who is no reader

    /** A robot gets its token, as a browser does: what it sends is filtered, and archived. */
    @Test
    void aRobotsEventsAreFilteredByExchangeAndWithoutIt() {
        String page = pages.token();
        String token =
                pages.exchange(page, READER, GOOGLEBOT).json().get("token").asString();
        assertThat(pages.send(token, "view", READER, GOOGLEBOT)).isEqualTo("filtered robot");
        assertThat(pages.send(page, "view", READER, GOOGLEBOT)).isEqualTo("filtered robot");
        assertThat(pages.counters.units(1, "demo|c-1|/a|view!robot|1")).isEqualTo(1);
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
    }

    /** Nothing in a request without Origin shows a browser: then the one that got the token is judged. */
    @Test
    void withoutAnOriginTheOneWhoExchangedIsJudged() {
        String[] none = {""};
        String[] referer = {"Referer", SITE + "/a"};
        String robots = pages.exchange(pages.token(), READER, "curl/8.5.0", referer)
                .json()
                .get("token")
                .asString();
        assertThat(pages.send(robots, "view", READER, "curl/8.5.0", none)).isEqualTo("filtered robot");
        assertThat(pages.send(pages.token(), "view", READER, "curl/8.5.0", referer))
                .isEqualTo("filtered robot");
        String nobodys = pages.exchange(pages.token(), READER, "", referer)
                .json()
                .get("token")
                .asString();
        assertThat(pages.send(nobodys, "view", READER, FIREFOX, none))
                .as("every browser has a user agent")
                .isEqualTo("filtered robot");
        String readers = pages.exchanged(pages.token(), READER);
        assertThat(pages.send(readers, "view", READER, "curl/8.5.0", none)).isEqualTo("accepted");
    }

    /** Else anybody could be as many readers as user agents come to mind. */
    @ParameterizedTest
    @CsvSource({"192.0.2.9,192.0.2.9,192.0.2.10", "2001:db8:1:1::1,2001:db8:1:2::1,2001:db8:2:1::1"})
    void anAddressHasSoManyVisitorsAnHour(String address, String sameNetwork, String another) {
        String page = pages.token();
        for (int i = 0; i < MOST; i++) {
            assertThat(pages.exchange(page, i == 0 ? address : sameNetwork, FIREFOX + i)
                            .status())
                    .isEqualTo(200);
        }
        Answer refused = pages.exchange(page, address, FIREFOX + MOST);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.json().get("code").asString()).isEqualTo("too-many-requests");
        assertThat(Long.parseLong(refused.header("Retry-After")))
                .isBetween(3_595 - pages.counters.second() % 3_600, 3_605 - pages.counters.second() % 3_600);
        assertThat(pages.send(page, "view", address, FIREFOX + MOST)).isEqualTo("rejected page-visitors");
        assertThat(pages.send(page, "view", address, GOOGLEBOT))
                .as("pays nothing")
                .isEqualTo("filtered robot");
        assertThat(pages.send(page, "view", address, FIREFOX + 0)).as("known").isEqualTo("accepted");
        assertThat(pages.exchange(page, another, FIREFOX + MOST).status()).isEqualTo(200);
        assertThat(pages.counters.earned(1, "c-1")).isEqualTo(1_000);
    }

    @Test
    void viewsByPageTokensTakePlacesTooAndOneReaderOfAllArticlesTakesOne() {
        List<String> verdicts = new ArrayList<>();
        for (int i = 0; i < MOST + 1; i++) {
            verdicts.add(pages.send(pages.token(), "view", READER, FIREFOX + i));
        }
        assertThat(verdicts).containsExactly("accepted", "accepted", "accepted", "rejected page-visitors");
        String other = PageReaders.event(pages.token("test-p", ",\"aud\":\"millrace\""), "view");
        Answer both =
                pages.post("/v1/events", other + "\n" + PageReaders.event(pages.token(), "view"), READER, FIREFOX + 0);
        assertThat(both.count("accepted"))
                .as("another publisher, the same reader")
                .isEqualTo(1);
        assertThat(both.count("duplicate")).isEqualTo(1);
    }

    @Test
    void aPublisherWithoutMoneyStillGetsTokensAndItsEventsAreToBeSentAgain() {
        for (Partition partition : Partition.all()) {
            assertThat(Spent.note(pages.counters.link(partition), partition, 1, 0, Map.of()))
                    .isTrue();
        }
        String page = pages.token("poor", "");
        List<String> verdicts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String address = "198.51.100." + i;
            verdicts.add(pages.send(pages.exchanged(page, address), "view", address, FIREFOX));
        }
        assertThat(verdicts).containsExactly("accepted", "accepted", "rejected publisher-over-budget");
    }

    // ------------------------------------------------------------------------------------------ the request

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "{", "{}{}", "[]", "[1]", "5", "null"})
    void aBodyThatIsNoObjectIs400(String body) {
        Answer answer = pages.post("/v1/page", body, READER, FIREFOX);
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.json().get("code").asString()).isEqualTo("body-malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "{\"token\":null}", "{\"token\":5}", "{\"token\":{\"a\":1}}", "{\"token\":\"a.b.c\"}"})
    void aTokenThatIsNoneIsRejected(String body) {
        assertRejected(pages.post("/v1/page", body, READER, FIREFOX), "token-malformed");
    }

    @Test
    void moreThanOneTokenAndMoreThanFitsAreRefused() {
        String two = body(pages.token()) + "\n" + body(pages.token());
        assertThat(pages.post("/v1/page", two, READER, FIREFOX).status()).isEqualTo(400);
        Answer huge = pages.post("/v1/page", body("x".repeat(600_000)), READER, FIREFOX);
        assertThat(huge.status()).isEqualTo(413);
        assertRejected(pages.post("/v1/page", body("x".repeat(9_000)), READER, FIREFOX), "token-malformed");
        assertThat(pages.post("/v1/page?a=b&a=c", body(pages.token()), READER, FIREFOX)
                        .status())
                .as("an unknown parameter")
                .isEqualTo(200);
    }

    @Test
    void onlyPostFromAnyPageAndOnlyAsTextOrJson() {
        for (String method : List.of("GET", "HEAD", "PUT", "OPTIONS")) {
            Answer answer = pages.node()
                    .send(HttpRequest.newBuilder(pages.node().uri("/v1/page"))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build());
            assertThat(answer.status()).as(method).isEqualTo(405);
            assertThat(answer.header("Allow")).isEqualTo("POST");
        }
        Answer preflight = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/page"))
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                        .header("Origin", SITE)
                        .header("Access-Control-Request-Method", "POST")
                        .header("Access-Control-Request-Headers", "content-type")
                        .build());
        assertThat(preflight.status()).isEqualTo(200);
        assertThat(preflight.header("Access-Control-Allow-Origin")).isEqualTo("*");
        Answer form = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/page"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body(pages.token())))
                        .build());
        assertThat(form.status()).isEqualTo(415);
        assertThat(pages.node()
                        .metricAbove(
                                "http_server_requests_seconds_count{error=\"none\",exception=\"none\",method=\"GET\",outcome=\"CLIENT_ERROR\",status=\"405\",uri=\"/v1/page\"}",
                                0))
                .isEqualTo(1);
    }

    @Test
    void aDryRunJudgesAPageTokenAndTakesNoPlace() {
        for (int i = 0; i < MOST + 2; i++) {
            Answer answer = pages.post(
                    "/v1/events?dry-run=true", PageReaders.event(pages.token(), "view"), READER, FIREFOX + i);
            assertThat(answer.json().get("results").get(0).get("status").asString())
                    .isEqualTo("accepted");
        }
        assertThat(pages.send(pages.token(), "view", READER, FIREFOX)).isEqualTo("accepted");
    }

    @Test
    void aDryRunTakesTheOriginOfThePageThatItIsAbout() {
        String path = "/v1/events?dry-run=true";
        Answer elsewhere = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri(path))
                        .header("Content-Type", "text/plain")
                        .header("Origin", "https://elsewhere.example")
                        .POST(HttpRequest.BodyPublishers.ofString(PageReaders.event(pages.token(), "view")))
                        .build());
        assertThat(elsewhere.json().at("/results/0/code").asString()).isEqualTo("origin-not-listed");
        assertThat(elsewhere.json().at("/results/0/hints/0/code").asString()).isEqualTo("site");
        Answer same = pages.post(
                path + "&origin=" + SITE + "/a?b=c", PageReaders.event(pages.token(), "view"), READER, FIREFOX);
        assertThat(same.json().at("/results/0/status").asString()).isEqualTo("accepted");
        Answer other = pages.post(
                path + "&origin=https://other.example", PageReaders.event(pages.token(), "view"), READER, FIREFOX);
        assertThat(other.json().at("/results/0/code").asString()).isEqualTo("origin-not-listed");
        Answer nonsense = pages.post(path + "&origin=x", PageReaders.event(pages.token(), "view"), READER, FIREFOX);
        assertThat(nonsense.status()).isEqualTo(400);
        assertThat(nonsense.detail()).isEqualTo("'origin=x' is not understood; write it as https://www.example.com");
    }

    /** Whatever stands in a header, what is made of it is a token that counts. */
    @ParameterizedTest
    @ValueSource(strings = {"", "\u0085 \u00e9", "\"\\", "{\"x\":1}"})
    void aStrangeUserAgentIsJudgedAndNotTrippedOver(String userAgent) {
        Answer answer = pages.exchange(pages.token(), READER, userAgent);
        assertThat(answer.status()).isEqualTo(200);
        String token = answer.json().get("token").asString();
        assertThat(pages.send(token, "view", READER, userAgent)).isEqualTo("filtered robot");
        assertThat(pages.exchange(pages.token(), READER, "x".repeat(5_000)).status())
                .isEqualTo(200);
    }

    @Test
    void readersAreVisitorsInTheCounters() {
        Set<String> names = new HashSet<>();
        pages.send(pages.exchanged(pages.token(), READER), "view", READER, FIREFOX);
        names.add("demo|c-1|/a|view~~v|1");
        assertThat(names)
                .allSatisfy(name -> assertThat(pages.counters.units(1, name)).isEqualTo(1));
    }
}
