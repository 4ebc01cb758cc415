package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.Await;
import dev.millrace.ingest.check.FrontEdge.Answer;
import dev.millrace.ingest.check.FrontEdge.Call;
import dev.millrace.ingest.verify.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;

/** The last verdicts of a key, what becomes of its secret, and what is said where the edge fails. */
class CheckVerdictsIT extends CheckPage {
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
}
