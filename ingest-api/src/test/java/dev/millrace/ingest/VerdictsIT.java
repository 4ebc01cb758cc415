package dev.millrace.ingest;

import static dev.millrace.ingest.PageReaders.FIREFOX;
import static dev.millrace.ingest.PageReaders.GOOGLEBOT;
import static dev.millrace.ingest.PageReaders.SITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.counters.Verdicts;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verdict.VerdictWriter;
import dev.millrace.ingest.verify.Tokens;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What publishers are told of their events. */
class VerdictsIT {
    private static final String READER = "192.0.2.7";
    private static final int MOST = 3;
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private PageReaders pages;

    @BeforeEach
    void start() {
        pages = new PageReaders(MOST);
    }

    @AfterEach
    void stop() {
        pages.close();
    }

    private static String authorization(String kid, String secret) {
        return "Basic " + Base64.getEncoder().encodeToString((kid + ":" + secret).getBytes(StandardCharsets.US_ASCII));
    }

    private static Answer get(RunningIngest node, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(node.uri("/v1/verdicts"));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return node.send(request.build());
    }

    private static JsonNode report(RunningIngest node, String kid) {
        Answer answer = get(node, "Authorization", authorization(kid, Tokens.secret(kid)));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }

    private JsonNode report() {
        return report(pages.node(), "demo.1");
    }

    /** The counts of the only hour there is. */
    private static String counts(JsonNode report) {
        assertThat(report.get("hours").size()).as(report.toString()).isEqualTo(1);
        JsonNode hour = report.get("hours").get(0);
        return "%s %s %s %s"
                .formatted(hour.get("accepted"), hour.get("duplicate"), hour.get("filtered"), hour.get("rejected"));
    }

    /** The last verdicts without their times. */
    private static List<String> last(JsonNode report) {
        List<String> last = new ArrayList<>();
        report.get("last").forEach(one -> {
            JsonNode cause = one.has("code") ? one.get("code") : one.get("reason");
            last.add("%s %s%s %s"
                    .formatted(
                            one.get("type").asString(),
                            one.get("status").asString(),
                            cause == null ? "" : " " + cause.asString(),
                            one.get("count")));
        });
        return last;
    }

    private String token(String publisher, String claims) {
        long now = pages.counters.second();
        return PageReaders.signed(
                publisher, "{\"sub\":\"c-1\",\"iat\":%d,\"exp\":%d,%s}".formatted(now, now + 600, claims));
    }

    private String token() {
        return token("demo", "\"art\":\"/a\",\"jti\":\"j-%d\"".formatted(NUMBERS.incrementAndGet()));
    }

    private static String view(RunningIngest node, String token) {
        Answer answer = node.post(PageReaders.event(token, "view"));
        return answer.json().get("results").get(0).get("status").asString();
    }

    private static void write(RunningIngest node) {
        node.part("verdictWriter", VerdictWriter.class).write();
    }

    // ------------------------------------------------------------------------------------------ what is told

    @Test
    void theHolderOfAKeySeesItsEventsAtOnce() {
        String token = token();
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(token, "view", READER, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.send(token(), "view", READER, GOOGLEBOT)).isEqualTo("filtered robot");
        assertThat(pages.send(token, "nonsense", READER, FIREFOX)).isEqualTo("rejected type-unknown");
        assertThat(pages.send(token.substring(0, token.length() - 4) + "AAAA", "read", READER, FIREFOX))
                .isEqualTo("rejected token-signature");
        Answer answer = get(pages.node(), "Authorization", authorization("demo.1", Tokens.secret("demo.1")));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.response().headers().map().keySet())
                .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("access-control"));
        JsonNode report = answer.json();
        assertThat(report.propertyNames()).containsExactly("publisher", "kid", "hours", "last", "warnings");
        assertThat(report.get("publisher").asString()).isEqualTo("demo");
        assertThat(report.get("kid").asString()).isEqualTo("demo.1");
        long now = pages.counters.second();
        assertThat(report.get("hours").get(0).get("hour").asString())
                .isEqualTo(Instant.ofEpochSecond(now - now % 3_600).toString());
        assertThat(counts(report)).isEqualTo("1 1 {\"robot\":1} {\"token-signature\":1,\"type-unknown\":1}");
        assertThat(last(report))
                .containsExactly(
                        "read rejected token-signature 1",
                        "unknown rejected type-unknown 1",
                        "view filtered robot 1",
                        "view duplicate 1",
                        "view accepted 1");
        JsonNode one = report.get("last").get(0);
        assertThat(one.propertyNames()).containsExactly("at", "type", "status", "code", "count");
        assertThat(Instant.parse(one.get("at").asString()).getEpochSecond()).isBetween(now - 120, now);
        assertThat(report.get("last").get(2).propertyNames())
                .containsExactly("at", "type", "status", "reason", "count");
        assertThat(report.get("warnings").size()).isZero();
        assertThat(answer.body()).as("no ids").doesNotContain("c-1", "/a", "j-", READER);
    }

    @Test
    void whatNobodyHasSentIsEmpty() {
        assertThat(report())
                .hasToString("{\"publisher\":\"demo\",\"kid\":\"demo.1\",\"hours\":[],\"last\":[],\"warnings\":[]}");
    }

    @Test
    void eachPublisherSeesItsOwn() {
        view(pages.node(), token());
        view(pages.node(), token("off", "\"art\":\"/a\",\"jti\":\"j\""));
        pages.node().post(PageReaders.event(token("never-made", "\"art\":\"/a\",\"jti\":\"j\""), "view"));
        assertThat(counts(report())).isEqualTo("1 0 {} {}");
        assertThat(counts(report(pages.node(), "off.1"))).isEqualTo("1 0 {} {}");
        write(pages.node());
        assertThat(pages.counters.redis().keys("*never-made*")).isEmpty();
    }

    @Test
    void aSuspendedPublisherSeesWhy() {
        view(pages.node(), token("gone", "\"art\":\"/a\",\"jti\":\"j\""));
        JsonNode report = report(pages.node(), "gone.1");
        assertThat(counts(report)).isEqualTo("0 0 {} {\"publisher-suspended\":1}");
        assertThat(last(report)).containsExactly("view rejected publisher-suspended 1");
    }

    @Test
    void aRevokedKeysEventsAreItsPublishers() {
        String token = token();
        pages.counters.publish(new Catalog(
                3, Map.of("demo", new Catalog.Publisher(List.of(2), List.of(1))), OpenCounters.CATALOG.cards()));
        Await.until(() -> pages.send(token, "view", READER, FIREFOX), "rejected key-revoked"::equals);
        assertThat(report(pages.node(), "demo.2")
                        .get("hours")
                        .get(0)
                        .get("rejected")
                        .get("key-revoked")
                        .asInt())
                .isEqualTo(1);
        assertThat(get(pages.node(), "Authorization", authorization("demo.1", Tokens.secret("demo.1")))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void aDryRunLeavesNoTrace() {
        String event = PageReaders.event(token(), "view");
        assertThat(pages.node()
                        .send(HttpRequest.newBuilder(pages.node().uri("/v1/events?dry-run=true"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(event))
                                .build())
                        .status())
                .isEqualTo(200);
        write(pages.node());
        assertThat(report().get("hours").size() + report().get("last").size()).isZero();
        assertThat(pages.counters.redis().keys("*verdicts*")).isEmpty();
        assertThat(pages.counters.redis().keys("*last:*")).isEmpty();
    }

    @Test
    void pixelsAndPageTokensCountAndAnExchangeIsOnlyAmongTheLast() {
        String page = pages.token();
        assertThat(pages.exchange(page, READER, FIREFOX).status()).isEqualTo(200);
        assertThat(pages.exchange(page, READER, FIREFOX, "Origin", "https://evil.example")
                        .status())
                .isEqualTo(422);
        for (int i = 1; i < MOST; i++) {
            pages.exchanged(page, READER, FIREFOX + i);
        }
        assertThat(pages.exchange(page, READER, FIREFOX + MOST).status()).isEqualTo(429);
        assertThat(pages.send(page, "view", READER, FIREFOX)).isEqualTo("accepted");
        assertThat(pages.send(page, "view", READER, FIREFOX + MOST)).isEqualTo("rejected page-visitors");
        pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/pixel.gif?t=" + page))
                        .header("X-Forwarded-For", READER)
                        .header("User-Agent", FIREFOX)
                        .header("Referer", SITE + "/a")
                        .build());
        pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/pixel.gif?t=" + token()))
                        .build());
        JsonNode report = report();
        assertThat(counts(report)).isEqualTo("2 1 {} {\"page-visitors\":1}");
        assertThat(last(report))
                .containsExactly(
                        "view accepted 1",
                        "view duplicate 1",
                        "view rejected page-visitors 1",
                        "view accepted 1",
                        "page rejected page-visitors 1",
                        "page rejected origin-not-listed 1");
    }

    // ------------------------------------------------------------------------------------------ nodes and Redis

    @Test
    void twoNodesAreCountedToTheEventAndWhatIsWrittenTwiceCountsOnce() {
        RunningIngest another = pages.node(MOST);
        for (int i = 0; i < 5; i++) {
            assertThat(view(pages.node(), token())).isEqualTo("accepted");
        }
        String token = token();
        assertThat(view(another, token)).isEqualTo("accepted");
        assertThat(view(pages.node(), token)).isEqualTo("duplicate");
        write(pages.node());
        write(another);
        write(pages.node());
        for (RunningIngest node : List.of(pages.node(), another, pages.node(MOST))) {
            assertThat(counts(report(node, "demo.1"))).isEqualTo("6 1 {} {}");
            List<String> last = last(report(node, "demo.1"));
            assertThat(last).contains("view duplicate 1");
            assertThat(last.stream()
                            .filter(one -> one.startsWith("view accepted "))
                            .mapToLong(one -> Long.parseLong(one.substring("view accepted ".length())))
                            .sum())
                    .as("%s", last)
                    .isEqualTo(6);
        }
        another.close();
        assertThat(view(pages.node(), token())).isEqualTo("accepted");
        assertThat(counts(report())).as("the counts of a node outlive it").isEqualTo("7 1 {} {}");
    }

    @Test
    void aNodeThatStopsWritesFirst() {
        RunningIngest another = pages.node(MOST);
        assertThat(view(another, token())).isEqualTo("accepted");
        another.closeServer();
        assertThat(counts(report())).isEqualTo("1 0 {} {}");
    }

    @Test
    void whatRedisHasLostWithinTheHourIsWrittenAgainWithinAMinute() {
        for (int i = 0; i < 5; i++) {
            view(pages.node(), token());
        }
        write(pages.node());
        pages.counters.redis().keys("*verdicts*").forEach(pages.counters.redis()::del);
        view(pages.node(), token("demo", "\"art\":\"/a\""));
        IntStream.range(0, 12).forEach(i -> write(pages.node()));
        String key = pages.counters.redis().keys("*verdicts*:demo").getFirst();
        assertThat(pages.counters.redis().hvals(key)).containsExactlyInAnyOrder("5", "1");
        assertThat(pages.counters.redis().ttl(key)).isBetween(172_000L, 172_800L);
        assertThat(counts(report(pages.node(MOST), "demo.1"))).isEqualTo("5 0 {} {\"token-malformed\":1}");
    }

    @Test
    void moreKeysThanOneWritingTakesHaveTheirTurnInTheNext() {
        int keys = 300;
        pages.counters.publish(new Catalog(
                3,
                Map.of(
                        "demo",
                        new Catalog.Publisher(
                                IntStream.rangeClosed(1, keys).boxed().toList(), List.of())),
                OpenCounters.CATALOG.cards()));
        List<String> events = IntStream.rangeClosed(1, keys)
                .mapToObj(key -> PageReaders.event(
                        Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.%d\"}".formatted(key), "{}", "demo." + key),
                        "view"))
                .toList();
        String newest = authorization("demo.300", Tokens.secret("demo.300"));
        Await.until(() -> get(pages.node(), "Authorization", newest).status(), status -> status == 200);
        Await.until(
                () -> {
                    pages.node().post(String.join("\n", events), "application/x-ndjson");
                    return last(report(pages.node(), "demo.1")).size()
                            + last(report(pages.node(), "demo.300")).size();
                },
                known -> known == 2);
        write(pages.node());
        write(pages.node());
        assertThat(pages.counters.redis().keys("*last:demo.*")).hasSize(keys);
    }

    /** Its counts may be beyond what a number in JSON holds, or of no form at all. */
    @Test
    void whatSomebodyHasEditedIsNoFailure() {
        long hour = pages.counters.second() / 3_600;
        pages.counters
                .redis()
                .hset(
                        Verdicts.partition("demo").verdicts(hour, "demo"),
                        Map.of("accepted|x", "999999999999999999", "rejected:<b>|x", "3", "duplicate|x", "many"));
        assertThat(counts(report())).isEqualTo("999999999999999999 0 {} {}");
        pages.counters.redis().set(Verdicts.partition("demo").verdicts(hour - 1, "demo"), "1");
        Answer answer = get(pages.node(), "Authorization", authorization("demo.1", Tokens.secret("demo.1")));
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("code").asString()).isEqualTo("counters-unavailable");
    }

    // ------------------------------------------------------------------------------------------ warnings

    @Test
    void bothWarningsAreShownWithTheirShare() {
        for (int session = 0; session < 10; session++) {
            for (int article = 0; article < 4; article++) {
                String token = token("demo", "\"art\":\"/%d\",\"jti\":\"session-%d\"".formatted(article, session));
                assertThat(pages.send(token, "view", "198.51.100." + session, FIREFOX))
                        .isEqualTo(article == 0 ? "accepted" : "duplicate");
            }
        }
        String cached = token();
        for (int reader = 0; reader < 31; reader++) {
            pages.send(cached, "view", "203.0.113." + reader, FIREFOX);
        }
        JsonNode warnings = report().get("warnings");
        assertThat(warnings.size()).isEqualTo(2);
        assertThat(warnings.get(0).get("code").asString()).isEqualTo("jti-without-article");
        assertThat(warnings.get(0).get("detail").asString()).startsWith("30 of 60 duplicates of the last hour");
        assertThat(warnings.get(1).get("code").asString()).isEqualTo("token-cached");
        assertThat(warnings.get(1).get("detail").asString()).startsWith("30 of 60 duplicates of the last hour");
    }

    @Test
    void readersWhoReloadCauseNone() {
        for (int reader = 0; reader < 40; reader++) {
            String token = token();
            for (String expected : List.of("accepted", "duplicate", "duplicate")) {
                assertThat(pages.send(token, "view", "203.0.113." + reader, FIREFOX))
                        .isEqualTo(expected);
            }
        }
        assertThat(report().get("warnings").size()).isZero();
    }

    // ------------------------------------------------------------------------------------------ who may ask

    @Test
    void allThatIsNoLiveKeysSecretIsRefusedAlike() {
        String secret = Tokens.secret("demo.1");
        List<String> bodies = new ArrayList<>();
        for (String[] headers : new String[][] {
            {},
            {"Authorization", ""},
            {"Authorization", "Basic"},
            {"Authorization", "Basic ????"},
            {"Authorization", "Bearer " + secret},
            {"Authorization", authorization("demo.1", secret.toLowerCase(java.util.Locale.ROOT))},
            {"Authorization", authorization("demo.2", Tokens.secret("demo.2"))},
            {"Authorization", authorization("never-made.1", Tokens.secret("never-made.1"))},
            {"Authorization", authorization("off.1", secret)}
        }) {
            Answer answer = get(pages.node(), headers);
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.header("WWW-Authenticate")).isEqualTo("Basic realm=\"millrace\"");
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
            assertThat(answer.json().get("code").asString()).isEqualTo("unauthorized");
            bodies.add(answer.body());
        }
        assertThat(bodies).containsOnly(bodies.getFirst());
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
    void onlyGetAndHead(String method) {
        Answer answer = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/verdicts"))
                        .header("Origin", SITE)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build());
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
        assertThat(answer.header("Access-Control-Allow-Origin"))
                .as("no page may read it")
                .isEmpty();
    }

    @Test
    void headHasNoBodyAndAQueryIsRefused() {
        String authorization = authorization("demo.1", Tokens.secret("demo.1"));
        Answer head = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/verdicts"))
                        .header("Authorization", authorization)
                        .HEAD()
                        .build());
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        Answer query = pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/verdicts?kid=demo.1"))
                        .header("Authorization", authorization)
                        .build());
        assertThat(query.status()).isEqualTo(400);
        assertThat(query.json().get("code").asString()).isEqualTo("parameter-unknown");
    }
}
