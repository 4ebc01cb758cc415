package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.testing.Loopback;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class ReplayTest {
    private static final Path REAL_LOG = Path.of("../../shared/data/apache_access.log");

    /** In place of a status: 202, and each event is filtered. */
    private static final int FILTERED = 0;

    private static final Instant TIME = Instant.parse("2015-05-17T10:05:03Z");

    private final Clock clock = Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);
    private final List<String> bodies = new ArrayList<>();
    private final Queue<Integer> answers = new ConcurrentLinkedQueue<>();
    private final ReplayCounts counts = new ReplayCounts();
    private Loopback server;

    @BeforeEach
    void start() throws IOException {
        server = new Loopback(this::answer);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void countsWhatTheFileHoldsAndWhatTheServerSays() throws Exception {
        run(
                2,
                log(
                        line("/a", "Firefox"),
                        "broken",
                        line("/b", "Googlebot"),
                        line("/style.css", "Firefox"),
                        line("/c", "Firefox"),
                        line("/d", "Firefox")));
        assertCounts(6, 1, 3, 1, 0, 3, 0, 0);
        assertThat(bodies).hasSize(2);
        assertThat(counts.remarks()).containsExactly("1 unreadable: line 2");
    }

    @Test
    void aBatchThatMetABusyServerIsSentAgainByteForByte() throws Exception {
        answers.addAll(List.of(503, 429, 500, 202));
        run(200, log(line("/a", "Firefox"), line("/b", "Firefox")));
        assertCounts(2, 0, 2, 0, 0, 2, 0, 0);
        assertThat(bodies).hasSize(4);
        assertThat(bodies).containsOnly(bodies.getFirst());
    }

    @Test
    void aBatchOfWhichEveryEventIsRejectedIsAnAnswerToo() throws Exception {
        answers.add(422);
        run(200, log(line("/a", "Firefox"), line("/b", "Firefox")));
        assertCounts(2, 0, 2, 0, 0, 0, 0, 2);
        assertThat(counts.remarks()).containsExactly("2 rejected (key-unknown): line 1, 2");
    }

    @Test
    void aFilteredPageViewIsNamed() throws Exception {
        answers.add(FILTERED);
        run(200, log(line("/a", "Firefox"), line("/b", "Firefox")));
        assertCounts(2, 0, 2, 0, 0, 0, 0, 0);
        assertThat(counts.remarks()).containsExactly("2 filtered (robot): line 1, 2");
    }

    @Test
    void aRefusedRequestEndsTheRunWithTheServersReason() {
        answers.add(400);
        assertThatThrownBy(() -> run(200, log(line("/a", "Firefox"))))
                .isInstanceOf(CommandException.class)
                .hasMessage(url() + " answers 400: said why\nstopped at line 1: 0 of 1 page views sent were counted;"
                        + " simply run it again");
    }

    @Test
    void givesUpWhenNothingGetsThroughForLong() {
        server.close();
        assertThatThrownBy(() -> run(200, Duration.ofMillis(500), log(line("/a", "Firefox"))))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(
                        url() + " can't be reached (java.net.ConnectException); gave up after 0 s without progress")
                .hasMessageEndingWith("simply run it again");
    }

    @Test
    void longArticlesMakeSmallerRequests() throws Exception {
        String path = "/" + "%E5%90%BE".repeat(127);
        String[] lines =
                IntStream.range(0, 1000).mapToObj(i -> line(path, "agent " + i)).toArray(String[]::new);
        run(1000, log(lines));
        assertThat(counts.get(ReplayCounts.Kind.ACCEPTED)).isEqualTo(1000);
        assertThat(bodies).hasSize(2);
        assertThat(bodies).allSatisfy(body -> assertThat(body.length()).isLessThan(512 * 1024));
    }

    @Test
    void anArticleThatNoTokenHoldsIsCountedAndNamed() throws Exception {
        run(
                200,
                log(
                        line("/" + "%E5%90%BE".repeat(127), "Firefox"),
                        line("/" + "%E5%90%BE".repeat(128), "Firefox"),
                        line("/" + "a".repeat(200), "Firefox"),
                        line("/" + "b".repeat(200), "Googlebot"),
                        line("/" + "c".repeat(127) + "?" + "q".repeat(500), "Firefox")));
        assertCounts(5, 0, 2, 1, 2, 2, 0, 0);
        assertThat(counts.remarks())
                .containsExactly("2 too long (an article id takes 128 characters): line 2 (129), 3 (201)");
    }

    @Test
    void aFileOfAnotherFormatIsAWrongCall() {
        assertThatThrownBy(() -> run(200, log("{\"a\":1}", "", "203.0.113.1 - - [x] \"GET / HTTP/1.1\" 200 1")))
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessageStartingWith("none of the 3 lines is in Apache's combined format: address ident user [");
        assertThat(bodies).isEmpty();
    }

    @Test
    void anEmptyFileHoldsNothing() throws Exception {
        run(200, new ByteArrayInputStream(new byte[0]));
        assertCounts(0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void aCompressedLogIsReadAlsoOfSeveralMembers() throws Exception {
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        members.write(gzip(line("/a", "Firefox") + "\n"));
        members.write(gzip(line("/b", "Firefox")));
        run(200, new ByteArrayInputStream(members.toByteArray()));
        assertCounts(2, 0, 2, 0, 0, 2, 0, 0);
    }

    @Test
    void aCompressedLogThatIsCutOffIsSentAsFarAsItGoes() throws Exception {
        byte[] whole = gzip(line("/a", "Firefox") + "\n" + line("/b", "Firefox") + "\n");
        assertThatThrownBy(() -> run(200, new ByteArrayInputStream(whole, 0, whole.length - 9)))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("can't read on: ")
                .hasMessageContaining("of 2 page views sent were counted; simply run it again");
    }

    @Test
    void endsOfLinesAndAByteOrderMarkAreNoneOfALine() throws Exception {
        String bom = "\ufeff" + line("/a", "Firefox") + "\r\n" + line("/a", "Firefox") + "\r\n" + "cut of";
        run(200, log(bom));
        assertCounts(3, 1, 2, 0, 0, 2, 0, 0);
        assertThat(jtis()).hasSize(1);
    }

    @Test
    void aLineWithoutEndTakesNoMemoryAndIsUnreadable() throws Exception {
        byte[] endless = new byte[3 * Replay.MAX_LINE_BYTES];
        Arrays.fill(endless, (byte) 'a');
        InputStream log = new SequenceInputStream(
                log(line("/a", "Firefox"), ""),
                new SequenceInputStream(new ByteArrayInputStream(endless), log("", line("/b", "Firefox"))));
        run(200, log);
        assertCounts(3, 1, 2, 0, 0, 2, 0, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /post, 200, true",
        "GET, /blog/, 304, true",
        "GET, /style.css, 200, false",
        "GET, /post, 206, false",
        "GET, /post, 404, false",
        "GET, /post, 301, false",
        "POST, /post, 200, false",
        "HEAD, /post, 200, false",
        "get, /post, 200, false",
        "GET, '', 200, false",
    })
    void aPageViewIsASuccessfulGetOfAPage(String method, String article, int status, boolean expected) {
        assertThat(Replay.isPageView(new AccessLogLine("h", TIME, method, article, status, "-")))
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
        "Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36, false",
        "Mozilla/5.0 (Linux; Android 10; CUBOT X30; Googlebot/2.1), true",
        "Mozilla/5.0 Firefox/30.0, false",
        "-, false",
    })
    void robotsSayWhatTheyAre(String agent, boolean expected) {
        assertThat(Replay.ROBOT.matcher(agent).find()).isEqualTo(expected);
    }

    @Test
    void theCreatorIsTheChecksumOfTheArticle() {
        // CRC-32 of "123456789" is the published check value cbf43926 = 3421780262.
        assertThat(Replay.creator("123456789", 50)).isEqualTo("creator-12");
        assertThat(Replay.creator("123456789", 1_000_000)).isEqualTo("creator-780262");
        assertThat(Replay.creator("/é", 1)).isEqualTo("creator-0");
    }

    @Test
    void theJtiIsTheHmacOfTheVisit() {
        // printf '1.2.3.4\nagent\n/a\n795476' | openssl dgst -sha256 -hmac secret -binary | basenc --base64url | cut
        // -c1-32
        assertThat(jti("1.2.3.4", "2015-05-17T10:05:03Z", "/a", "agent")).isEqualTo("OwemyueFeKKHE910lZctRS49TIEAuYSZ");
    }

    @Test
    void theJtiIsTheSameForAVisitorAnArticleAndHalfAnHour() {
        String visit = jti("1.2.3.4", "2015-05-17T10:05:03Z", "/a", "agent");
        assertThat(jti("1.2.3.4", "2015-05-17T10:00:00Z", "/a", "agent")).isEqualTo(visit);
        assertThat(jti("1.2.3.4", "2015-05-17T10:29:59Z", "/a", "agent")).isEqualTo(visit);
        assertThat(Stream.of(
                        jti("1.2.3.4", "2015-05-17T10:30:00Z", "/a", "agent"),
                        jti("1.2.3.5", "2015-05-17T10:05:03Z", "/a", "agent"),
                        jti("1.2.3.4", "2015-05-17T10:05:03Z", "/b", "agent"),
                        jti("1.2.3.4", "2015-05-17T10:05:03Z", "/a", "other")))
                .doesNotContain(visit)
                .doesNotHaveDuplicates();
    }

    @Test
    void theRealLogHasTheCountsOfAnIndependentCount() throws Exception {
        Assumptions.assumeTrue(Files.exists(REAL_LOG), REAL_LOG + " is absent");
        new Replay("s", 50, counts).run(Files.newInputStream(REAL_LOG), _ -> {}, () -> {});
        assertCounts(6000, 0, 1311, 1163, 0, 0, 0, 0);
    }

    /** In the order of the kinds. */
    private void assertCounts(long... expected) {
        assertThat(Stream.of(ReplayCounts.Kind.values()).mapToLong(counts::get).toArray())
                .containsExactly(expected);
    }

    private String jti(String address, String time, String article, String agent) {
        return new Replay("secret", 50, counts)
                .jti(new AccessLogLine(address, Instant.parse(time), "GET", article, 200, agent));
    }

    /** Of all events that the server has got. */
    private Set<String> jtis() {
        return bodies.stream()
                .flatMap(body -> JsonMapper.shared().readTree(body).valueStream())
                .map(event -> event.path("token").asString().split("\\.", -1)[1])
                .map(claims -> JsonMapper.shared()
                        .readTree(Base64.getUrlDecoder().decode(claims))
                        .path("jti")
                        .asString())
                .collect(Collectors.toSet());
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII);
        synchronized (bodies) {
            bodies.add(body);
        }
        Integer planned = answers.poll();
        int status = planned == null || planned == FILTERED ? 202 : planned;
        exchange.getResponseHeaders().set("Retry-After", "0");
        Loopback.answer(exchange, status, answerBody(planned == null ? 202 : planned, events(body)));
    }

    private static int events(String body) {
        return JsonMapper.shared().readTree(body).size();
    }

    private static String answerBody(int status, int events) {
        String rejected = ",{\"status\":\"rejected\",\"code\":\"key-unknown\",\"detail\":\"…\"}".repeat(events);
        return switch (status) {
            case 202 ->
                "{\"results\":[" + ",{\"status\":\"accepted\"}".repeat(events).substring(1) + "]}";
            case FILTERED ->
                "{\"results\":["
                        + ",{\"status\":\"filtered\",\"reason\":\"robot\"}"
                                .repeat(events)
                                .substring(1) + "]}";
            case 422 ->
                "{\"title\":\"t\",\"accepted\":0,\"duplicate\":0,\"rejected\":" + events + ",\"results\":["
                        + rejected.substring(1) + "]}";
            default -> "{\"title\":\"t\",\"detail\":\"said why\"}";
        };
    }

    private void run(int batch, InputStream log) {
        run(batch, Duration.ofMinutes(2), log);
    }

    private void run(int batch, Duration patience, InputStream log) {
        TokenMint mint = TokenMint.forPublisher(new Kid("demo", 1), "secret");
        try (PageViewSender sender = new PageViewSender(URI.create(url()), batch, 4, patience, mint, clock, counts)) {
            new Replay("secret", 50, counts).run(log, sender, () -> {});
        }
    }

    private String url() {
        return server.origin() + "/v1/events";
    }

    private static String line(String path, String agent) {
        return "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET " + path + " HTTP/1.1\" 200 1 \"-\" \"" + agent + "\"";
    }

    private static InputStream log(String... lines) {
        return new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }
}
