package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.check.FrontEdge.Answer;
import dev.millrace.ingest.verify.Tokens;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a publisher learns of the HTML of a page, and what its site needs. */
class CheckTagsIT extends CheckPage {
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
                        "Look at this: With type=\"module\" the script finds its tag by data-token alone. Leave type out."),
                Arguments.of(
                        "<script type=module src=EDGE/m.js></script>",
                        "Wrong: type=\"module\" keeps the script from finding its tag. Leave type out."
                                + "|Note: There is neither data-token nor data-token-url, so the page must call millrace.page({ token }) itself."),
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
                        "<script defer src=EDGE/m/398012bcea9f.js crossorigin data-token-url=/t></script>",
                        "Right: Nothing is wrong with it."),
                Arguments.of(
                        "<script defer src=EDGE/m/398012bcea9f.js integrity=HASH crossorigin data-token-url=/t></script>",
                        "Wrong: integrity is not the hash of the script that this edge serves, so browsers refuse it."),
                Arguments.of(self + " type=text/javascript></script>", "Right: Nothing is wrong with it."),
                Arguments.of(
                        self + " type=text/plain></script>",
                        "Look at this: Browsers run no type=\"text/plain\". Leave type out, unless a consent tool or a CDN has put it there and runs the script later."),
                Arguments.of(
                        "<script defer src=EDGE/m.js data-tokn=TOKEN token=TOKEN></script>",
                        "Wrong: The script does not read data-tokn. It reads data-token and data-token-url.|"
                                + "Wrong: The script does not read token. It reads data-token and data-token-url.|"
                                + "Note: There is neither data-token nor data-token-url, so the page must call millrace.page({ token }) itself."),
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

    @Test
    void aPageTokenGrantsReactionsOnlyWhereItNamesThem() {
        String warning =
                "Look at this: The page has reactions, and its page token does not grant them. Sign it with \"evt\": [\"reaction\"].";
        String page =
                "<script defer src=%s/m.js data-token=%s></script><button data-millrace-reaction=like>like</button>";
        check(page.formatted(edge.origin(), pageToken("")));
        assertThat(messages("#results")).contains(warning);
        for (String evt : List.of("[\"comment\",\"reaction\"]", "\"reaction\"")) {
            check(page.formatted(edge.origin(), pageToken(",\"evt\":" + evt)));
            assertThat(messages("#results"))
                    .contains("Note: Elements for reactions: like.")
                    .doesNotContain(warning);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-referrer", "same-origin"})
    void aPixelNeedsThePagesAddress(String policy) {
        String pixel = "<img src=\"%s/v1/pixel.gif?t=%s\"".formatted(edge.origin(), pageToken(""));
        String meta = "<meta name=referrer content=%s>".formatted(policy);
        String warning =
                "Look at this: The page hides its address (meta referrer, %s). A page token then does not count for the pixel, nor, in some browsers, for readers who leave early. Give the pixel referrerpolicy=\"strict-origin\"."
                        .formatted(policy);
        check(meta + pixel + ">");
        assertThat(messages("#results")).contains(warning);
        check(meta + pixel + " referrerpolicy=strict-origin>");
        assertThat(messages("#results")).doesNotContain(warning).contains("Right: Nothing is wrong with it.");
        check(pixel + " referrerpolicy=%s>".formatted(policy));
        assertThat(messages("#results"))
                .contains(
                        "Wrong: referrerpolicy=\"%s\" hides the page, and a page token counts on listed sites alone. Write referrerpolicy=\"strict-origin\"."
                                .formatted(policy));
    }

    private static String pageToken(String more) {
        long now = counters.second();
        return Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d%s}"
                .formatted(now, now + 86_400, more));
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
}
