package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageViewsTest {
    private static final Instant TIME = Instant.parse("2015-05-17T10:05:03Z");

    @ParameterizedTest
    @CsvSource({
        "GET, /, 200, true",
        "GET, /blog/, 304, true",
        "GET, /blog/post, 200, true",
        "GET, /v1.2/post, 200, true",
        "GET, /index.html, 200, true",
        "GET, /index.htm, 200, true",
        "GET, /index.xhtml, 200, true",
        "GET, /index.php, 200, true",
        "GET, /a.b.html, 200, true",
        "GET, /style.css, 200, false",
        "GET, /index.html.gz, 200, false",
        "GET, /index.HTML, 200, false",
        "GET, /favicon.ico, 200, false",
        "GET, /post., 200, false",
        "GET, /post, 206, false",
        "GET, /post, 404, false",
        "GET, /post, 301, false",
        "POST, /post, 200, false",
        "HEAD, /post, 200, false",
        "get, /post, 200, false",
    })
    void aPageViewIsASuccessfulGetOfAPage(String method, String path, int status, boolean expected) {
        assertThat(PageViews.isPageView(new LogEntry("h", TIME, method, path, status, "-")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "Googlebot/2.1, true",
        "Mozilla/5.0 (compatible; YandexBot/3.0), true",
        "WebCrawler, true",
        "Baiduspider, true",
        "Yahoo! SLURP, true",
        "UniversalFeedParser/4.2, true",
        "Mozilla/5.0 Firefox/30.0, false",
        "-, false",
    })
    void robotsSayWhatTheyAre(String agent, boolean expected) {
        assertThat(PageViews.isRobot(new LogEntry("h", TIME, "GET", "/", 200, agent)))
                .isEqualTo(expected);
    }

    @Test
    void theCreatorIsTheChecksumOfTheArticle() {
        // CRC-32 of "123456789" is the published check value cbf43926 = 3421780262.
        assertThat(new PageViews(50).creatorOf("123456789")).isEqualTo("creator-12");
        assertThat(new PageViews(1_000_000).creatorOf("123456789")).isEqualTo("creator-780262");
        assertThat(new PageViews(1).creatorOf("/é")).isEqualTo("creator-0");
    }
}
