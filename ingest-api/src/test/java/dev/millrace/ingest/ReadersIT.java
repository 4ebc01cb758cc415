package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who reads, from where, and how often: what is no reader's pays nothing, sources and visits are counted beside what is paid. */
class ReadersIT {
    private static final String FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    private static final String GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(
                RealServers.redisUrl(),
                "--millrace.redis-patience=60s",
                "--millrace.tally-timeout=60s",
                "--millrace.trusted-proxies=127.0.0.1");
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
    }

    private String token(String claims) {
        long now = counters.second();
        return Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j-%d\",\"iat\":%d,\"exp\":%d%s}"
                .formatted(NUMBERS.incrementAndGet(), now, now + 3_600, claims));
    }

    private static String event(String token, String type, String more) {
        return "{\"token\":\"%s\",\"type\":\"%s\"%s}".formatted(token, type, more);
    }

    private Answer browser(String body, String userAgent, String... headers) {
        String[] all = new String[headers.length + 4];
        System.arraycopy(headers, 0, all, 4, headers.length);
        all[0] = "Origin";
        all[1] = "https://news.example";
        all[2] = "User-Agent";
        all[3] = userAgent;
        return ingest.postAsync(body, "text/plain", all).join();
    }

    private static String first(Answer answer) {
        return answer.json().get("results").get(0).toString();
    }

    @Test
    void aRobotIsFilteredOnceAndItsReaderIsPaidAfterIt() {
        String view = event(token(""), "view", "");
        for (int i = 0; i < 2; i++) {
            Answer robot = browser(view, GOOGLEBOT);
            assertThat(robot.status()).isEqualTo(202);
            assertThat(robot.body())
                    .isEqualTo(
                            "{\"accepted\":0,\"duplicate\":0,\"filtered\":1,\"rejected\":0,\"results\":[{\"status\":\"filtered\",\"reason\":\"robot\"}]}");
        }
        assertThat(first(browser(view, FIREFOX))).isEqualTo("{\"status\":\"accepted\"}");
        assertThat(first(browser(view, FIREFOX))).isEqualTo("{\"status\":\"duplicate\"}");
        assertThat(counters.units(1, "demo|c-1|/a|view!robot|1")).isEqualTo(1);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).isEqualTo(1_000);
        assertThat(ingest.metric("millrace_events_filtered_total{reason=\"robot\"}"))
                .isEqualTo(2);
        assertThat(ingest.metric("millrace_events_accepted_total")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"Sec-Purpose,prefetch;prerender,prefetch", "Purpose,prefetch,prefetch", "X-Moz,prefetch,prefetch"})
    void aPageThatIsLoadedAheadPaysOnceItIsRead(String header, String purpose, String reason) {
        String view = event(token(""), "view", "");
        assertThat(first(browser(view, FIREFOX, header, purpose)))
                .isEqualTo("{\"status\":\"filtered\",\"reason\":\"%s\"}".formatted(reason));
        assertThat(first(browser(view, FIREFOX))).isEqualTo("{\"status\":\"accepted\"}");
    }

    @Test
    void aDrivenBrowserAndACreatorWhoReadsItselfAreFiltered() {
        assertThat(first(browser(event(token(""), "view", ",\"auto\":true"), FIREFOX)))
                .contains("\"automation\"");
        assertThat(first(browser(event(token(",\"vis\":\"c-1\""), "view", ""), FIREFOX)))
                .contains("\"self\"");
        assertThat(first(ingest.post(event(token(",\"vis\":\"c-1\""), "view", ""))))
                .contains("\"self\"");
        assertThat(counters.earned(1, "c-1")).isZero();
    }

    /** A server's own user agent says nothing of the reader; what the server has signed does. */
    @Test
    void aServerIsJudgedByWhatItHasSignedAlone() {
        String[] curl = {"User-Agent", "curl/8.5.0"};
        assertThat(first(ingest.postAsync(event(token(""), "view", ""), "application/json", curl)
                        .join()))
                .isEqualTo("{\"status\":\"accepted\"}");
        assertThat(first(ingest.post(event(token(",\"ua\":\"" + GOOGLEBOT + "\""), "view", ""))))
                .contains("\"robot\"");
        assertThat(first(ingest.post(event(token(",\"ua\":\"" + FIREFOX + "\",\"ip\":\"192.0.2.7\""), "view", ""))))
                .isEqualTo("{\"status\":\"accepted\"}");
        assertThat(first(ingest.post(event(token(",\"ip\":\"192.0.2\""), "view", ""))))
                .contains("token-malformed", "IPv4 or IPv6 address");
    }

    @Test
    void whatARequestMixesIsJudgedEventByEvent() {
        String self = event(token(",\"vis\":\"c-1\""), "view", "");
        String good = event(token(""), "view", "");
        Answer mixed = ingest.post(self + "\n" + good + "\n" + good + "\n" + event("x", "view", ""));
        assertThat(mixed.status()).isEqualTo(202);
        assertThat(mixed.body())
                .startsWith("{\"accepted\":1,\"duplicate\":1,\"filtered\":1,\"rejected\":1,\"results\":[");
        Answer none = ingest.post(event("x", "view", "") + "\n" + self);
        assertThat(none.status()).as("one is known to be filtered").isEqualTo(202);
    }

    // ------------------------------------------------------------------------------------------ sources, search visits

    @Test
    void aViewIsCountedBySourceWhoeverSaysIt() {
        ingest.post(event(token(",\"ref\":\"https://www.google.de/\""), "view", ""));
        browser(event(token(""), "view", ",\"ref\":\"https://www.google.com/\""), FIREFOX);
        browser(event(token(""), "view", ",\"ref\":\"\""), FIREFOX);
        browser(event(token(",\"ref\":\"https://www.facebook.com/\""), "view", ",\"ref\":\"\""), FIREFOX);
        ingest.post(event(token(""), "view", ""));
        assertThat(counters.units(1, "demo|c-1|/a|view~search|1")).isEqualTo(2);
        assertThat(counters.units(1, "demo|c-1|/a|view~direct|1")).isEqualTo(1);
        assertThat(counters.units(1, "demo|c-1|/a|view~social|1"))
                .as("what is signed")
                .isEqualTo(1);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).as("a source pays nothing").isEqualTo(5_000);
    }

    @Test
    void aViewCarriesItsSearchVisitWhereItIsGrantedAndSigned() {
        String granted = ",\"evt\":[\"view\",\"search_visit\"],\"vis\":\"v-1\",\"ref\":\"https://www.google.com/\"";
        String view = event(token(granted), "view", "");
        assertThat(ingest.post(view).body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":0,\"filtered\":0,\"rejected\":0,\"results\":[{\"status\":\"accepted\"}]}");
        assertThat(counters.earned(1, "c-1")).isEqualTo(2_500);
        assertThat(ingest.post(view).count("duplicate")).isEqualTo(1);
        // Once for a visitor and an article, under any token.
        ingest.post(event(token(granted), "view", ""));
        assertThat(counters.earned(1, "c-1")).isEqualTo(3_500);
        // Not granted, not signed, no search, filtered: no search visit.
        ingest.post(event(token(",\"vis\":\"v-2\",\"ref\":\"https://www.google.com/\""), "view", ""));
        browser(
                event(
                        token(",\"vis\":\"v-3\",\"evt\":[\"view\",\"search_visit\"]"),
                        "view",
                        ",\"ref\":\"https://www.google.com/\""),
                FIREFOX);
        ingest.post(event(token(granted.replace("v-1", "v-4").replace("www.google", "mail.google")), "view", ""));
        browser(event(token(granted.replace("v-1", "v-5")), "view", ""), GOOGLEBOT);
        assertThat(counters.earned(1, "c-1")).isEqualTo(6_500);
        assertThat(counters.units(1, "demo|c-1|/a|search_visit|1")).isEqualTo(1);
    }

    // ------------------------------------------------------------------------------------------ visits

    @Test
    void aVisitIsCountedOnceWithItsSourceAndLandingPage() {
        for (int i = 0; i < 3; i++) {
            ingest.post(event(token(",\"vis\":\"v-1\",\"ref\":\"https://duckduckgo.com/\""), "view", ""));
            ingest.post(event(token(",\"vis\":\"v-1\""), "read", ",\"key\":\"15\""));
        }
        ingest.post(event(token(",\"vis\":\"v-2\""), "view", ""));
        ingest.post(event(token(""), "view", ""));
        Await.until(() -> counters.units(1, "demo|c-1|/a|view^|1"), begun -> begun == 1);
        assertThat(counters.units(1, "demo|c-1|/a|view^search|1")).isEqualTo(1);
        assertThat(counters.units(1, "demo|c-1|/a|view~search~v|1")).isEqualTo(3);
        assertThat(counters.units(1, "demo|c-1|/a|view~~v|1")).isEqualTo(1);
        assertThat(counters.units(1, "demo|c-1|/a|read~~v|1")).isEqualTo(3);
        assertThat(counters.earned(1, "c-1")).isEqualTo(5_600);
    }

    // ------------------------------------------------------------------------------------------ dry run

    @Test
    void aDryRunSaysWhatWouldBecomeOfAnEventAndCountsNothing() {
        String view = token("");
        Answer dry = dryRun("dry-run=true", event(view, "view", "") + "\n" + event(view, "view", ""));
        assertThat(dry.status()).isEqualTo(200);
        assertThat(dry.json().get("results").size()).isEqualTo(2);
        assertThat(dry.json().at("/results/0/status").asString()).isEqualTo("accepted");
        assertThat(dry.json().at("/results/0/micros").asLong()).isEqualTo(1_000);
        assertThat(dry.json().at("/results/0/claims/sub").asString()).isEqualTo("c-1");
        assertThat(dry.json().at("/results/0/expiresIn").asLong()).isBetween(3_590L, 3_600L);
        Answer robot = dryRun("dry-run=true", event(token(",\"ua\":\"" + GOOGLEBOT + "\""), "view", ""));
        assertThat(robot.json().at("/results/0/reason").asString()).isEqualTo("robot");
        assertThat(robot.json().at("/results/0/micros").asLong()).isZero();
        Answer wrong = dryRun("dry-run=true", event(token("") + "x", "view", ""));
        assertThat(wrong.json().at("/results/0/code").asString()).isEqualTo("token-signature");
        assertThat(wrong.json().at("/results/0/claims/art").asString()).isEqualTo("/a");
        assertThat(dryRun("dry-run=true", event("x", "view", ""))
                        .json()
                        .at("/results/0/code")
                        .asString())
                .isEqualTo("token-malformed");
        assertThat(counters.earned(1, "c-1")).isZero();
        assertThat(dry.json().get("currency").asString()).isEqualTo("USD");
        assertThat(dry.json().get("now").asLong()).isBetween(counters.second() - 60, counters.second());
        assertThat(ingest.metric("millrace_events_received_total")).isZero();
        assertThat(dryRun("dry-run=false", event(view, "view", "")).count("accepted"))
                .isEqualTo(1);
    }

    /** It may mean a dry run, so nothing is counted; and whoever sends it, no failure of the service. */
    @ParameterizedTest
    @ValueSource(strings = {"=", "x=%ff", "dry-run=true&origin=%c3"})
    void aQueryThatNobodyCanReadIsRefused(String query) {
        Answer answer = dryRun(query, event(token(""), "view", ""));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().get("code").asString()).isEqualTo("request-malformed");
        assertThat(counters.earned(1, "c-1")).isZero();
    }

    @Test
    void aDryRunNamesWhatIsProbablyWrong() {
        String newline = Tokens.signedWith(
                "{\"alg\":\"HS256\",\"kid\":\"demo.1\"}",
                "{\"sub\":\"c-1\",\"iat\":%d}".formatted(counters.second() * 1_000),
                Tokens.secret("demo.1") + "\n");
        Answer dry = dryRun(
                "dry-run=true",
                event(newline, "view", "") + "\n" + event("Bearer " + token(""), "view", "") + "\n"
                        + event(token(""), "view", ""));
        assertThat(dry.json().at("/results/0/hints/0/code").asString()).isEqualTo("secret-wrapped");
        assertThat(dry.json().at("/results/0/hints/0/detail").asString())
                .isEqualTo("the signature was made with the secret and a line break at its end; "
                        + "the key is the secret's 43 ASCII characters as they stand");
        assertThat(dry.json().at("/results/0/hints/1/code").asString()).isEqualTo("milliseconds");
        assertThat(dry.json().at("/results/1/hints/0/code").asString()).isEqualTo("token-wrapped");
        assertThat(dry.json().at("/results/1/claims/sub").asString()).isEqualTo("c-1");
        assertThat(dry.json().at("/results/2").has("hints")).isFalse();
        assertThat(ingest.post(event(newline, "view", "")).body()).doesNotContain("hints", "line break");
    }

    /** 60 pages a minute are too many for one visitor. A dry run opens none, and sees when others were too many. */
    @Test
    void aDryRunAddsToNoVisitorsPace() {
        for (int i = 0; i < 70; i++) {
            assertThat(dryRun("dry-run=true", event(token(",\"vis\":\"v-1\""), "view", ""))
                            .json()
                            .at("/results/0/status")
                            .asString())
                    .isEqualTo("accepted");
        }
        assertThat(ingest.post(event(token(",\"vis\":\"v-1\""), "view", "")).count("accepted"))
                .isEqualTo(1);
        String many = IntStream.range(0, 200)
                .mapToObj(_ -> event(token(",\"vis\":\"v-1\""), "view", ""))
                .collect(Collectors.joining("\n"));
        assertThat(ingest.post(many).count("filtered")).isPositive();
        assertThat(dryRun("dry-run=true", event(token(",\"vis\":\"v-1\""), "view", ""))
                        .json()
                        .at("/results/0/reason")
                        .asString())
                .isEqualTo("rate");
    }

    @ParameterizedTest
    @CsvSource({
        "dryRun=true",
        "dry-run=",
        "dry-run",
        "dry-run=yes",
        "dryrun=true",
        "Dry_Run=true",
        "dry-run=true&dry-run=false"
    })
    void aDryRunThatIsMisspeltCountsNothing(String query) {
        Answer answer = dryRun(query, event(token(""), "view", ""));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("parameter-invalid", "write dry-run=true");
        assertThat(counters.earned(1, "c-1")).isZero();
    }

    private Answer dryRun(String query, String body) {
        return ingest.send(java.net.http.HttpRequest.newBuilder(ingest.uri("/v1/events?" + query))
                .header("Content-Type", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body))
                .build());
    }
}
