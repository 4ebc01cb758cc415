package dev.millrace.ingest.check;

import com.google.common.hash.Hashing;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.ingest.Await;
import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Browser;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.openqa.selenium.By;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.WebElement;

/** The page {@code /check} in a real Chromium, in front of a service and of what a test answers in its place. */
abstract class CheckPage {
    static final String SECRET = Tokens.secret("demo.1");
    static final String SITE = "https://news.example";
    static final String VERDICTS = "/v1/verdicts";
    static final String HOSTILE = "<img src=x onerror=window.hit=1><script>window.hit=1</script>";

    /** Of {@code GET /v1/verdicts}, with a warning. */
    static final String ANSWER = """
            {"publisher":"demo","kid":"demo.1",
             "hours":[{"hour":"2026-11-30T18:00:00Z","accepted":12,"duplicate":3,"filtered":{"robot":2,"rate":5},"rejected":{"token-expired":1}},
                      {"hour":"2026-11-30T17:00:00Z","accepted":1}],
             "last":[{"at":"2026-11-30T18:51:02Z","type":"view","status":"rejected","code":"token-expired","count":3},
                     {"at":"2026-11-30T18:51:00Z","type":"read","status":"filtered","reason":"robot"}],
             "warnings":[{"code":"jti-without-article","detail":"41 of 120 duplicates of the last hour"}]}
            """;

    static OpenCounters counters;
    static RunningIngest ingest;
    static FrontEdge edge;
    static Browser browser;

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

    static String header(String kid) {
        return "{\"alg\":\"HS256\",\"kid\":\"%s\"}".formatted(kid);
    }

    static String claims(String more) {
        long now = counters.second();
        return "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d%s}"
                .formatted(now, now + 3_600, more);
    }

    static String token(String more) {
        return Tokens.signed(header("demo.1"), claims(more), "demo.1");
    }

    static String utc(long second) {
        return Instant.ofEpochSecond(second).toString().replace('T', ' ').replace("Z", "");
    }

    static void open(String address) {
        browser.driver().get(address);
        Await.until(() -> lines("#needs").size(), lines -> lines > 0);
    }

    static void size(int width) {
        browser.driver()
                .executeCdpCommand(
                        "Emulation.setDeviceMetricsOverride",
                        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
    }

    static void put(String field, String value) {
        browser.driver().executeScript("document.getElementById(arguments[0]).value = arguments[1]", field, value);
    }

    static String value(String field) {
        return Objects.requireNonNull(browser.driver().findElement(By.id(field)).getDomProperty("value"));
    }

    /** Until the page has said what became of it. */
    static void check(String text) {
        put("text", text);
        browser.run(
                "document.getElementById('said').replaceChildren(); document.getElementById('paste').requestSubmit()");
        Await.until(() -> text("#said"), said -> !said.isBlank() && !said.contains("Asking the edge"));
    }

    static void ask(String kid, String secret) {
        put("kid", kid);
        put("secret", secret);
        browser.run(
                "document.getElementById('key-said').replaceChildren(); document.getElementById('key').requestSubmit()");
        Await.until(() -> text("#key-said"), said -> !said.isBlank() && !said.contains("Asking the edge"));
    }

    /** As a person sees it, and a screen reader hears it. */
    static String text(String selector) {
        return line(browser.driver().findElement(By.cssSelector(selector)));
    }

    static String line(WebElement element) {
        return Objects.requireNonNullElse(element.getDomProperty("textContent"), "")
                .strip();
    }

    static List<String> messages(String within) {
        return browser.driver().findElements(By.cssSelector(within + " .message > div")).stream()
                .map(CheckPage::line)
                .toList();
    }

    static List<String> lines(String within) {
        return browser.driver().findElements(By.cssSelector(within + " pre")).stream()
                .map(CheckPage::line)
                .toList();
    }

    static String mendedPolicy() {
        List<String> lines = lines("#needs");
        return lines.get(2);
    }

    static List<String> rows(int table) {
        return rows("#results", table);
    }

    /** The rows of a table, their cells with a bar between them, the parts of a cell with a space. */
    static List<String> rows(String within, int table) {
        Object rows = browser.driver().executeScript("""
                const parts = node => [...node.childNodes].flatMap(child => child.nodeType === 3 ? child.data : parts(child))
                const table = document.querySelectorAll(arguments[0] + ' table')[arguments[1]]
                return [...table.querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => parts(cell).join(' ')).join(' | ')).join('\\n')
                """, within, table);
        return Arrays.asList(String.valueOf(rows).split("\n", -1));
    }

    static String focused() {
        return String.valueOf(browser.run("return document.activeElement.textContent"));
    }

    static byte[] sha384(String text) {
        return Hashing.sha384().hashString(text, StandardCharsets.UTF_8).asBytes();
    }

    /** What axe finds that hinders people, of any severity. */
    static List<?> barriers() {
        try (InputStream axe = Objects.requireNonNull(CheckPage.class.getResourceAsStream("/axe.min.js"))) {
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
