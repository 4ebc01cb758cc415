package dev.millrace.ingest.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.Await;
import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Browser;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;
import tools.jackson.databind.JsonNode;

/** What the script of {@code /m.js} counts, in a real Chromium and on a real Redis, compared with what a person would count. */
class PageScriptIT {
    private static final String THIRTY_SCREENS = "<div style=\"height:3000vh\">article</div>";

    private static OpenCounters counters;
    private static RunningIngest ingest;
    private static RecordingEdge edge;
    private static PublisherSite site;
    private static Browser browser;
    private static int tests;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start(true);
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(
                RealServers.redisUrl(), "--millrace.redis-patience=30s", "--millrace.tally-timeout=30s");
        edge = new RecordingEdge(ingest);
        site = new PublisherSite();
    }

    @AfterAll
    static void stop() {
        if (browser == null) {
            return;
        }
        browser.close();
        site.close();
        edge.close();
        ingest.close();
        counters.close();
    }

    @BeforeEach
    void another() {
        tests++;
        edge.begin(creator());
        browser.fresh();
    }

    @Test
    void aPageUnderAStrictPolicyIsViewedOnceAndKeepsNothing() {
        String url = site.page(
                "/strict",
                script("data-token=" + token("a")),
                "text",
                "default-src 'none'; script-src %1$s; connect-src %1$s".formatted(edge.origin()));
        browser.driver().get(url);
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        leave(1);
        browser.driver().get(url);
        assertThat(edge.outcomes(2)).containsExactly("view accepted", "view duplicate");
        assertThat(browser.run("return document.cookie + Object.keys(localStorage) + Object.keys(sessionStorage)"))
                .isEqualTo("");
        assertThat(browser.run("return problems.length")).isEqualTo(0L);
        assertThat(browser.console()).as("reports of the policy").noneMatch(line -> line.contains("Content Security"));
        assertThat(edge.contentTypes()).containsOnly("text/plain;charset=UTF-8");
        assertThat(edge.preflights()).isZero();
        assertThat(counted()).isEqualTo(Map.of("view", 1L));
    }

    @Test
    void aPinnedScriptRunsWithItsHashAndNotWithAnother() {
        PageScript script = PageScript.ofThisBuild();
        String tag =
                "<script defer src=\"%s/m/%s.js\" integrity=\"%s\" crossorigin=\"anonymous\" data-token=\"%s\"></script>";
        String hash = script.integrity();
        browser.driver()
                .get(site.page(
                        "/other",
                        tag.formatted(edge.origin(), script.version(), hash.replace("-", "-AAAA"), token("a")),
                        ""));
        assertThat(browser.run("return typeof millrace")).isEqualTo("undefined");
        browser.driver()
                .get(site.page("/pinned", tag.formatted(edge.origin(), script.version(), hash, token("a")), ""));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
    }

    @Test
    void twoTagsOfTheScriptCountOnce() {
        String tag = script("data-token=" + token("a"));
        browser.driver().get(site.page("/twice", tag + tag, script("data-token=" + token("b"))));
        browser.advance(20);
        leave(2);
        assertThat(edge.outcomes(2)).containsExactly("view accepted", "read 15 accepted");
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 1L));
    }

    @Test
    void aReaderOfFiveMinutesAndMoreIsTwentyMarks() {
        browser.driver().get(site.page("/long", script("data-token=" + token("a")), "text"));
        browser.read(400);
        List<String> expected = new ArrayList<>(List.of("view accepted"));
        IntStream.rangeClosed(1, 20).forEach(i -> expected.add("read %d accepted".formatted(i * 15)));
        assertThat(edge.outcomes(21)).isEqualTo(expected);
        leave(21);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 20L));
    }

    @Test
    void aReaderWhoDoesNothingForAMinuteIsAwayUntilTheNextMove() {
        browser.driver().get(site.page("/away", script("data-token=" + token("a")), "text"));
        browser.advance(600);
        assertThat(edge.outcomes(4))
                .containsExactly("view accepted", "read 15 accepted", "read 30 accepted", "read 45 accepted");
        browser.read(20);
        leave(6);
        assertThat(edge.outcomes(6)).endsWith("read 60 accepted", "read 75 accepted");
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 5L));
    }

    @Test
    void anArticleOfThirtyScreensHasFourMarks() {
        browser.driver().get(site.page("/tall", script("data-token=" + token("a")), THIRTY_SCREENS));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        scrollTo("0.2");
        scrollTo("0.1");
        browser.advance(12);
        assertThat(browser.calls("/v1/events")).as("a fifth is no mark").isEqualTo(1);
        for (int screen = 2; screen <= 30; screen++) {
            scrollTo(screen + " / 30");
        }
        scrollTo("0");
        scrollTo("1");
        leave(5);
        assertThat(edge.outcomes(5))
                .containsExactly(
                        "view accepted",
                        "scroll 25 accepted",
                        "scroll 50 accepted",
                        "scroll 75 accepted",
                        "scroll 100 accepted");
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "scroll", 4L));
    }

    /** The browser moves the page, not the reader. */
    @Test
    void aPageThatIsOpenedAtAFragmentHasNoMarkUntilTheReaderMoves() {
        String url = site.page(
                "/fragment", script("data-token=" + token("a")), THIRTY_SCREENS + "<p id=\"comments\">none yet</p>");
        browser.driver().get(url + "#comments");
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        Await.until(() -> browser.run("return scrollY > innerHeight"), Boolean.TRUE::equals);
        browser.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        browser.advance(12);
        assertThat(browser.calls("/v1/events")).isEqualTo(1);
        browser.run("dispatchEvent(new Event('wheel'))");
        scrollTo("0.3");
        scrollTo("0.6");
        leave(3);
        assertThat(edge.outcomes(3)).containsExactly("view accepted", "scroll 25 accepted", "scroll 50 accepted");
    }

    @Test
    void aReaderScrollsByKeyboardToTheEnd() {
        browser.driver().get(site.page("/keys", script("data-token=" + token("a")), THIRTY_SCREENS));
        edge.outcomes(1);
        new Actions(browser.driver()).sendKeys(Keys.END).perform();
        Await.until(
                () -> browser.run("return scrollY + innerHeight + 2 >= document.documentElement.scrollHeight"),
                Boolean.TRUE::equals);
        browser.run("return new Promise(requestAnimationFrame)");
        leave(5);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "scroll", 4L));
    }

    @Test
    void eachPageOfASinglePageSiteCountsByItself() {
        browser.driver()
                .get(site.page("/app", script("data-token=" + token("a")), "<main>" + THIRTY_SCREENS + "</main>"));
        scrollTo("1");
        browser.read(20);
        browser.run("document.querySelector('main').innerHTML = ''; history.pushState(0, '', '/app/2?id=7');"
                + "millrace.page({token: '%1$s'}); millrace.page({token: '%1$s'})".formatted(token("b")));
        browser.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        browser.read(31);
        leave(9);
        assertThat(edge.outcomes(9))
                .containsExactlyInAnyOrder(
                        "view accepted",
                        "scroll 25 accepted",
                        "scroll 50 accepted",
                        "scroll 75 accepted",
                        "scroll 100 accepted",
                        "read 15 accepted",
                        "view accepted",
                        "read 15 accepted",
                        "read 30 accepted");
        assertThat(edge.events().stream()
                        .filter(event -> event.has("ref"))
                        .map(event -> event.get("ref").asString()))
                .as("from nowhere, and then from the site itself")
                .containsExactly("", site.origin() + "/");
        assertThat(counted()).isEqualTo(Map.of("view", 2L, "read", 3L, "scroll", 4L));
    }

    @Test
    void aSinglePageSiteNamesItsFirstPageItself() {
        browser.driver().get(site.page("/empty", script(""), "<button data-millrace-reaction=like>like</button>"));
        browser.click("button");
        browser.advance(20);
        assertThat(browser.calls("/v1/events")).isZero();
        browser.run("millrace.page({token: '%s'})".formatted(token("a")));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
    }

    @Test
    void aPageFromTheBackForwardCacheGoesOn() {
        site.page("/next", script("data-token=" + token("b")), "next");
        browser.driver().get(site.page("/first", script("data-token=" + token("a")), "<a href=/next>next</a>"));
        browser.advance(10);
        edge.outcomes(1);
        browser.click("a");
        edge.outcomes(2);
        browser.driver().navigate().back();
        assertThat(browser.run("return persisted"))
                .as("the page came from the cache")
                .isEqualTo(true);
        browser.advance(6);
        leave(3);
        assertThat(edge.outcomes(3)).containsExactly("view accepted", "view accepted", "read 15 accepted");
        assertThat(counted()).isEqualTo(Map.of("view", 2L, "read", 1L));
    }

    @Test
    void aPrerenderedPageCountsWhenItIsShown() {
        AtomicInteger fetched = new AtomicInteger();
        String tokens = site.text("/prerendered/token", "text/plain", () -> {
            fetched.incrementAndGet();
            return token("b");
        });
        CountDownLatch rendered = new CountDownLatch(1);
        site.text("/prerendered/beacon", "text/plain", () -> {
            rendered.countDown();
            return "";
        });
        site.page(
                "/prerendered",
                script("data-token-url=" + tokens),
                "<script>window.before = document.prerendering; addEventListener('load', () => fetch('/prerendered/beacon'))</script>");
        browser.driver()
                .get(site.page(
                        "/prerendering",
                        script("data-token=" + token("a"))
                                + "<script type=speculationrules>{\"prerender\":[{\"urls\":[\"/prerendered\"],\"eagerness\":\"immediate\"}]}</script>",
                        "<a href=/prerendered>next</a>"));
        await(rendered);
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        assertThat(fetched).hasValue(0);
        browser.click("a");
        assertThat(edge.outcomes(2)).containsExactly("view accepted", "view accepted");
        assertThat(browser.run("return before")).as("it was prerendered").isEqualTo(true);
        assertThat(fetched).hasValue(1);
        assertThat(counted()).isEqualTo(Map.of("view", 2L));
    }

    @Test
    void aTabInTheBackgroundCountsWhenItIsShownAndReadsOnlyThen() {
        String second = site.page("/second", script("data-token=" + token("b")), "second");
        String first = browser.driver().getWindowHandle();
        browser.driver().get(site.page("/first-tab", script("data-token=" + token("a")), "first"));
        browser.read(16);
        edge.outcomes(1);
        browser.tab();
        browser.driver().get(second);
        assertThat(edge.outcomes(3)).containsExactlyInAnyOrder("view accepted", "read 15 accepted", "view accepted");
        String shown = browser.driver().getWindowHandle();
        browser.driver().switchTo().window(first);
        if (Boolean.TRUE.equals(browser.run("return document.hidden"))) {
            browser.read(60);
        }
        browser.driver().switchTo().window(shown);
        browser.read(16);
        leave(4);
        assertThat(counted()).isEqualTo(Map.of("view", 2L, "read", 2L));
    }

    @Test
    void aPageThatIsClosedAtOnceIsViewed() {
        String page = site.page(
                "/closed",
                script("data-token=" + token("a")),
                "<script>addEventListener('DOMContentLoaded', () => location.replace('about:blank'))</script>");
        browser.driver().get(page);
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        String tab = browser.driver().getWindowHandle();
        browser.tab();
        browser.driver().get(site.page("/closed-tab", script("data-token=" + token("b")), ""));
        browser.driver().close();
        browser.driver().switchTo().window(tab);
        assertThat(edge.outcomes(2)).containsExactly("view accepted", "view accepted");
    }

    @Test
    void aPageThatIsClosedBeforeItsTokenIsExchangedIsViewedByThePageToken() {
        CountDownLatch held = edge.holdExchanges();
        browser.driver().get(site.page("/cached-closed", script("data-token=" + pageToken()), "text"));
        browser.read(20);
        assertThat(browser.calls("/v1/page")).isEqualTo(1);
        browser.driver().get("about:blank");
        assertThat(edge.outcomes(1)).containsExactly("view by page token");
        held.countDown();
        assertThat(edge.events()).hasSize(1);
    }

    @Test
    void aPageTokenIsExchangedFirstAndAgainBeforeItsEventTokenExpires() {
        browser.driver().get(site.page("/cached", script("data-token=" + pageToken()), "text"));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        browser.advance(7_100);
        assertThat(browser.calls("/v1/page")).as("nobody is there").isEqualTo(1);
        browser.read(60);
        assertThat(browser.calls("/v1/page")).isEqualTo(2);
        Await.until(edge::exchanged, exchanged -> exchanged.size() == 2);
        leave(8);
        assertThat(edge.exchanged()).hasSize(2);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 7L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s\n", "{\"token\":\"%s\",\"exp\":1}"})
    void aCachedPageFetchesItsTokenAndAnotherBeforeThatExpires(String form) {
        AtomicInteger fetched = new AtomicInteger();
        String tokens = site.text(
                "/token", "text/plain", () -> form.formatted(token("n" + fetched.incrementAndGet(), -400, 3_200)));
        browser.driver().get(site.page("/cached-by-url", script("data-token-url=" + tokens), "text"));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        browser.advance(3_500);
        browser.read(30);
        assertThat(fetched).as("more than a minute before its end").hasValue(1);
        browser.read(60);
        Await.until(fetched::get, times -> times == 2);
        leave(10);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 9L));
        assertThat(fetched).hasValue(2);
    }

    @Test
    void aTokenThatExpiredInACacheIsReplaced() {
        String tokens = site.text("/fresh", "text/plain", () -> token("fresh"));
        browser.driver()
                .get(site.page(
                        "/stale",
                        script("data-token=%s data-token-url=%s".formatted(token("old", -7_000, -100), tokens)),
                        ""));
        assertThat(edge.outcomes(2)).containsExactly("view rejected token-expired", "view accepted");
    }

    @Test
    void anAddressWithoutTokensEndsThePage() {
        browser.driver()
                .get(site.page(
                        "/no-token",
                        script("data-debug data-token-url=" + site.text("/login", "text/html", () -> "<p>Log in</p>")),
                        ""));
        Await.until(browser::console, lines -> lines.stream().anyMatch(line -> line.contains("no token:")));
        browser.advance(60);
        assertThat(browser.calls("/login")).isEqualTo(1);
        assertThat(browser.calls("/v1/events")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"429, 7", "503, 7", "503, ''"})
    void afterARefusalTheSameEventsAreSentAgain(int status, String retryAfter) {
        edge.refuseNext(status, retryAfter);
        edge.refuseNext(status, retryAfter);
        browser.driver().get(site.page("/refused", script("data-token=" + token("a")), "text"));
        edge.outcomes(1);
        awaitIdle(1);
        browser.advance(retryAfter.isEmpty() ? 1 : 6);
        assertThat(browser.calls("/v1/events")).as("within the wait").isEqualTo(1);
        browser.advance(5);
        assertThat(browser.calls("/v1/events")).isEqualTo(2);
        edge.outcomes(2);
        awaitIdle(2);
        browser.advance(12);
        List<String> outcomes = edge.outcomes(3);
        assertThat(outcomes.subList(0, 3)).containsExactly("view " + status, "view " + status, "view accepted");
        assertThat(edge.events().stream().limit(3).distinct())
                .as("the same event")
                .hasSize(1);
        leave(4);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 1L));
    }

    @Test
    void whatCouldNotBeSentGoesWithTheNextPageOfTheTab() {
        edge.refuseNext(503, "600");
        browser.driver()
                .get(site.page(
                        "/left",
                        script("data-token=" + token("a")),
                        "<button data-millrace-reaction=like>like</button>"));
        edge.outcomes(1);
        awaitIdle(1);
        browser.click("button");
        browser.driver().get(site.page("/right", script("data-token=" + token("b")), "text"));
        assertThat(edge.outcomes(4))
                .containsExactly("view 503", "view accepted", "reaction like accepted", "view accepted");
        assertThat(browser.run("return sessionStorage.length")).isEqualTo(0L);
        leave(4);
        assertThat(counted()).isEqualTo(Map.of("view", 2L, "reaction", 1L));
    }

    @Test
    void aReaderWhoGoesOfflineAndComesBackIsCountedOnce() {
        browser.driver()
                .get(site.page(
                        "/offline",
                        script("data-token=" + token("a")),
                        "<button data-millrace-reaction=like>like</button>"));
        edge.outcomes(1);
        browser.offline(true);
        try {
            browser.read(31);
            browser.click("button");
            Await.until(() -> browser.calls("/v1/events"), calls -> calls >= 2);
            browser.advance(30);
            assertThat(edge.events()).hasSize(1);
        } finally {
            browser.offline(false);
        }
        assertThat(edge.outcomes(6))
                .containsExactlyInAnyOrder(
                        "view accepted",
                        "read 15 accepted",
                        "read 30 accepted",
                        "read 45 accepted",
                        "read 60 accepted",
                        "reaction like accepted");
        leave(6);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "read", 4L, "reaction", 1L));
    }

    @Test
    void aBlockedEdgeCostsThePageNothing() {
        String url = site.page(
                "/blocked",
                script("data-token=" + token("a")),
                THIRTY_SCREENS,
                "script-src " + edge.origin() + "; connect-src 'none'");
        browser.driver().get(url);
        for (int minute = 0; minute < 30; minute++) {
            browser.read(60);
        }
        assertThat(browser.run("return problems")).isEqualTo(List.of());
        assertThat(browser.calls("/v1/events"))
                .as("attempts within half an hour")
                .isBetween(2, 50);
        assertThat(edge.events()).isEmpty();
        browser.driver()
                .get(site.page(
                        "/no-script", "<script defer src=http://127.0.0.1:9/m.js data-token=x></script>", "text"));
        assertThat(browser.run("return document.body.textContent")).isEqualTo("text");
    }

    @Test
    void reactionsByClickAndKeyboardCountOnceEach() {
        browser.driver().get(site.page("/reactions", script("data-token=" + token("a")), """
                        <button id=b data-millrace-reaction=like><span>like</span></button>
                        <div id=d tabindex=0 role=button data-millrace-reaction=love>love</div>
                        <div id=h style="display:inline-block"></div>
                        <input id=i data-millrace-reaction=clap>
                        <script>
                          h.attachShadow({ mode: 'open' }).innerHTML = '<button data-millrace-reaction=clap>clap</button>'
                          b.addEventListener('click', event => event.stopPropagation())
                        </script>
                        """));
        browser.click("#b span");
        browser.click("#b");
        browser.driver().findElement(org.openqa.selenium.By.id("b")).sendKeys(Keys.ENTER);
        browser.driver().findElement(org.openqa.selenium.By.id("d")).sendKeys("x");
        assertThat(edge.outcomes(2)).containsExactly("view accepted", "reaction like accepted");
        browser.driver().findElement(org.openqa.selenium.By.id("d")).sendKeys(Keys.SPACE);
        assertThat(edge.outcomes(3)).endsWith("reaction love accepted");
        browser.click("#h");
        leave(4);
        assertThat(edge.outcomes(4)).endsWith("reaction clap accepted");
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "reaction", 3L));
    }

    @Test
    void beforeConsentNothingIsSentOrKeptAndAfterItEverythingIs() {
        browser.driver()
                .get(site.page("/consent", script("data-consent=wait data-token=" + token("a")), THIRTY_SCREENS));
        scrollTo("0.6");
        browser.read(20);
        assertThat(browser.calls("")).isZero();
        browser.run("millrace.consent(true)");
        assertThat(edge.outcomes(4))
                .containsExactlyInAnyOrder(
                        "view accepted", "scroll 25 accepted", "scroll 50 accepted", "read 15 accepted");
        leave(4);
        assertThat(counted()).isEqualTo(Map.of("view", 1L, "scroll", 2L, "read", 1L));
    }

    @Test
    void aRefusedConsentDropsWhatWaitedAndWhatComes() {
        browser.driver()
                .get(site.page("/refusing", script("data-consent=wait data-token=" + pageToken()), THIRTY_SCREENS));
        browser.read(20);
        browser.run("millrace.consent(false)");
        scrollTo("1");
        browser.read(60);
        assertThat(browser.calls("")).isZero();
        browser.driver().get(site.page("/after", script("data-token=" + token("b")), ""));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        assertThat(edge.exchanged()).isEmpty();
        assertThat(browser.run("return sessionStorage.length")).isEqualTo(0L);
    }

    @Test
    void debugSaysWhatBecameOfEachEvent() {
        browser.driver()
                .get(site.page(
                        "/debug",
                        script("data-debug data-token=" + token("a")),
                        "<button data-millrace-reaction=hate>hate</button>"));
        edge.outcomes(1);
        browser.click("button");
        edge.outcomes(2);
        List<String> lines = debugged(2);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).contains("view", "accepted");
        assertThat(lines.get(1)).contains("reaction", "hate", "key-invalid", "reaction takes one of");
    }

    @Test
    void debugSaysWhatNothingCountsFor() {
        browser.driver()
                .get(site.page(
                        "/typo", script("data-debug data-consent=wait data-tokn=" + token("a")), THIRTY_SCREENS));
        browser.run("millrace.page('%1$s'); millrace.consent(true)".formatted(token("a")));
        scrollTo("1");
        browser.read(20);
        assertThat(browser.calls("/v1/events")).isZero();
        browser.run("millrace.page({token: '%s'})".formatted(token("a")));
        assertThat(edge.outcomes(1)).containsExactly("view accepted");
        List<String> lines = debugged(4);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).contains("waits for millrace.consent(true)");
        assertThat(lines.get(1)).contains("no token in the tag: nothing counts before millrace.page({ token })");
        assertThat(lines.get(2)).contains("a page without a token: nothing counts");
        assertThat(lines.get(3)).contains("view", "accepted");
        leave(1);
    }

    /** What the script has written to the console, once it is so many lines. */
    private static List<String> debugged(int least) {
        List<String> lines = new ArrayList<>();
        return Await.until(
                () -> {
                    browser.console().stream()
                            .filter(line -> line.contains("millrace:"))
                            .forEach(lines::add);
                    return lines;
                },
                all -> all.size() >= least);
    }

    @Test
    void aFrameWithoutStorageCountsAllTheSame() {
        site.page("/framed", script("data-token=" + token("a")), "text");
        edge.refuseNext(503, "");
        browser.driver().get(site.page("/frame", "", "<iframe sandbox=allow-scripts src=/framed></iframe>"));
        assertThat(edge.outcomes(1)).containsExactly("view 503");
        assertThat(edge.outcomes(2)).containsExactly("view 503", "view accepted");
        leave(2);
        assertThat(counted()).isEqualTo(Map.of("view", 1L));
    }

    @Test
    void onlyTheViewSaysWhereTheReaderCameFrom() {
        String target = site.page("/referred", script("data-token=" + token("a")), "text");
        browser.driver().get(edge.origin() + "/nothing");
        browser.run("document.body.innerHTML = '<a href=\"%s\" referrerpolicy=unsafe-url>go</a>'".formatted(target));
        browser.click("a");
        browser.read(16);
        leave(2);
        List<JsonNode> events = edge.events();
        assertThat(events.get(0).get("ref").asString()).isEqualTo(edge.origin() + "/nothing");
        assertThat(events.get(1).has("ref")).isFalse();
        assertThat(events).noneMatch(event -> event.has("auto"));
    }

    @Test
    void aReaderWhoComesFromNowhereSaysSo() {
        browser.driver().get(site.page("/typed", script("data-token=" + token("a")), "text"));
        leave(1);
        assertThat(edge.events().getFirst().path("ref").asString("missing")).isEmpty();
    }

    @Test
    void aDrivenBrowserSaysSo() {
        try (Browser driven = Browser.start(false)) {
            driven.fresh();
            driven.driver().get(site.page("/driven", script("data-token=" + token("a")), "text"));
            driven.read(16);
            driven.driver().get("about:blank");
            edge.outcomes(2);
            assertThat(edge.events())
                    .hasSize(2)
                    .allMatch(event -> event.get("auto").asBoolean());
        }
    }

    /** Leaves the page, and shows another one: so much and no more has come. */
    private static void leave(int events) {
        browser.driver().get("about:blank");
        assertThat(edge.outcomes(events)).hasSize(events);
    }

    /** Until the page has seen the answers to so many requests: the next one would be allowed but for the wait. */
    private static void awaitIdle(int requests) {
        Await.until(() -> browser.run("return answered"), answered -> ((Number) answered).intValue() >= requests);
    }

    private static void scrollTo(String share) {
        browser.run("""
                const root = document.documentElement
                scrollTo(0, root.scrollHeight * (%s) - innerHeight)
                return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
                """.formatted(share));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Units by type, as the worker would book them. */
    private static Map<String, Long> counted() {
        Map<String, Long> units = new TreeMap<>();
        for (String type : List.of("view", "read", "scroll", "reaction")) {
            long counted = counters.paid(1, "demo|%s|/a|%s|1".formatted(creator(), type));
            if (counted > 0) {
                units.put(type, counted);
            }
        }
        return units;
    }

    private static String script(String attributes) {
        return "<script defer src=\"%s/m.js\" %s></script>".formatted(edge.origin(), attributes);
    }

    private static String creator() {
        return "creator-" + tests;
    }

    /** Old enough for every reading mark. */
    private static String token(String jti) {
        return token(jti, -400, 6_000);
    }

    private static String token(String jti, long from, long until) {
        long now = counters.second();
        return Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                .formatted(creator(), jti, now + from, now + until));
    }

    private static String pageToken() {
        long now = counters.second();
        return Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}"
                .formatted(creator(), now - 400, now + 86_400));
    }
}
