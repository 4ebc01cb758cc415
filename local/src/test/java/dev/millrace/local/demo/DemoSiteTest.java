package dev.millrace.local.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.ClientOptions;
import dev.millrace.client.MillraceClient;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.publisher.Publishers.SigningKey;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.StubServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The demo's site, with stubs for the services. {@code DemoIT} has the real ones, and a browser. */
class DemoSiteTest {
    private static final String SECRET = "the secret of the tests of the demo";
    private static final String COUNTING = "/articles/counting-a-visitor-once";
    private static final String CACHED = "/articles/one-page-for-everyone";
    private static final Instant NOW = Instant.parse("2026-11-30T19:12:01Z");
    private static final String FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";

    private final HttpClient client = HttpClient.newHttpClient();
    private StubServer ingest;
    private StubServer ledger;
    private MillraceClient sender;
    private DemoSite site;

    @BeforeEach
    void open() throws IOException {
        ingest = new StubServer().on("POST /v1/events", 202, "{\"results\":[{\"status\":\"accepted\"}]}");
        ledger = new StubServer();
        URI edge = address(ingest);
        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        SigningKey key = new SigningKey(new Kid("demo", 1), SECRET);
        sender = new MillraceClient(ClientOptions.of(edge));
        site = new DemoSite(Ports.free());
        site.open(
                new Pages(edge, address(ledger), "demo"),
                new Tokens(key, clock, sender),
                new LiveFigures(edge, address(ledger), key, new BearerMint("a bearer secret of the tests"), clock));
    }

    @AfterEach
    void close() {
        site.close();
        sender.close();
        ingest.close();
        ledger.close();
        client.close();
    }

    @Test
    void eachViewOfAPageHasATokenOfItsReader() throws Exception {
        HttpResponse<String> first = get(COUNTING);
        String cookie = first.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).matches("reader=[A-Za-z0-9_-]{22}; Path=/; HttpOnly; SameSite=Lax");
        assertThat(first.headers().firstValue("Cache-Control")).contains("private, no-store");
        String reader = cookie.split(";", -1)[0];
        JsonNode claims = claims(first);
        assertThat(claims.path("sub").asString()).isEqualTo("c-otter");
        assertThat(claims.path("art").asString()).isEqualTo(COUNTING);
        assertThat(claims.has("ref") || claims.has("evt") || claims.has("pag")).isFalse();
        HttpResponse<String> again = send(request(COUNTING).header("Cookie", "a=b; " + reader + "; c=d"));
        assertThat(again.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(claims(again)).isEqualTo(claims);
        assertThat(claims(get(COUNTING)).path("jti")).as("another reader's").isNotEqualTo(claims.path("jti"));
        assertThat(first.body()).doesNotContain(SECRET);
    }

    @Test
    void theReferrerIsSignedAndMayPayASearchVisit() throws Exception {
        JsonNode claims = claims(send(request(COUNTING).header("Referer", "https://duckduckgo.com/")));
        assertThat(claims.path("ref").asString()).isEqualTo("https://duckduckgo.com/");
        assertThat(claims.path("evt").valueStream().map(JsonNode::asString))
                .containsExactly("view", "read", "scroll", "reaction", "search_visit");
        assertThat(claims(get(COUNTING + "?from=search")).path("ref").asString())
                .isEqualTo("https://www.google.com/");
    }

    @Test
    void aCachedPageIsTheSameForAllOfADay() throws Exception {
        HttpResponse<String> page = get(CACHED);
        assertThat(page.headers().firstValue("Set-Cookie")).isEmpty();
        assertThat(page.headers().firstValue("Cache-Control")).contains("public, max-age=600");
        JsonNode claims = claims(page);
        assertThat(claims.path("pag").asBoolean()).isTrue();
        assertThat(claims.path("iat").asLong())
                .isEqualTo(Instant.parse("2026-11-30T00:00:00Z").getEpochSecond());
        assertThat(claims.has("jti") || claims.has("vis")).isFalse();
        assertThat(send(request(CACHED)
                                .header("Referer", "https://duckduckgo.com/")
                                .header("Cookie", "reader=x"))
                        .body())
                .isEqualTo(page.body())
                .contains("<noscript><img src=\"" + address(ingest) + "/v1/pixel.gif?t=ey");
    }

    @ParameterizedTest
    @CsvSource({
        "/, 200, text/html; charset=utf-8",
        "/bot, 200, text/html; charset=utf-8",
        "/style.css, 200, text/css; charset=utf-8",
        "/panel.js, 200, text/javascript; charset=utf-8",
        "/icon.svg, 200, image/svg+xml",
        "/articles/none, 404, text/html; charset=utf-8",
        "/page.html, 404, text/html; charset=utf-8",
        "/../page.html, 404, text/html; charset=utf-8",
        "/comments, 400, text/html; charset=utf-8"
    })
    void eachAddressHasAStatusATypeAndThePolicy(String path, int status, String type) throws Exception {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains(type);
        assertThat(answer.headers().firstValue("Content-Security-Policy"))
                .contains(
                        "default-src 'none'; script-src 'self' %1$s; connect-src 'self' %1$s; img-src 'self' %1$s; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
                                .formatted(address(ingest)));
        assertThat(answer.body()).doesNotContain("{{", "data-token=");
    }

    @Test
    void theFrontPageNamesEachArticleAndItsCreator() throws Exception {
        String front = get("/").body();
        assertThat(DemoArticle.ALL).hasSize(5);
        for (DemoArticle article : DemoArticle.ALL) {
            assertThat(front).contains("<a href=\"" + article.path() + "\">" + article.title() + "</a>");
            assertThat(article.byline()).isNotEmpty();
            assertThat(get(article.path()).body()).contains("data-token=\"ey", article.html());
        }
        assertThat(DemoArticle.ALL.stream().map(DemoArticle::creator)).contains("c-heron", "c-otter", "c-wagtail");
        assertThat(DemoArticle.ALL.stream().filter(DemoArticle::cached)).hasSize(1);
    }

    @Test
    void aHeadHasNoBodyAndOtherMethodsAreNone() throws Exception {
        HttpResponse<String> head = send(request(COUNTING).method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        HttpResponse<String> put = send(request("/").PUT(BodyPublishers.noBody()));
        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("Allow")).contains("GET, HEAD");
    }

    @Test
    void anotherNameOfThisMachineIsSentToTheSite() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://localhost:" + site.address().getPort() + "/bot"))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(302);
        assertThat(answer.headers().firstValue("Location")).contains(site.address() + "/bot");
        HttpResponse<String> escaped = client.send(
                HttpRequest.newBuilder(
                                URI.create("http://localhost:" + site.address().getPort() + "/caf%C3%A9%0D%0A%20x"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(escaped.headers().firstValue("Location")).contains(site.address() + "/caf%C3%A9%0D%0A%20x");
    }

    @Test
    void aCommentIsShownWithWhatBecameOfItsEvent() throws Exception {
        HttpResponse<String> answer = send(comment(COUNTING, "<b>two & two</b>\r\nmake \"four\""));
        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("Location")).contains(COUNTING + "#comments");
        assertThat(get(COUNTING).body())
                .contains("<p>&lt;b&gt;two &amp; two&lt;/b&gt;\r\nmake &quot;four&quot;</p>")
                .contains("5 words: <span class=\"verdict\">accepted</span>");
        assertThat(get(DemoArticle.ALL.getFirst().path()).body()).doesNotContain("two &amp; two");
        assertThat(ingest.requests()).hasSize(1);
        JsonNode event =
                JsonMapper.shared().readTree(ingest.requests().getFirst().replaceFirst("^POST /v1/events ", ""));
        JsonNode sent = event.isArray() ? event.get(0) : event;
        assertThat(sent.path("type").asString()).isEqualTo("comment");
        JsonNode claims = claims(sent.path("token").asString());
        assertThat(claims.path("qty").asInt()).isEqualTo(5);
        assertThat(claims.path("ua").asString()).isEqualTo(FIREFOX);
        assertThat(claims.path("evt").toString()).isEqualTo("[\"comment\"]");
        assertThat(claims.path("jti").asString()).matches("comment-[0-9a-f-]{36}");
        assertThat(claims.path("vis").asString()).isNotEmpty();
    }

    @Test
    void whatTheEdgeRefusesIsSaid() throws Exception {
        ingest.close();
        ingest = new StubServer(ingest.port())
                .on(
                        "POST /v1/events",
                        422,
                        "{\"results\":[{\"status\":\"rejected\",\"code\":\"publisher-suspended\",\"detail\":\"\"}]}");
        send(comment(COUNTING, "hello"));
        assertThat(get(COUNTING).body())
                .contains("1 words: <span class=\"verdict\">rejected publisher-suspended</span>");
    }

    @ParameterizedTest
    @CsvSource({
        "/articles/counting-a-visitor-once, ''",
        "/articles/counting-a-visitor-once, '  '",
        "/articles/one-page-for-everyone, closed",
        "/articles/none, hello",
        "/bot, hello"
    })
    void aCommentThatIsNoneIsRefused(String article, String text) throws Exception {
        assertThat(send(comment(article, text)).statusCode()).isEqualTo(400);
        assertThat(ingest.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"text=%zz&article=" + COUNTING, "", "&&==&", "text=hello"})
    void aFormThatCanNotBeReadIsRefused(String form) throws Exception {
        assertThat(send(post(form)).statusCode()).isEqualTo(400);
    }

    @Test
    void aCommentHasTwoThousandCharactersAtMost() throws Exception {
        assertThat(send(comment(COUNTING, "\u00e9".repeat(2_000))).statusCode()).isEqualTo(303);
        assertThat(send(comment(COUNTING, "a".repeat(2_001))).statusCode()).isEqualTo(400);
        assertThat(send(comment(COUNTING, "a".repeat(200_000))).statusCode()).isEqualTo(400);
        assertThat(ingest.requests()).hasSize(1);
    }

    @Test
    void theFormOfAnotherSiteIsRefused() throws Exception {
        HttpRequest.Builder request = comment(COUNTING, "hello").setHeader("Origin", "https://elsewhere.example");
        assertThat(send(request).statusCode()).isEqualTo(400);
        assertThat(ingest.requests()).isEmpty();
    }

    @Test
    void theOldestOfTooManyCommentsGo() {
        Comments comments = new Comments();
        DemoArticle article = DemoArticle.ALL.getFirst();
        for (int i = 0; i < 150; i++) {
            comments.add(article, new Comments.Comment("comment " + i, 2, "accepted"));
        }
        assertThat(comments.of(article)).hasSize(100);
        assertThat(comments.of(article).getFirst().text()).isEqualTo("comment 50");
    }

    @Test
    void theFiguresAreThoseOfTheKeyAndOfTheCreators() throws Exception {
        ingest.on("GET /v1/verdicts", 200, """
                {"publisher":"demo","kid":"demo.1",
                 "hours":[{"hour":"2026-11-30T19:00:00Z","accepted":12,"duplicate":3,"filtered":{"robot":2},"rejected":{"token-expired":1}},
                          {"hour":"2026-11-30T18:00:00Z","accepted":5,"duplicate":0,"filtered":{"robot":4,"automation":1},"rejected":{}}],
                 "last":[{"at":"2026-11-30T19:11:02Z","type":"view","status":"filtered","reason":"robot","count":3},
                         {"at":"2026-11-30T19:10:02Z","type":"read","status":"rejected","code":"token-expired","count":1},
                         {"at":"2026-11-30T19:09:02Z","type":"view","status":"accepted","count":1}],
                 "warnings":[{"code":"token-cached","detail":"hand out another one"}]}""");
        for (String creator : List.of("c-heron", "c-otter", "c-wagtail")) {
            ledger.on("GET /v1/creators/" + creator + "/balance", 200, """
                    {"settled":{"micros":7},"pending":{"micros":5},"total":{"micros":12}}""");
        }
        HttpResponse<String> live = get("/live");
        assertThat(live.headers().firstValue("Content-Type")).contains("application/json");
        JsonNode figures = JsonMapper.shared().readTree(live.body());
        assertThat(figures.path("verdicts")).isEqualTo(JsonMapper.shared().readTree("""
                {"counts":{"accepted":17,"duplicate":3,"filtered robot":6,"filtered automation":1,"rejected token-expired":1},
                 "last":[{"at":"2026-11-30T19:11:02Z","type":"view","verdict":"filtered robot","count":3},
                         {"at":"2026-11-30T19:10:02Z","type":"read","verdict":"rejected token-expired","count":1},
                         {"at":"2026-11-30T19:09:02Z","type":"view","verdict":"accepted","count":1}],
                 "warnings":[{"code":"token-cached","detail":"hand out another one"}]}"""));
        assertThat(figures.path("balances").get(1))
                .isEqualTo(JsonMapper.shared().readTree("""
                {"creator":"c-otter","name":"Otter","settled":7,"pending":5,"total":12}"""));
        assertThat(ingest.tokens())
                .containsExactly("Basic "
                        + Base64.getEncoder().encodeToString(("demo.1:" + SECRET).getBytes(StandardCharsets.UTF_8)));
        assertThat(get("/live").body()).as("within a second").isEqualTo(live.body());
        assertThat(ledger.requests()).hasSize(3);
    }

    @Test
    void aServiceThatIsAwayOrRefusesIsNamedInItsPlace() throws Exception {
        ledger.close();
        ingest.on("GET /v1/verdicts", 401, "{\"detail\":\"the secret is wrong\"}");
        JsonNode figures = JsonMapper.shared().readTree(get("/live").body());
        assertThat(figures.at("/verdicts/problem").asString()).isEqualTo("ingest-api: the secret is wrong");
        assertThat(figures.at("/balances/0/problem").asString())
                .isEqualTo("ledger-service does not answer at " + address(ledger) + ".");
    }

    @Test
    void anEdgeWithoutVerdictsIsNoFailure() throws Exception {
        ingest.on("GET /v1/verdicts", 404, "{}");
        assertThat(JsonMapper.shared()
                        .readTree(get("/live").body())
                        .at("/verdicts/problem")
                        .asString())
                .isEqualTo("This ingest-api tells no verdicts of a key.");
    }

    @Test
    void theBotReadsEachPageAndSaysWhatItIs() throws Exception {
        try (Crawler _ = new Crawler(site.address(), address(ingest), Duration.ofMillis(1))) {
            while (ingest.requests().size() < 6) {
                Thread.onSpinWait();
            }
        }
        List<String> articles = ingest.requests().stream()
                .limit(6)
                .map(request -> claims(request.replaceFirst(".*\"token\":\"([^\"]+).*", "$1"))
                        .path("art")
                        .asString())
                .toList();
        assertThat(articles.subList(0, 5))
                .containsExactlyInAnyOrderElementsOf(
                        DemoArticle.ALL.stream().map(DemoArticle::path).toList());
        assertThat(articles.get(5)).as("it begins anew").isEqualTo(articles.getFirst());
        assertThat(ingest.headers("User-Agent"))
                .containsOnly("Mozilla/5.0 (compatible; DemoBot/1.0; +" + site.address() + "/bot)");
        assertThat(ingest.headers("Origin")).containsOnly(site.address().toString());
    }

    @Test
    void aTakenPortIsNamed() {
        int port = site.address().getPort();
        assertThatThrownBy(() -> new DemoSite(port))
                .isInstanceOf(CommandException.class)
                .hasMessage("port %d for the demo is taken; choose another one with --port".formatted(port));
    }

    @Test
    void untilTheStackIsReadyEachPageAsksAgain() throws Exception {
        int port = Ports.free();
        try (DemoSite unopened = new DemoSite(port)) {
            HttpRequest request =
                    HttpRequest.newBuilder(unopened.address().resolve(COUNTING)).build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Refresh")).contains("2");
        }
        assertThat(Ports.isFree(port)).isTrue();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(site.address() + path)).header("User-Agent", FIREFOX);
    }

    private HttpRequest.Builder comment(String article, String text) {
        return post("article=" + URLEncoder.encode(article, StandardCharsets.UTF_8) + "&text="
                + URLEncoder.encode(text, StandardCharsets.UTF_8));
    }

    private HttpRequest.Builder post(String form) {
        return request("/comments")
                .header("Origin", site.address().toString())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Of the token in a page. */
    private static JsonNode claims(HttpResponse<String> page) {
        Matcher token = Pattern.compile("data-token=\"([^\"]+)\"").matcher(page.body());
        assertThat(token.find()).as(page.body()).isTrue();
        return claims(token.group(1));
    }

    private static JsonNode claims(String token) {
        return JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
    }

    private static URI address(StubServer server) {
        return URI.create("http://127.0.0.1:" + server.port());
    }
}
