package dev.millrace.lab.path;

import static java.lang.Boolean.TRUE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.millrace.local.process.ServerProcess;
import dev.millrace.local.server.Ports;
import dev.millrace.local.testing.Browser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import tools.jackson.databind.JsonNode;

/**
 * {@code ./millrace demo} as a reader meets it: a real Chromium on the demo's site, the page's script, the packaged services. Counts are compared with
 * what a person would say. The page's clock is the tests' own; all other clocks are real.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoIT {
    private static final int LAST = Integer.MAX_VALUE;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String COUNTING = "/articles/counting-a-visitor-once";
    private static final String MILLRACE = "/articles/what-a-millrace-is";
    private static final String CENT = "/articles/the-last-cent";
    private static final String CACHED = "/articles/one-page-for-everyone";

    private static final String CHROME =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36";
    private static final long HALF_HOUR = 1_800_000;

    private static long began;
    private static Browser browser;
    private static Demo demo;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start(true);
        began = System.currentTimeMillis();
        demo = new Demo();
    }

    @AfterAll
    static void stop() throws IOException {
        if (browser != null) {
            browser.close();
        }
        if (demo != null) {
            demo.close();
        }
    }

    /** A reload is a duplicate within one half hour only, so no test begins shortly before the next one. */
    @BeforeEach
    void another() {
        Awaitility.await()
                .atMost(Duration.ofMinutes(3))
                .until(() -> System.currentTimeMillis() / 1_000 % 1_800 < 1_680);
        browser.fresh();
        browser.driver().get(demo.at("/"));
        browser.driver().manage().deleteAllCookies();
    }

    @Test
    void aVisitIsCountedToTheEvent() {
        Map<String, Long> gained = demo.gained(() -> {
            follow(COUNTING);
            awaitVerdicts("view accepted");
            browser.read(46);
            scrollTo("0.3");
            scrollTo("0.6");
            scrollTo("1");
            press(browser, "like");
            awaitVerdicts("reaction like accepted");
            press(browser, "like");
            comment(browser, "I had that one already");
            assertThat(browser.driver()
                            .findElement(By.cssSelector(".comments li:last-child"))
                            .getText())
                    .isEqualTo("I had that one already\n5 words: accepted");
            awaitVerdicts("view duplicate");
            follow(CENT);
            awaitVerdicts("view accepted");
            browser.driver().get("about:blank");
        });
        assertThat(gained)
                .containsOnly(
                        entry("counting-a-visitor-once view", 1L),
                        entry("counting-a-visitor-once from internal", 1L),
                        entry("counting-a-visitor-once read", 3L),
                        entry("counting-a-visitor-once scroll", 4L),
                        entry("counting-a-visitor-once reaction", 1L),
                        entry("counting-a-visitor-once comment", 5L),
                        entry("counting-a-visitor-once sessions", 1L),
                        entry("counting-a-visitor-once sessions' views", 1L),
                        entry("counting-a-visitor-once seconds", 45L),
                        entry("the-last-cent view", 1L),
                        entry("the-last-cent from internal", 1L),
                        entry("the-last-cent sessions' views", 1L),
                        entry("micros", 1_000L + 600 + 400 + 500 + 250 + 1_000));
    }

    @Test
    void aReaderFromASearchEngineBringsASearchVisit() {
        assertThat(demo.gained(() -> {
                    browser.click("a[href$='from=search']");
                    awaitVerdicts("view accepted");
                }))
                .containsOnly(
                        entry("what-a-millrace-is view", 1L),
                        entry("what-a-millrace-is search_visit", 1L),
                        entry("what-a-millrace-is from search", 1L),
                        entry("what-a-millrace-is sessions", 1L),
                        entry("what-a-millrace-is sessions' views", 1L),
                        entry("micros", 2_500L));
    }

    @Test
    void anAddressThatWasTypedIsDirect() {
        assertThat(demo.gained(() -> open(MILLRACE)))
                .containsOnly(
                        entry("what-a-millrace-is view", 1L),
                        entry("what-a-millrace-is from direct", 1L),
                        entry("what-a-millrace-is sessions", 1L),
                        entry("what-a-millrace-is sessions' views", 1L),
                        entry("micros", 1_000L));
    }

    /** The browser asks for a page with an event token again, and keeps a page with a page token as it was left. */
    @Test
    void aReaderWhoGoesBackHasReadThePageOnce() {
        assertThat(demo.gained(() -> {
                    open(CACHED);
                    follow(COUNTING);
                    awaitVerdicts("view accepted");
                    browser.driver().navigate().back();
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .until(() -> browser.run("return persisted === true"), TRUE::equals);
                    browser.read(16);
                    browser.driver().navigate().forward();
                    awaitVerdicts("view duplicate");
                    browser.driver().get("about:blank");
                }))
                .containsOnly(
                        entry("one-page-for-everyone view", 1L),
                        entry("one-page-for-everyone from direct", 1L),
                        entry("one-page-for-everyone read", 1L),
                        entry("one-page-for-everyone sessions", 1L),
                        entry("one-page-for-everyone sessions' views", 1L),
                        entry("one-page-for-everyone seconds", 15L),
                        entry("counting-a-visitor-once view", 1L),
                        entry("counting-a-visitor-once from internal", 1L),
                        entry("counting-a-visitor-once sessions", 1L),
                        entry("counting-a-visitor-once sessions' views", 1L),
                        entry("micros", 2_200L));
    }

    /** They wait in the tab, and go with its next page. */
    @Test
    void whatTheEdgeDidNotGetCountsOnTheNextPage() {
        assertThat(demo.gained(() -> {
                    blocked(browser, "*/v1/events");
                    browser.driver().get(demo.at(COUNTING));
                    awaitVerdicts("view not sent");
                    browser.read(31);
                    press(browser, "like");
                    follow(CENT);
                    awaitVerdicts("view not sent");
                    blocked(browser);
                    browser.advance(200);
                    awaitVerdicts("reaction like accepted");
                    browser.driver().get("about:blank");
                }))
                .containsOnly(
                        entry("counting-a-visitor-once view", 1L),
                        entry("counting-a-visitor-once from direct", 1L),
                        entry("counting-a-visitor-once read", 2L),
                        entry("counting-a-visitor-once reaction", 1L),
                        entry("counting-a-visitor-once sessions", 1L),
                        entry("counting-a-visitor-once sessions' views", 1L),
                        entry("counting-a-visitor-once seconds", 30L),
                        entry("the-last-cent view", 1L),
                        entry("the-last-cent from internal", 1L),
                        entry("the-last-cent read", 3L),
                        entry("the-last-cent sessions' views", 1L),
                        entry("the-last-cent seconds", 45L),
                        entry("micros", 1_000L + 400 + 500 + 1_000 + 600));
    }

    /** Before its page token is exchanged. The same reader then comes back, and is the same. */
    @Test
    void aReaderWhoLeavesACachedPageAtOnceCounts() throws IOException {
        try (ForwardProxy proxy = new ForwardProxy();
                Browser reader = Browser.start(true, proxy.arguments())) {
            proxy.readFrom("203.0.113.7");
            reader.fresh();
            assertThat(demo.gained(() -> {
                        blocked(reader, "*/v1/page");
                        reader.driver().get(demo.at(CACHED));
                        reader.driver().get("about:blank");
                        Awaitility.await()
                                .atMost(PATIENCE)
                                .until(() -> demo.engagement().containsKey("one-page-for-everyone from direct"));
                        blocked(reader);
                        reader.driver().get(demo.at(CACHED));
                        awaitVerdicts(reader, "view duplicate");
                        reader.read(16);
                        press(reader, "clap");
                        awaitVerdicts(reader, "reaction clap accepted");
                        reader.driver().get("about:blank");
                    }))
                    .containsOnly(
                            entry("one-page-for-everyone view", 1L),
                            entry("one-page-for-everyone from direct", 1L),
                            entry("one-page-for-everyone read", 1L),
                            entry("one-page-for-everyone reaction", 1L),
                            entry("one-page-for-everyone sessions", 1L),
                            entry("one-page-for-everyone sessions' views", 1L),
                            entry("one-page-for-everyone seconds", 15L),
                            entry("micros", 1_000L + 200 + 500));
        }
    }

    @Test
    void aCachedPageReadByAHundredCountsAHundred() throws IOException {
        try (ForwardProxy proxy = new ForwardProxy();
                Browser readers = Browser.start(true, proxy.arguments())) {
            readers.fresh();
            assertThat(demo.gained(() -> IntStream.range(0, 100).forEach(i -> {
                        proxy.readFrom("198.51.100." + (1 + i / 10));
                        readers.driver()
                                .executeCdpCommand(
                                        "Network.setUserAgentOverride",
                                        Map.of("userAgent", CHROME.formatted(100 + i % 10)));
                        readers.driver().get(demo.at(CACHED));
                        awaitVerdicts(readers, "view accepted");
                        readers.driver().navigate().refresh();
                        awaitVerdicts(readers, "view duplicate");
                    })))
                    .containsOnly(
                            entry("one-page-for-everyone view", 100L),
                            entry("one-page-for-everyone from direct", 100L),
                            entry("one-page-for-everyone sessions", 100L),
                            entry("one-page-for-everyone sessions' views", 100L),
                            entry("micros", 100_000L));
        }
    }

    /** One with scripts counts the same view. */
    @Test
    void whereNoScriptRunsThePixelCounts() throws IOException {
        try (ForwardProxy proxy = new ForwardProxy();
                Browser reader = Browser.start(true, proxy.arguments())) {
            proxy.readFrom("203.0.113.8");
            reader.fresh();
            assertThat(demo.gained(() -> {
                        scripts(reader, false);
                        reader.driver().get(demo.at(CACHED));
                        Awaitility.await()
                                .atMost(PATIENCE)
                                .until(() -> demo.engagement().containsKey("one-page-for-everyone view"));
                        scripts(reader, true);
                        reader.driver().get(demo.at(CACHED));
                        awaitVerdicts(reader, "view duplicate");
                    }))
                    .containsOnly(
                            entry("one-page-for-everyone view", 1L),
                            entry("one-page-for-everyone sessions", 1L),
                            entry("one-page-for-everyone sessions' views", 1L),
                            entry("micros", 1_000L));
        }
    }

    @Test
    void aDrivenBrowserPaysNothing() {
        try (Browser driven = Browser.start(false)) {
            driven.fresh();
            assertThat(demo.gained(() -> {
                        for (String page : List.of(COUNTING, CACHED)) {
                            driven.driver().get(demo.at(page));
                            awaitVerdicts(driven, "view filtered automation");
                            driven.read(16);
                            press(driven, "like");
                            awaitVerdicts(driven, "reaction like filtered automation");
                        }
                        driven.driver().get(demo.at(COUNTING));
                        comment(driven, "I read this");
                        assertThat(driven.driver()
                                        .findElement(By.cssSelector(".comments li:last-child .by"))
                                        .getText())
                                .isEqualTo("3 words: filtered automation");
                        driven.driver().get("about:blank");
                    }))
                    .containsOnly(
                            entry("counting-a-visitor-once view filtered automation", 1L),
                            entry("counting-a-visitor-once read filtered automation", 1L),
                            entry("counting-a-visitor-once reaction filtered automation", 1L),
                            entry("counting-a-visitor-once comment filtered automation", 3L),
                            entry("one-page-for-everyone view filtered automation", 1L),
                            entry("one-page-for-everyone read filtered automation", 1L),
                            entry("one-page-for-everyone reaction filtered automation", 1L));
        }
    }

    /** It reads each page again and again, the one with a page token too; that one is the same visit for half an hour. */
    @Test
    void theBotIsARobotOnEachPageAndPaysNothing() {
        assertThat(demo.gained(() -> Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> demo.engagement().keySet().stream()
                                        .filter(name -> name.endsWith(" view filtered robot"))
                                        .count()
                                == 5)))
                .isEmpty();
        long windows = System.currentTimeMillis() / HALF_HOUR - began / HALF_HOUR + 1;
        assertThat(demo.engagement().get("one-page-for-everyone view filtered robot"))
                .isBetween(1L, windows);
    }

    @Test
    void thePanelShowsWhatTheCreatorsHaveEarned() {
        open(CENT);
        long earned = demo.api().money("c-wagtail").total();
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            browser.advance(2);
            assertThat(browser.run("return document.querySelector('[data-total-of=c-wagtail]').textContent"))
                    .isEqualTo("%,d".formatted(earned));
        });
        assertThat(browser.console()).as("reports of the policy").noneMatch(line -> line.contains("Content Security"));
        assertThat(browser.run("return problems.length")).isEqualTo(0L);
    }

    /** The pictures in docs/images; they go to lab/target/demo. The page has the machine's clock, and a browser that no other test has. */
    @Test
    @Order(1)
    void theReadmesPictures() throws IOException {
        window(1280, 760, "light");
        open(COUNTING);
        scrollTo("0.55");
        press(browser, "like");
        awaitVerdicts("reaction like accepted");
        awaitVerdicts("read 15 accepted");
        scrollTo("0");
        picture("demo-article", "c-otter", "read");
        window(1280, 760, "dark");
        open(CACHED);
        browser.driver().navigate().refresh();
        awaitVerdicts("view duplicate");
        picture("demo-cached-dark", "c-heron", "duplicate");
        window(420, 860, "light");
        open(CENT);
        browser.run("document.querySelector('#panel').scrollIntoView()");
        picture("demo-narrow", "c-wagtail", "filtered robot");
    }

    private static void window(int width, int height, String scheme) {
        browser.freshInRealTime();
        browser.driver().executeCdpCommand("Network.setUserAgentOverride", Map.of("userAgent", CHROME.formatted(200)));
        browser.driver()
                .executeCdpCommand(
                        "Emulation.setDeviceMetricsOverride",
                        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        browser.driver()
                .executeCdpCommand(
                        "Emulation.setEmulatedMedia",
                        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** Once the panel shows money of this creator, and this among the last verdicts. */
    private static void picture(String name, String earner, String last) throws IOException {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(browser.run("return document.querySelector('[data-total-of=%s]').textContent".formatted(earner)))
                    .isNotEqualTo("0");
            assertThat(String.valueOf(browser.run("return document.querySelector('#last').textContent")))
                    .contains(last);
        });
        Picture.save(browser.driver().getScreenshotAs(OutputType.BYTES), Demo.OUT.resolve(name + ".png"));
    }

    @Test
    void theSecretIsInNoPage() throws Exception {
        String key = new CommandLine(demo.settings())
                .json("key", "demo")
                .path("secret")
                .asString();
        for (String page : List.of("/", "/bot", COUNTING, CACHED, "/live", "/panel.js")) {
            assertThat(get(page).body()).isNotEmpty().doesNotContain(key);
        }
    }

    @Test
    @Order(LAST - 1)
    void theBooksAreSound() {
        demo.engagement();
        JsonNode found = new CommandLine(demo.settings()).json("reconcile");
        assertThat(found.path("differing").asInt(-1)).isZero();
        assertThat(found.path("undecided").asInt(-1)).isZero();
    }

    /** It uses the stack that runs, and leaves it alone. Its site takes the place of the first one's. */
    @Test
    @Order(LAST)
    void aSecondDemoJoinsTheStack() throws Exception {
        int port = Ports.free();
        ServerProcess second = demo.another("second.log", port, 0);
        second.awaitReady(System.out::println);
        assertThat(second.stop(Duration.ofMinutes(1))).as("ended in time").isTrue();
        assertThat(second.exit().join()).isZero();
        assertThat(Files.readAllLines(Demo.OUT.resolve("second.log")))
                .containsExactly(
                        "stack              runs in " + demo.home(),
                        "publisher          demo, key demo.1; creators c-heron c-otter c-wagtail",
                        "bot                none",
                        "demo               http://127.0.0.1:" + port + "  open it in a browser");
        assertThat(get("/").statusCode()).isEqualTo(200);
        ServerProcess third = demo.another("third.log", demo.port(), 0);
        assertThat(third.exit().join()).isEqualTo(2);
        assertThat(Files.readString(Demo.OUT.resolve("third.log")))
                .isEqualTo("port " + demo.port() + " for the demo is taken; choose another one with --port\n");
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(demo.at(path))).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static void open(String path) {
        browser.driver().get(demo.at(path));
        awaitVerdicts("view accepted");
    }

    private static void awaitVerdicts(String verdict) {
        awaitVerdicts(browser, verdict);
    }

    /** Until the page's panel shows this verdict. */
    private static void awaitVerdicts(Browser browser, String verdict) {
        Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .untilAsserted(() -> assertThat(browser.driver().findElements(By.cssSelector("#events .event")).stream()
                                .map(line -> line.getText().replace("\n", " "))
                                .toList())
                        .contains(verdict));
    }

    private static void follow(String path) {
        browser.run("document.querySelector(\"main a[href='%s']\").click()".formatted(path));
    }

    /** Without the scroll that the driver's own click begins with. */
    private static void press(Browser browser, String reaction) {
        browser.run("document.querySelector('[data-millrace-reaction=%s]').click()".formatted(reaction));
    }

    /** Returns when the site shows the article again. */
    private static void comment(Browser browser, String text) {
        browser.run("document.querySelector('textarea').value = '%s'; document.querySelector('form').requestSubmit()"
                .formatted(text));
        Awaitility.await()
                .atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> browser.driver().getPageSource().contains(text + "</p>"));
    }

    private static void scripts(Browser browser, boolean run) {
        browser.driver().executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", !run));
    }

    /** These addresses can't be reached by the page. */
    private static void blocked(Browser browser, String... addresses) {
        browser.driver().executeCdpCommand("Network.enable", Map.of());
        browser.driver().executeCdpCommand("Network.setBlockedURLs", Map.of("urls", List.of(addresses)));
    }

    private static void scrollTo(String share) {
        browser.run("""
                const root = document.documentElement
                scrollTo(0, root.scrollHeight * (%s) - innerHeight)
                return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
                """.formatted(share));
    }
}
