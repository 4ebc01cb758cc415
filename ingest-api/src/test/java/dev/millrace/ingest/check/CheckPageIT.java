package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hashing;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.ingest.Await;
import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.check.FrontEdge.Answer;
import dev.millrace.ingest.check.FrontEdge.Call;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Browser;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** The page {@code /check} in a real Chromium, as a publisher uses it. */
class CheckPageIT {
    private static final String SECRET = Tokens.secret("demo.1");
    private static final String SITE = "https://news.example";
    private static final String VERDICTS = "/v1/verdicts";
    private static final String HOSTILE = "<img src=x onerror=window.hit=1><script>window.hit=1</script>";

    private static OpenCounters counters;
    private static RunningIngest ingest;
    private static FrontEdge edge;
    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start(true);
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        counters.publish(new Catalog(
                2,
                Map.of(
                        "demo",
                        new Catalog.Publisher(
                                List.of(1, 3),
                                List.of(2),
                                Limits.NONE.withPages(true, Set.of(SITE), Limits.ALL_FILTERS))),
                OpenCounters.CATALOG.cards()));
        ingest = new RunningIngest(RealServers.redisUrl(), "--millrace.redis-patience=30s", "--millrace.currency=EUR");
        edge = new FrontEdge(ingest);
    }

    @AfterAll
    static void stop() {
        if (browser == null) {
            return;
        }
        browser.close();
        edge.close();
        ingest.close();
        counters.close();
    }

    @BeforeEach
    void open() {
        edge.reset();
        size(1_000);
        open(edge.origin() + "/check");
        browser.console();
    }

    // ------------------------------------------------------------------------------------------ tokens

    @Test
    void aTokenIsJudgedForEachTypeOfEvent() {
        check(token(""));
        assertThat(messages("#results"))
                .singleElement()
                .asString()
                .matches("Right: A view is accepted and pays 0\\.001000 EUR\\. It is taken for (59|60) min more\\.");
        assertThat(rows(0))
                .containsExactly(
                        "view | accepted | 0.001000",
                        "read 15 | accepted | 0.000200",
                        "scroll 25 | accepted | 0.000100",
                        "reaction like | accepted | 0.000500",
                        "comment | not granted | –",
                        "search_visit | not granted | –");
        assertThat(text("#said")).contains("1 of 1 token judged.");
        assertThat(counters.earned(1, "c-1")).as("a check counts nothing").isZero();
    }

    @Test
    void eachClaimIsReadableAndTimesAreUtc() {
        long iat = counters.second() - 1_200;
        check(Tokens.signed(
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d,\"evt\":[\"view\",\"comment\"],\"mine\":{\"x\":1}}"
                        .formatted(iat, iat + 7_200)));
        List<String> claims = rows(1);
        assertThat(claims.get(0)).isEqualTo("sub creator that earns | c-1");
        assertThat(claims.get(3)).startsWith("iat signed at | %d %s UTC, 20 min ago".formatted(iat, utc(iat)));
        assertThat(claims.get(4)).startsWith("exp ends | %d %s UTC, in ".formatted(iat + 7_200, utc(iat + 7_200)));
        assertThat(claims.get(5)).isEqualTo("evt types that it allows | [\"view\",\"comment\"]");
        assertThat(claims.get(6)).isEqualTo("mine not read by Millrace | {\"x\":1}");
        assertThat(messages("#results").get(1))
                .startsWith("Look at this: cached-page the token was signed 20 min ago: a cached page?");
    }

    @Test
    void aWrongSecretIsNamed() {
        check(Tokens.signedWith(header("demo.1"), claims(""), SECRET + "\n"));
        assertThat(messages("#results"))
                .containsExactly(
                        "Wrong: A view is rejected: token-signature.",
                        "Look at this: secret-wrapped the signature was made with the secret and a line break at its end;"
                                + " the key is the secret's 43 ASCII characters as they stand.");
        assertThat(rows(0))
                .containsExactly("every event | token-signature the signature is not that of kid demo.1 | –");
        assertThat(rows(1)).first().isEqualTo("sub creator that earns | c-1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '|',
            value = {
                "Bearer %s~token-wrapped the token has \"Bearer\" around it",
                "Authorization: Bearer %s~token-wrapped the token has \"Bearer\" around it",
                "\"%s\"~token-wrapped the token has quotes around it",
                "{\"token\":\"%s\"}~token-wrapped the token has a JSON object around it",
                "%s=~token-base64 the token is encoded as base64 with"
            })
    void aTokenWithSomethingAroundItIsSentAsItIs(String form, String hint) {
        check(form.formatted(token("")));
        assertThat(messages("#results")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(messages("#results").get(1)).startsWith("Look at this: " + hint);
        assertThat(rows(1)).as("its claims are there").first().isEqualTo("sub creator that earns | c-1");
    }

    @Test
    void aTokenThatWasBrokenIntoLinesIsOneToken() {
        String token = token("");
        check(token.substring(0, 30) + "\n" + token.substring(30, 90) + "\n" + token.substring(90));
        assertThat(browser.driver().findElements(By.cssSelector("#results .token")))
                .hasSize(1);
        assertThat(messages("#results").get(1)).startsWith("Look at this: token-base64");
    }

    @Test
    void aPageTokenIsJudgedForTheSiteThatIsNamed() {
        long now = counters.second();
        String page = Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}"
                .formatted(now, now + 30 * 86_400 - 60));
        check(page);
        assertThat(messages("#results").getFirst()).isEqualTo("Wrong: A view is rejected: origin-not-listed.");
        put("site", "news.example");
        check(page);
        assertThat(messages("#results"))
                .containsExactly(
                        "Right: A view is accepted and pays 0.001000 EUR. It is taken for 29 days more.",
                        "Note: This is a page token. The page’s script exchanges it for an event token of each reader’s own,"
                                + " which has view, read, scroll and the types of its evt.");
        assertThat(rows(0)).containsExactly("view | accepted | 0.001000");
        put("site", "");
        check("<link rel=canonical href=" + SITE + "/a/b><script defer src=/m.js data-token=" + page + "></script>");
        assertThat(text("#results"))
                .contains("Judged as a page of https://news.example, which the page names as its own.");
        assertThat(messages("#results"))
                .contains("Right: A view is accepted and pays 0.001000 EUR. It is taken for 29 days more.");
        put("site", "http://");
        check(page);
        assertThat(text("#said")).contains("The address of your site is not one.");
    }

    @Test
    void severalTokensAreJudgedOneByOneUpToTen() {
        String lines = IntStream.range(0, 3_000)
                .mapToObj(i -> Tokens.signed("{\"sub\":\"c-1\",\"jti\":\"%d\"}".formatted(i)))
                .collect(Collectors.joining("\n"));
        check(lines);
        assertThat(text("#said"))
                .contains("10 of 10 tokens judged. 2,990 further tokens are not looked at; it takes 10 at a time.");
        assertThat(browser.driver().findElements(By.cssSelector("#results .token")))
                .hasSize(10);
        String token = token("");
        check(token + "\n\n" + token + "\n" + token);
        assertThat(text("#said")).contains("1 of 1 token judged.");
    }

    @Test
    void whatIsNoTokenIsSaidSo() {
        check("");
        assertThat(text("#said")).contains("Paste a token or the HTML of a page first.");
        check("hello, is this on?");
        assertThat(text("#said")).contains("There is no token in it.");
        check("<p>hello</p>");
        assertThat(messages("#results"))
                .containsExactly("Wrong: There is neither a tag of the script nor a pixel in this page.");
        check("not.a.token-at-all.but.long");
        assertThat(messages("#results").getFirst()).isEqualTo("Wrong: A view is rejected: token-malformed.");
    }

    // ------------------------------------------------------------------------------------------ hostile texts

    @Test
    void htmlInAClaimIsAText() {
        check(Tokens.signed(
                "{\"sub\":\"%1$s\",\"art\":\"/a\",\"%1$s\":{\"%1$s\":\"%1$s\"},\"__proto__\":{\"x\":1},\"constructor\":1,\"iat\":1e400}"
                        .formatted(HOSTILE)));
        assertThat(text("#results")).contains(HOSTILE);
        check("<title>" + HOSTILE + "</title>" + HOSTILE + "<script src='/m.js' data-consent=\"" + HOSTILE
                + "\" data-token=\"" + HOSTILE + "\"></script><div data-millrace-reaction=\"" + HOSTILE + "\"></div>");
        assertThat(browser.run("return document.querySelectorAll('#results img, #results script').length"))
                .isEqualTo(0L);
        assertThat(browser.run("return String(window.hit)")).isEqualTo("undefined");
    }

    @Test
    void megabytesAreRefusedInWords() {
        check("<p>" + "x".repeat(1_000_001));
        assertThat(text("#said")).contains("That is 1,000,004 characters; this page reads up to 1,000,000.");
        assertThat(edge.calls("/v1/events", 0)).isEmpty();
        for (String piece : List.of("ey", "<a", "<", "eyJhbGciOiJI.", "&#46;", " \"")) {
            check(piece.repeat(900_000 / piece.length()));
            assertThat(text("#said")).as(piece).isNotBlank();
        }
    }

    /** The page has another server's addresses in it, and asks that server nothing. */
    @Test
    void noAddressThatIsPastedIsFetched() throws IOException {
        try (FrontEdge elsewhere = new FrontEdge(ingest)) {
            String other = elsewhere.origin();
            check("""
                    <base href="%1$s/"><link rel=stylesheet href="%1$s/a.css"><link rel=preload as=image href="%1$s/b.png">
                    <link rel=icon href="%1$s/icon.ico"><meta http-equiv=refresh content="0;url=%1$s/r">
                    <script src="%1$s/m.js" integrity="sha384-x" data-token-url="%1$s/token"></script>
                    <img src="%1$s/v1/pixel.gif?t=%2$s"><img srcset="%1$s/c.png 2x"><iframe src="%1$s/f"></iframe><video src="%1$s/v" poster="%1$s/p"></video>
                    <svg><image href="%1$s/s.svg"/></svg><object data="%1$s/o"></object><style>@import "%1$s/i.css"</style>
                    """.formatted(other, token("")));
            assertThat(text("#said")).contains("1 of 1 token judged. Tags of the script: 1, pixels: 1.");
            check("{\"jku\":\"" + other + "/keys\"}\n"
                    + Tokens.signed(
                            "{\"alg\":\"HS256\",\"jku\":\"%1$s/j\",\"kid\":\"demo.1\"}".formatted(other),
                            claims(""),
                            "demo.1"));
            assertThat(elsewhere.calls()).isEmpty();
        }
        assertThat(edge.calls().stream()
                        .map(call -> call.target().split("\\?", -1)[0])
                        .distinct())
                .allMatch(path -> path.startsWith("/check") || path.equals("/v1/events") || path.equals("/m.js"));
    }

    // ------------------------------------------------------------------------------------------ pages

    static Stream<Arguments> tags() {
        String self = "<script defer src=\"EDGE/m.js\" data-token-url=/t";
        return Stream.of(
                Arguments.of(self + "></script>", "Right: Nothing is wrong with it."),
                Arguments.of(
                        "<script src=EDGE/m.js data-token-url=/t></script>",
                        "Look at this: defer is missing, so the page waits for the script. Add defer."),
                Arguments.of(
                        "<script async src=EDGE/m.js data-token-url=/t></script>",
                        "Note: async runs the script as soon as it is there, perhaps after your own. With defer the order is that of the tags."),
                Arguments.of(
                        self + " type=module></script>",
                        "Wrong: type=\"module\" keeps the script from finding its tag. Leave type out."),
                Arguments.of(
                        "<script defer src=https://other.example/m.js data-token-url=/t></script>",
                        "Look at this: The address is of other.example, and this edge is HOST: events go there."
                                + " That is right where your own proxy hands Millrace’s paths to this edge."),
                Arguments.of(
                        "<script defer src=/m.js data-token-url=/t></script>",
                        "Note: The address is on your own site. That is right where your own proxy hands Millrace’s paths to this edge."),
                Arguments.of(
                        self + " crossorigin=use-credentials></script>",
                        "Wrong: crossorigin=\"use-credentials\" makes browsers refuse the script. Write crossorigin=\"anonymous\"."),
                Arguments.of(
                        "<script defer src=EDGE/m/VERSION.js integrity=HASH data-token-url=/t></script>",
                        "Wrong: integrity needs crossorigin=\"anonymous\": without it browsers refuse the script."),
                Arguments.of(
                        "<script defer src=EDGE/m/VERSION.js integrity=HASH crossorigin=anonymous data-token-url=/t></script>",
                        "Right: Nothing is wrong with it."),
                Arguments.of(
                        "<script defer src=EDGE/m/VERSION.js integrity=sha384-AAAA crossorigin data-token-url=/t></script>",
                        "Wrong: integrity is not the hash of the script that this edge serves, so browsers refuse it."),
                Arguments.of(
                        "<script defer src=EDGE/m/0123456789ab.js integrity=sha384-AAAA crossorigin data-token-url=/t></script>",
                        "Wrong: This edge serves version VERSION, so /m/0123456789ab.js is not there."),
                Arguments.of(
                        "<script defer src=EDGE/m.js integrity=HASH crossorigin data-token-url=/t></script>",
                        "Look at this: integrity with /m.js breaks with the next release. Pin /m/<version>.js."),
                Arguments.of(
                        "<script defer src=EDGE/m.js data-token='{{ token }}'></script>",
                        "Wrong: data-token is a placeholder. Paste the page as a browser gets it."),
                Arguments.of(
                        "<script defer src=EDGE/m.js data-token=TOKEN></script>",
                        "Note: data-token holds an event token: no cache may keep this page. A cached page takes data-token-url or a page token."),
                Arguments.of(
                        "<script defer src=EDGE/m.js data-token=''></script>",
                        "Wrong: data-token is empty. Did the template find no token?"),
                Arguments.of(
                        "<script defer src=EDGE/m.js></script>",
                        "Note: There is neither data-token nor data-token-url, so the page must call millrace.page({ token }) itself."),
                Arguments.of(
                        self + " data-consent=yes></script>",
                        "Look at this: data-consent knows \"wait\" alone. Anything else is as if it were not there."),
                Arguments.of(
                        self + " data-consent=wait></script>",
                        "Note: data-consent=\"wait\": nothing is sent until the page calls millrace.consent(true)."),
                Arguments.of(
                        "<script defer data-token-url=/t></script>", "Wrong: src is missing, so nothing is loaded."),
                Arguments.of("<img src=EDGE/v1/pixel.gif>", "Wrong: t, the token, is missing."),
                Arguments.of(
                        "<noscript><img loading=lazy src=\"EDGE/v1/pixel.gif?t=TOKEN&amp;t=x\"></noscript>",
                        "Wrong: t is there more than once.|"
                                + "Wrong: loading=\"lazy\" keeps browsers from loading it until the reader has scrolled there. Leave it out."));
    }

    @ParameterizedTest
    @MethodSource("tags")
    void aTagIsJudged(String html, String findings) {
        String script = ingest.get("/m.js").body();
        String version = ingest.get("/m.js").header("ETag").replaceAll("[W/\"]", "");
        String hash = "sha384-" + Base64.getEncoder().encodeToString(sha384(script));
        check(html.replace("EDGE", edge.origin())
                .replace("VERSION", version)
                .replace("HASH", hash)
                .replace("TOKEN", token("")));
        assertThat(messages("#results > section:first-of-type"))
                .isEqualTo(Stream.of(findings.split("\\|", -1))
                        .map(one ->
                                one.replace("HOST", edge.origin().substring(7)).replace("VERSION", version))
                        .toList());
    }

    @Test
    void aFurtherTagDoesNothing() {
        String tag = "<script defer src=%s/m.js data-token-url=/t></script>".formatted(edge.origin());
        check(tag + tag);
        assertThat(messages("#results > section:nth-of-type(2)"))
                .containsExactly(
                        "Note: This is a further tag. The first one counts the page, and this one does nothing.");
    }

    static Stream<Arguments> policies() {
        return Stream.of(
                Arguments.of("script-src EDGE; connect-src EDGE", "", "script-src EDGE; connect-src EDGE"),
                Arguments.of("default-src https: http:", "", "default-src https: http:"),
                Arguments.of("img-src 'none'", "", "img-src 'none'"),
                Arguments.of(
                        "script-src http://127.0.0.1:*; connect-src *",
                        "",
                        "script-src http://127.0.0.1:*; connect-src *"),
                Arguments.of(
                        "default-src 'self'",
                        "script: default-src|events: default-src",
                        "default-src 'self'; script-src 'self' EDGE; connect-src 'self' EDGE"),
                Arguments.of(
                        "default-src 'none'; script-src-elem 'self'; connect-src 'none'",
                        "script: script-src-elem|events: connect-src",
                        "default-src 'none'; script-src-elem 'self' EDGE; connect-src EDGE"),
                Arguments.of(
                        "script-src EDGE/other.js; connect-src *.example.com",
                        "script: script-src|events: connect-src",
                        "script-src EDGE/other.js EDGE; connect-src *.example.com EDGE"),
                Arguments.of(
                        "script-src 'nonce-abc' 'strict-dynamic'; connect-src EDGE",
                        "",
                        "script-src 'nonce-abc' 'strict-dynamic'; connect-src EDGE"));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void aPolicyThatBlocksIsNamedAndMended(String policy, String blocks, String mended) {
        check(
                "<meta http-equiv=Content-Security-Policy content=\"%s\"><script defer nonce=abc src=%s/m.js data-token=x></script>"
                        .formatted(policy, edge.origin())
                        .replace("EDGE", edge.origin()));
        List<String> expected = blocks.isEmpty()
                ? List.of()
                : Stream.of(blocks.split("\\|", -1))
                        .map(block -> block.split(": ", -1))
                        .map(block -> "Wrong: The page’s policy (CSP) blocks the %s: %s does not hold %s."
                                .formatted(block[0], block[1], edge.origin()))
                        .toList();
        assertThat(messages("#results").stream().filter(message -> message.contains("policy")))
                .isEqualTo(expected);
        assertThat(mendedPolicy()).isEqualTo(mended.replace("EDGE", edge.origin()));
    }

    /** The page of another origin, in the same browser. */
    @Test
    void aMendedPolicyLetsAPageCount() {
        String token = Tokens.signed(claims("").replace("c-1", "c-2"));
        String tag = "<script defer src=%s/m.js data-token=%s></script>".formatted(edge.origin(), token);
        String page = "<!doctype html><meta http-equiv=Content-Security-Policy content=\"%s\">" + tag;
        String blocking = "default-src 'self'; script-src 'self'";
        check(page.formatted(blocking));
        String mended = mendedPolicy();
        String site = edge.origin().replace("127.0.0.1", "localhost") + "/site";
        edge.answer("/site", new Answer(200, "text/html", page.formatted(blocking), ""));
        browser.driver().get(site);
        assertThat(browser.console()).anyMatch(line -> line.contains("m.js"));
        edge.reset();
        edge.answer("/site", new Answer(200, "text/html", page.formatted(mended), ""));
        browser.driver().get(site);
        assertThat(edge.calls("/v1/events", 1).getFirst().body()).contains("\"type\":\"view\"");
    }

    @Test
    void aTokensAddressIsAConnectionToo() {
        check(
                "<meta http-equiv=Content-Security-Policy content=\"default-src %1$s\"><script defer src=%1$s/m.js data-token-url=/t></script>"
                        .formatted(edge.origin()));
        assertThat(messages("#results").getFirst())
                .isEqualTo(
                        "Wrong: The page’s policy (CSP) blocks the token’s address: default-src does not hold 'self'.");
        assertThat(mendedPolicy()).isEqualTo("default-src %1$s; connect-src %1$s 'self'".formatted(edge.origin()));
    }

    @Test
    void aPolicyOfNoncesTakesTheTagsNonce() {
        check(
                "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-abc' 'strict-dynamic'\"><script defer src=%s/m.js data-token-url=/t></script>"
                        .formatted(edge.origin()));
        assertThat(messages("#results"))
                .contains(
                        "Wrong: The page’s policy (CSP) has 'strict-dynamic', so it blocks the script. Give the tag the policy’s nonce.");
    }

    @Test
    void theLinesOfTheSiteAreOfThisEdge() {
        assertThat(lines("#needs"))
                .containsExactly(
                        "<script defer src=\"%1$s/m.js\" data-token=\"…\"></script>".formatted(edge.origin()),
                        "script-src %1$s; connect-src %1$s; img-src %1$s".formatted(edge.origin()),
                        "Access-Control-Allow-Origin: *");
        put("site", SITE);
        check("<script defer src=%s/m.js data-token-url=https://tokens.example/t></script>".formatted(edge.origin()));
        assertThat(lines("#needs"))
                .containsExactly(
                        "<script defer src=\"%1$s/m.js\" data-token=\"…\"></script>".formatted(edge.origin()),
                        "script-src %1$s; connect-src %1$s".formatted(edge.origin()),
                        "Access-Control-Allow-Origin: *",
                        "Access-Control-Allow-Origin: " + SITE);
    }

    // ------------------------------------------------------------------------------------------ verdicts

    private static final String ANSWER = """
            {"publisher":"demo","kid":"demo.1",
             "hours":[{"hour":"2026-11-30T18:00:00Z","accepted":12,"duplicate":3,"filtered":{"robot":2,"rate":5},"rejected":{"token-expired":1}},
                      {"hour":"2026-11-30T17:00:00Z","accepted":1}],
             "last":[{"at":"2026-11-30T18:51:02Z","type":"view","status":"rejected","code":"token-expired","count":3},
                     {"at":"2026-11-30T18:51:00Z","type":"read","status":"filtered","reason":"robot"}],
             "warnings":[{"code":"jti-without-article","detail":"41 of 120 duplicates of the last hour"}]}
            """;

    @Test
    void theLastVerdictsOfAKeyAreShownToItsSecret() {
        edge.answer(VERDICTS, Answer.json(200, ANSWER));
        check(token(""));
        assertThat(value("kid")).as("from the token").isEqualTo("demo.1");
        ask("demo.1", " " + SECRET + "\n");
        assertThat(text("#verdicts")).contains("Publisher demo", "Key demo.1");
        assertThat(browser.driver()
                        .findElement(By.cssSelector("#verdicts"))
                        .findElements(By.xpath("*"))
                        .getFirst()
                        .getText())
                .contains("jti-without-article 41 of 120 duplicates of the last hour");
        assertThat(rows("#verdicts", 0))
                .containsExactly(
                        "2026-11-30 18:00 | 12 | 3 | 7 robot 2 rate 5 | 1 token-expired 1",
                        "2026-11-30 17:00 | 1 | 0 | 0 | 0");
        assertThat(rows("#verdicts", 1).getFirst())
                .matches("2026-11-30 18:51:02 UTC .* \\| view \\| rejected token-expired \\| 3");
        assertThat(rows("#verdicts", 1).getLast())
                .matches("2026-11-30 18:51:00 UTC .* \\| read \\| filtered robot \\| 1");
        Call call = edge.calls(VERDICTS, 1).getFirst();
        assertThat(call.method() + " " + call.target()).isEqualTo("GET " + VERDICTS);
        assertThat(call.header("Authorization"))
                .isEqualTo("Basic "
                        + Base64.getEncoder().encodeToString(("demo.1:" + SECRET).getBytes(StandardCharsets.US_ASCII)));
        assertThat(call.header("Cookie") + call.header("Referer")).isEmpty();
    }

    /** By the service itself, as all that is not answered by the test. */
    @Test
    void whatBecameOfAnEventIsShownToItsKeyAndToNoOther() {
        ask("demo.3", SECRET);
        assertThat(text("#key-said")).contains("This is not the secret of that key, or there is no such key.");
        assertThat(text("#verdicts")).isEmpty();
        String event = "{\"token\":\"%s\",\"type\":\"view\"}"
                .formatted(Tokens.signed(header("demo.3"), claims("").replace("c-1", "c-3"), "demo.3"));
        assertThat(ingest.post(event).count("accepted")).isEqualTo(1);
        Await.until(
                () -> {
                    ask("demo.3", Tokens.secret("demo.3"));
                    return text("#verdicts");
                },
                shown -> shown.contains("The last events of this key"));
        assertThat(rows("#verdicts", 1).getFirst())
                .matches("\\d{4}-\\d\\d-\\d\\d .* UTC .* \\| view \\| accepted \\| 1");
        assertThat(rows("#verdicts", 0)).hasSizeBetween(1, 2);
    }

    @Test
    void aSecretIsNeverKeptNorPutIntoAnAddress() {
        browser.run("document.cookie = 'site=1'");
        edge.answer(VERDICTS, Answer.json(200, ANSWER));
        ask("demo.1", SECRET);
        assertThat(edge.calls(VERDICTS, 1).getFirst().header("Cookie"))
                .as("credentials")
                .isEmpty();
        assertThat(edge.calls().stream().map(Call::target)).noneMatch(target -> target.contains(SECRET));
        assertThat(browser.driver().getCurrentUrl()).isEqualTo(edge.origin() + "/check");
        assertThat(browser.run("return localStorage.length + sessionStorage.length + history.length * 0"))
                .isEqualTo(0L);
        assertThat(browser.run("return document.documentElement.outerHTML").toString())
                .doesNotContain(SECRET);
        browser.driver().get("about:blank");
        browser.driver().navigate().back();
        assertThat(value("secret")).isEmpty();
        browser.run("document.cookie = 'site=; max-age=0'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "demo~x~A key is named <publisher>.<number>, such as demo.1.",
                "demo.1~~The secret is missing.",
                "demo.1~pässword~That is no secret: it is 43 letters, digits, hyphens and underscores.",
                "demo.1~two words~That is no secret: it is 43 letters, digits, hyphens and underscores."
            })
    void aKeyThatIsNoneIsNotSent(String kid, String secret, String said) {
        ask(kid, secret == null ? "" : secret);
        assertThat(text("#key-said")).contains(said);
        assertThat(edge.calls(VERDICTS, 0)).isEmpty();
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(
                        new Answer(401, "application/problem+json", "{\"code\":\"unauthorized\"}", ""),
                        "This is not the secret of that key, or there is no such key."),
                Arguments.of(
                        new Answer(404, "application/problem+json", "{}", ""), "This edge does not have that address"),
                Arguments.of(
                        new Answer(
                                429,
                                "application/problem+json",
                                "{\"detail\":\"too many requests come from this address\"}",
                                "3"),
                        "The edge takes no more requests just now, or none from your address. It says: too many requests come from this address. Try again in 3 s."),
                Arguments.of(
                        new Answer(503, "application/problem+json", "{\"detail\":\"Redis is away\"}", "2"),
                        "The edge can’t tell now. It says: Redis is away. Try again in 2 s."),
                Arguments.of(
                        new Answer(502, "text/html", "<h1>Bad gateway</h1>", ""),
                        "The edge can’t tell now. Try again in a while."),
                Arguments.of(new Answer(500, "text/plain", "oops", ""), "The edge answers 500."),
                Arguments.of(
                        new Answer(200, "text/html", "<h1>Log in to the hotel</h1>", ""),
                        "Something between this page and the edge has answered in its place."),
                Arguments.of(
                        Answer.NONE,
                        "The edge can’t be reached: there is no network, it is down, or something between blocks it."));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatGoesWrongIsToldInWords(Answer answer, String said) {
        edge.answer(VERDICTS, answer);
        edge.answer("/v1/events", answer);
        ask("demo.1", SECRET);
        assertThat(text("#key-said")).contains(said);
        check(token(""));
        assertThat(messages("#results").getFirst()).contains(said);
        assertThat(text("#said")).contains("0 of 1 token judged.");
        assertThat(rows(0)).as("its claims all the same").first().isEqualTo("sub creator that earns | c-1");
        edge.reset();
        check(token(""));
        assertThat(text("#said")).contains("1 of 1 token judged.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"hours\":{},\"last\":5,\"warnings\":\"x\"}",
                "{\"hours\":[null,5,{}],\"last\":[null,{},{\"at\":5,\"count\":\"many\",\"type\":{}}],\"warnings\":[{}],\"kid\":{}}"
            })
    void anAnswerThatNobodyExpectsBreaksNothing(String body) {
        edge.answer(VERDICTS, Answer.json(200, body));
        ask("demo.1", SECRET);
        assertThat(text("#key-said")).contains("The verdicts are below.");
        edge.answer("/v1/events", Answer.json(200, body));
        check(token(""));
        assertThat(messages("#results").getFirst()).contains("The edge’s answer is not one that this page knows.");
    }

    // ------------------------------------------------------------------------------------------ for everybody

    @ParameterizedTest
    @CsvSource({"1000, light", "1000, dark", "320, light", "320, dark"})
    void nothingIsInTheWayOfAnybody(int width, String scheme) {
        edge.answer(VERDICTS, Answer.json(200, ANSWER));
        browser.driver()
                .executeCdpCommand(
                        "Emulation.setEmulatedMedia",
                        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        size(width);
        assertThat(barriers()).as("empty").isEmpty();
        check(
                "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><script src=https://x.example/m.js data-token=%s></script><img src=%s/v1/pixel.gif?t=%s>"
                        .formatted(
                                Tokens.signedWith(header("demo.1"), claims(""), SECRET + "\n"),
                                edge.origin(),
                                token("")));
        ask("demo.1", SECRET);
        assertThat(barriers()).as("full").isEmpty();
        edge.answer(VERDICTS, Answer.NONE);
        ask("demo.1", SECRET);
        assertThat(barriers()).as("a failure").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {320, 500, 641, 1_000, 2_500})
    void nothingIsWiderThanTheScreen(int width) {
        edge.answer(
                VERDICTS,
                Answer.json(
                        200,
                        ANSWER.replace("token-expired", "x".repeat(60))
                                .replace("\"demo\"", "\"" + "m".repeat(32) + "\"")));
        size(width);
        check(Tokens.signed("{\"sub\":\"%s\",\"art\":\"%s\",\"jti\":\"%s\",\"%s\":\"%s\"}"
                        .formatted("W".repeat(64), "M".repeat(128), "j".repeat(64), "n".repeat(300), "v".repeat(3_000)))
                + "\n"
                + "q".repeat(4_000));
        ask("demo.1", SECRET);
        assertThat(browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .isEqualTo(0L);
        assertThat(
                        browser.run(
                                "return [...document.querySelectorAll('main *')].filter(e => !e.closest('.unseen, thead, input') && e.scrollWidth > e.clientWidth + 1"
                                        + " && getComputedStyle(e).display !== 'inline').map(e => e.outerHTML.slice(0, 80)).join()"))
                .as("cut off")
                .isEqualTo("");
    }

    @Test
    void aKeyboardIsEnough() {
        edge.answer(VERDICTS, Answer.json(200, ANSWER));
        put("text", token(""));
        browser.driver().findElement(By.id("text")).sendKeys(Keys.END);
        new Actions(browser.driver())
                .keyDown(Keys.CONTROL)
                .sendKeys(Keys.ENTER)
                .keyUp(Keys.CONTROL)
                .perform();
        Await.until(() -> text("#said"), said -> said.contains("1 of 1 token judged."));
        new Actions(browser.driver()).sendKeys(Keys.TAB, SITE, Keys.TAB).perform();
        assertThat(focused()).isEqualTo("Check");
        new Actions(browser.driver()).sendKeys(Keys.SPACE).perform();
        Await.until(() -> text("#results"), results -> results.contains("Judged as a page of " + SITE));
        new Actions(browser.driver())
                .sendKeys(Keys.TAB, Keys.TAB, SECRET, Keys.ENTER)
                .perform();
        Await.until(() -> text("#key-said"), said -> said.contains("The verdicts are below."));
        new Actions(browser.driver()).sendKeys(Keys.TAB).perform();
        assertThat(focused()).isEqualTo("Show verdicts");
        assertThat(browser.run("return getComputedStyle(document.activeElement).outlineStyle"))
                .isEqualTo("solid");
    }

    @Test
    void thePageWorksBelowAPathOfAProxy() {
        open(edge.origin() + "/millrace/check");
        check(token(""));
        assertThat(text("#said")).contains("1 of 1 token judged.");
        assertThat(lines("#needs").getFirst()).contains("src=\"%s/millrace/m.js\"".formatted(edge.origin()));
        assertThat(edge.calls("/millrace/v1/events", 1)).hasSize(1);
    }

    @Test
    void thePolicyBlocksNothingOfThePageItself() {
        check("<script defer src=%s/m.js integrity=sha384-x data-token=%s></script>"
                .formatted(edge.origin(), token("")));
        assertThat(browser.console()).isEmpty();
    }

    // ------------------------------------------------------------------------------------------ helpers

    private static String header(String kid) {
        return "{\"alg\":\"HS256\",\"kid\":\"%s\"}".formatted(kid);
    }

    private static String claims(String more) {
        long now = counters.second();
        return "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d%s}"
                .formatted(now, now + 3_600, more);
    }

    private static String token(String more) {
        return Tokens.signed(header("demo.1"), claims(more), "demo.1");
    }

    private static String utc(long second) {
        return Instant.ofEpochSecond(second).toString().replace('T', ' ').replace("Z", "");
    }

    private static void open(String address) {
        browser.driver().get(address);
        Await.until(() -> lines("#needs").size(), lines -> lines > 0);
    }

    private static void size(int width) {
        browser.driver()
                .executeCdpCommand(
                        "Emulation.setDeviceMetricsOverride",
                        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
    }

    private static void put(String field, String value) {
        browser.driver().executeScript("document.getElementById(arguments[0]).value = arguments[1]", field, value);
    }

    private static String value(String field) {
        return Objects.requireNonNull(browser.driver().findElement(By.id(field)).getDomProperty("value"));
    }

    /** Until the page has said what became of it. */
    private static void check(String text) {
        put("text", text);
        browser.run(
                "document.getElementById('said').replaceChildren(); document.getElementById('paste').requestSubmit()");
        Await.until(() -> text("#said"), said -> !said.isBlank() && !said.contains("Asking the edge"));
    }

    private static void ask(String kid, String secret) {
        put("kid", kid);
        put("secret", secret);
        browser.run(
                "document.getElementById('key-said').replaceChildren(); document.getElementById('key').requestSubmit()");
        Await.until(() -> text("#key-said"), said -> !said.isBlank() && !said.contains("Asking the edge"));
    }

    /** As a person sees it, and a screen reader hears it. */
    private static String text(String selector) {
        return line(browser.driver().findElement(By.cssSelector(selector)));
    }

    private static String line(WebElement element) {
        return Objects.requireNonNullElse(element.getDomProperty("textContent"), "")
                .strip();
    }

    private static List<String> messages(String within) {
        return browser.driver().findElements(By.cssSelector(within + " .message > div")).stream()
                .map(CheckPageIT::line)
                .toList();
    }

    private static List<String> lines(String within) {
        return browser.driver().findElements(By.cssSelector(within + " pre")).stream()
                .map(CheckPageIT::line)
                .toList();
    }

    private static String mendedPolicy() {
        List<String> lines = lines("#needs");
        return lines.get(2);
    }

    private static List<String> rows(int table) {
        return rows("#results", table);
    }

    /** The rows of a table, their cells with a bar between them, the parts of a cell with a space. */
    private static List<String> rows(String within, int table) {
        Object rows = browser.driver().executeScript("""
                const parts = node => [...node.childNodes].flatMap(child => child.nodeType === 3 ? child.data : parts(child))
                const table = document.querySelectorAll(arguments[0] + ' table')[arguments[1]]
                return [...table.querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => parts(cell).join(' ')).join(' | ')).join('\\n')
                """, within, table);
        return Arrays.asList(String.valueOf(rows).split("\n", -1));
    }

    private static String focused() {
        return String.valueOf(browser.run("return document.activeElement.textContent"));
    }

    private static byte[] sha384(String text) {
        return Hashing.sha384().hashString(text, StandardCharsets.UTF_8).asBytes();
    }

    /** What axe finds that hinders people, of any severity. */
    private static List<?> barriers() {
        try (InputStream axe = Objects.requireNonNull(CheckPageIT.class.getResourceAsStream("/axe.min.js"))) {
            JavascriptExecutor driver = browser.driver();
            Object found = driver.executeAsyncScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8) + """
                    ;const done = arguments[arguments.length - 1]
                    axe.run().then(result => done(result.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html).join())), error => done([String(error)]))
                    """);
            return (List<?>) Objects.requireNonNull(found);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
