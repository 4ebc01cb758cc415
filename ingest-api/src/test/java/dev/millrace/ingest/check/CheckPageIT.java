package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.Await;
import dev.millrace.ingest.check.FrontEdge.Answer;
import dev.millrace.ingest.verify.Tokens;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;

/** What a publisher learns of a token on the page {@code /check}, in a real Chromium. */
class CheckPageIT extends CheckPage {
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

    /** As a terminal or a mail program wraps it. */
    @ParameterizedTest
    @ValueSource(ints = {10, 40, 60, 100, 150, -1})
    void aTokenThatWasBrokenOverLinesIsOne(int width) {
        String token = token("");
        int most = width < 0 ? token.length() - 1 : width;
        check(token.replaceAll("(.{" + most + "})", "$1\n"));
        assertThat(text("#said")).contains("1 of 1 token judged.");
        assertThat(messages("#results").get(1)).startsWith("Look at this: token-base64");
        check(token + "\nsome-words\n" + token.replaceAll("\\..*", ".x"));
        assertThat(text("#said")).contains("2 of 2 tokens judged.");
    }

    @Test
    void aTagOfATemplateIsATag() {
        check("<script defer src=%s/m.js data-token=\"<?= $token ?>\"></script>".formatted(edge.origin()));
        assertThat(messages("#results").getFirst())
                .isEqualTo("Wrong: data-token is a placeholder. Paste the page as a browser gets it.");
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
        check("https://news.example/a?b=1");
        assertThat(text("#said"))
                .contains(
                        "That is an address, and this page fetches none. Open it in a browser, and paste the source of the page.");
        check("https://events.example/v1/pixel.gif?t=" + token(""));
        assertThat(text("#said")).contains("1 of 1 token judged.");
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
}
