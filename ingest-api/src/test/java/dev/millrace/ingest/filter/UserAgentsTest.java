package dev.millrace.ingest.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.token.Filter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UserAgentsTest {
    private static final UserAgents USER_AGENTS = new UserAgents();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
                "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
                "Opera/9.80 (Android; Opera Mini/12.0/37.1; U; en) Presto/2.12.423 Version/12.16",
                // Phones whose names end in bot, and words that begin with it
                "Mozilla/5.0 (Linux; Android 11; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
                "Mozilla/5.0 (Linux; Android 6.0; CUBOT_NOTE_S Build/MRA58K; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/64.0 Mobile Safari/537.36",
                "Mozilla/5.0 (Linux; Android 8.0; M bot 60) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
                "Mozilla/5.0 (Linux; U; Android 4.4; en-bw; OrangeBotswana Build/KOT49H) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
                "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 AbbottHealth/3.1",
                // Apps
                "Mozilla/5.0 (Linux; Android 13; SM-A715F; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0 Mobile Safari/537.36 CamScanner/6.35.0",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/480.0.0.30;FBDV/iPhone14,5]",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1 (Ecosia ios@9.2.3.1367)",
                "Mozilla/5.0 (Linux; Android 9; KFMUWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/93.3.46 like Chrome/93.0.4577.82 Safari/537.36",
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Phantom/ios/24.3.0",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.41 Chrome/130.0 Electron/33.0 Safari/537.36",
                "NewsApp/4.2 CFNetwork/1490.0.4 Darwin/23.2.0",
                "Dalvik/2.1.0 (Linux; U; Android 9; SM-G965U Build/PPR1.180610.011)",
                // Old and rare
                "Mozilla/5.0 (PlayStation 4 5.55) AppleWebKit/601.2 (KHTML, like Gecko)",
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0 Safari/537.36",
                "Nokia7610/2.0 (5.0509.0) SymbianOS/7.0s Series60/2.1 Profile/MIDP-2.0 Configuration/CLDC-1.0",
                "Mozilla/5.0 (compatible; Konqueror/4.4; Linux) KHTML/4.4.5 (like Gecko) Kubuntu",
                "Lynx/2.9.0dev.6 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1j-dev"
            })
    void peopleAreNotFiltered(String userAgent) {
        assertThat(USER_AGENTS.kind(userAgent)).isEmpty();
    }

    static Stream<String> people() throws IOException {
        try (InputStream in = Objects.requireNonNull(UserAgentsTest.class.getResourceAsStream("people.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"));
        }
    }

    /** Browsers old and new, within apps, on televisions, consoles and readers of books. */
    @ParameterizedTest
    @MethodSource
    void people(String userAgent) {
        assertThat(USER_AGENTS.kind(userAgent)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1)",
                "Mozilla/5.0 (Linux; Android 6.0; Nexus 5 Build/MRA58N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/44.0 Mobile Safari/537.36; Bytespider",
                "CCBot/2.0 (https://commoncrawl.org/faq/)",
                "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.1 (KHTML, like Gecko) Chrome/21.0.1180.89 Safari/537.1; 360Spider",
                "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 (contact: team@example.org)",
                // A browser's user agent with a name behind it, in it or before it
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; GeedoShopProductFinder) Chrome/142.0.0.0 Safari/537.36",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/93.0.4577.82 Safari/537.36 CookieHubScan/1.1",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 Webstatus247/1.0",
                "BigScootsMonitor Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/74.0.3729.169 Safari/537.36",
                // Libraries and tools
                "curl/8.16.0",
                "Wget/1.25.0",
                "python-requests/2.32.5",
                "Python/3.13 aiohttp/3.12.15",
                "Go-http-client/2.0",
                "okhttp/5.1.0",
                "Java/21.0.8",
                "Apache-HttpClient/5.5 (Java/21.0.8)",
                "axios/1.12.2",
                "node",
                "PostmanRuntime/7.48.0",
                "Scrapy/2.13.3 (+https://scrapy.org)",
                "newcomer/1.6.6, Mozilla/5.0 (Windows NT 6.1; WOW64; rv:29.0) Gecko/20100101 Firefox/29.0",
                // No browser's form, and no name that a list has
                "Mozilla/5.0",
                "Mozilla/5.0 (compatible; evc-batch/2.0)",
                "Mozilla/5.0 (compatible; Newcomer 1.0)",
                "NewcomerAgent/7",
                "Chrome",
                "-"
            })
    void robotsAreFiltered(String userAgent) {
        assertThat(USER_AGENTS.kind(userAgent)).contains(Filter.ROBOT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
                "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
                "Twitterbot/1.0",
                "WhatsApp/2.23.20.0",
                "TelegramBot (like TwitterBot)",
                "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
                "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
                "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
                "http.rb/5.1.1 (Mastodon/4.4.3; +https://mastodon.example/)",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; Google Web Preview) Chrome/84.0.4147.108 Safari/537.36",
                "Mozilla/5.0 (compatible; Embedly/0.2; +http://support.embed.ly/)"
            })
    void linkExpandersArePreviews(String userAgent) {
        assertThat(USER_AGENTS.kind(userAgent)).contains(Filter.PREVIEW);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36
                    Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1
                    Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Cypress/13.6.0 Chrome/114.0 Electron/25.8.4 Safari/537.36
                    Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Playwright/1.55
                    Mozilla/5.0 (Linux; Android 11; moto g power) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36 Chrome-Lighthouse
                    selenium/4.35.0 (python linux)
                    """)
    void drivenBrowsersAreAutomation(String userAgent) {
        assertThat(USER_AGENTS.kind(userAgent)).contains(Filter.AUTOMATION);
    }

    @Test
    void aUserAgentIsCutAfter512Characters() {
        String longest = Visits.CHROME + " x".repeat(512);
        assertThat(USER_AGENTS.kind(longest + "bot")).isEmpty();
        assertThat(USER_AGENTS.kind("bot " + longest)).contains(Filter.ROBOT);
    }

    /** Each of them makes some pattern try the most; a regular expression that went over the top would take minutes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a@a.",
                "android (; bot ",
                "cubot",
                "compatible; ",
                "iphone android bot-",
                "a.com.",
                "\uD83D\uDE00",
                ", mozilla/"
            })
    void aUserAgentMadeToBeSlowIsJudged(String piece) {
        String text = "Mozilla/5.0 (" + piece.repeat(600);
        assertThat(USER_AGENTS.kind(text)).isIn(Optional.empty(), Optional.of(Filter.ROBOT));
    }

    @Test
    void theListKnowsRobotsByThemselves() {
        RobotList list = RobotList.builtIn();
        assertThat(list.size()).isEqualTo(7);
        assertThat(list.has("mozilla/2.0 (compatible; ask jeeves/teoma)")).isTrue();
        assertThat(list.has(UserAgentRules.prepared(Visits.GOOGLEBOT))).isTrue();
        assertThat(list.has(UserAgentRules.prepared(Visits.CHROME))).isFalse();
    }

    @Test
    void aRobotThatOnlyTheListNamesIsFiltered() {
        String named = "Mozilla/5.0 (Windows NT 5.1) Gecko/20100101 Charlotte/1.1 Firefox/3.0";
        assertThat(UserAgentRules.builtIn().kind(UserAgentRules.prepared(named)))
                .isEmpty();
        assertThat(USER_AGENTS.kind(named)).contains(Filter.ROBOT);
    }
}
