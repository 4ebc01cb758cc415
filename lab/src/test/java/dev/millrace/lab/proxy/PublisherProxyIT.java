package dev.millrace.lab.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.local.process.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The publisher's proxy as a real nginx, in front of a small site and of what stands for ingest-api: each request that leaves it is seen. */
class PublisherProxyIT {
    private static final String SECRET = "0123456789012345678901234567890123456789012";
    private static final String READER = "127.1.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** The end of a head that the client has not sent, and of a body that it does not take, in whole seconds: ten, and a busy machine. */
    private static final int CUT_SECONDS = 35;

    @TempDir
    private Path home;

    private RecordingIngest ingest;
    private Site site;

    @BeforeAll
    static void needsNginx() {
        boolean isInstalled = PublisherProxy.isInstalled();
        if (!isInstalled) {
            System.err.println("NOT TESTED: the publisher's proxy needs nginx with Lua"
                    + " (Debian: apt-get install nginx libnginx-mod-http-lua lua-cjson)");
        }
        assumeTrue(isInstalled, "nginx with Lua is not installed");
    }

    @BeforeEach
    void start() throws IOException {
        ingest = new RecordingIngest();
        site = new Site(
                home,
                ingest.port(),
                Map.of(
                        "MILLRACE_KID",
                        "demo.1",
                        "MILLRACE_SECRET",
                        SECRET,
                        "MILLRACE_QUEUE",
                        "20",
                        "MILLRACE_VISITORS",
                        "5"));
    }

    @AfterEach
    void stop() {
        site.close();
        ingest.close();
    }

    @Test
    void aViewHasTheClaimsOfItsReader() {
        site.open("/c-42/a?utm=1", READER, "Referer: https://www.google.com/");
        awaitCount("accepted_total", 1);
        Map<String, Object> claims = ingest.claims(SECRET).getFirst();
        assertThat(claims.keySet())
                .isEqualTo(Set.of("sub", "art", "jti", "vis", "via", "ua", "ip", "ref", "evt", "iat", "exp"));
        assertThat(claims)
                .containsEntry("sub", "c-42")
                .containsEntry("art", "/c-42/a")
                .containsEntry("ua", Site.CHROME)
                .containsEntry("ip", READER)
                .containsEntry("via", "page")
                .containsEntry("ref", "https://www.google.com/")
                .containsEntry("evt", List.of("view"));
        assertThat(number(claims, "exp") - number(claims, "iat")).isEqualTo(7_200);
        assertThat(System.currentTimeMillis() / 1_000 - number(claims, "iat")).isBetween(-1L, 60L);
        assertThat(String.valueOf(claims.get("vis"))).matches("[A-Za-z0-9_-]{43}");
        assertThat(String.valueOf(claims.get("jti"))).matches("[A-Za-z0-9_-]{43}");
        RecordingIngest.Call call = ingest.calls("/v1/events").getFirst();
        assertThat(call.header("Origin") + call.header("Sec-Fetch-Site"))
                .as("signs of a browser")
                .isEmpty();
    }

    @Test
    void jtiDiffersByReaderArticleAndCreatorAndIsTheSameAtAReload() {
        awaitQuietPartOfTheHalfHour();
        site.open("/c-42/a", READER);
        site.open("/c-42/a", READER);
        site.open("/c-42/b", READER);
        site.open("/c-43/a?article=/c-42/a", READER);
        site.open("/c-42/a", "127.1.0.2");
        site.send("GET", "/c-42/a", READER, Site.CHROME + " Edg/141.0", "");
        awaitCount("accepted_total", 6);
        List<Object> jtis =
                ingest.claims(SECRET).stream().map(one -> one.get("jti")).toList();
        assertThat(jtis.get(0)).isEqualTo(jtis.get(1));
        assertThat(Set.copyOf(jtis)).hasSize(5);
        assertThat(ingest.claims(SECRET).stream().map(one -> one.get("vis")).distinct())
                .hasSize(3);
    }

    /** An operator of a mobile network gives a phone a whole /64. */
    @Test
    void anIpv6ReaderIsItsNetwork() {
        awaitQuietPartOfTheHalfHour();
        for (String address : List.of("2001:db8:1:2::5", "2001:db8:1:2:aaaa::1", "2001:db8:1:3::5", "::ffff:1.2.3.4")) {
            site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: " + address);
        }
        awaitCount("accepted_total", 4);
        List<Object> visitors =
                ingest.claims(SECRET).stream().map(one -> one.get("vis")).toList();
        assertThat(visitors.get(0)).isEqualTo(visitors.get(1));
        assertThat(Set.copyOf(visitors)).hasSize(3);
    }

    /** The user agent is the sender's choice. */
    @Test
    void anAddressHasFiveVisitorsInAnHourAndTheyReadOn() {
        awaitQuietPartOfTheHalfHour();
        for (int i = 1; i <= 8; i++) {
            site.send("GET", "/c-42/a", READER, Site.CHROME + " Edg/" + i, "");
        }
        site.send("GET", "/c-42/b", READER, Site.CHROME + " Edg/5", "");
        site.open("/c-42/a", "127.1.0.2");
        for (int i = 1; i <= 8; i++) {
            site.send("GET", "/c-42/a", "127.9.0.1", Site.CHROME + " Edg/" + i, "");
        }
        awaitCount("accepted_total", 15);
        assertThat(site.counts("views_total", "crowded_total"))
                .as("15 with the eight of an address that may pass")
                .containsExactly(15L, 3L);
    }

    @Test
    void theNetworksOfAnIpv6CustomerShareItsVisitors() {
        awaitQuietPartOfTheHalfHour();
        for (int i = 1; i <= 8; i++) {
            site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: 2001:db8:1:%x::5".formatted(i));
        }
        site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: 2001:db8:2:1::5");
        awaitCount("accepted_total", 6);
        assertThat(site.counts("views_total", "crowded_total")).containsExactly(6L, 3L);
    }

    @Test
    void ofTheSitesOwnPagesOnlyTheOriginIsTheReferrerAndNoByteBreaksAToken() {
        site.open("/c-42/a", READER, "Referer: http://www.example.com/private?q=1");
        site.open("/c-42/b", READER, "Referer: https://bücher.example/\u0001" + "x".repeat(5_000));
        awaitCount("accepted_total", 2);
        assertThat(ingest.claims(SECRET).get(0)).containsEntry("ref", "http://www.example.com");
        assertThat(String.valueOf(ingest.claims(SECRET).get(1).get("ref")))
                .hasSize(1_024)
                .startsWith("https://b?cher.example/?xxx");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "curl/8.16.0",
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0.0.0 Safari/537.36",
                "facebookexternalhit/1.1",
                "python-requests/2.32"
            })
    void aRobotReadsThePageAndSendsNoEvent(String userAgent) {
        assertThat(site.send("GET", "/c-42/a", READER, userAgent, "").status()).isEqualTo(200);
        onlyOneCounts();
        assertThat(site.count("robots_total")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Mozilla/5.0 (Linux; Android 9; CUBOT_X19) Chrome/99", "Mozilla/5.0 (Linux; M bot 60) Chrome/99"
            })
    void aPhoneNamedLikeARobotIsAReaders(String userAgent) {
        site.send("GET", "/c-42/a", READER, userAgent, "");
        awaitCount("accepted_total", 1);
    }

    @Test
    void onlyAPageThatSomebodyHasOpenedCounts() {
        site.open("/c-42/gone", READER);
        site.open("/c-42/data", READER);
        site.open("/c-42/nameless", READER);
        site.send("HEAD", "/c-42/a", READER, Site.CHROME, "");
        site.send("POST", "/c-42/a", READER, Site.CHROME, "x");
        site.open("/c-42/a", READER, "Sec-Fetch-Dest: empty");
        site.open("/c-42/a", READER, "Sec-Fetch-Dest: iframe");
        site.open("/c-42/a", READER, "Sec-Purpose: prefetch;prerender");
        onlyOneCounts();
        assertThat(site.counts("views_total", "ahead_total", "robots_total")).containsExactly(1L, 1L, 0L);
    }

    /** The reader's browser shows its own copy. */
    @Test
    void aPageThatHasNotChangedCountsAndSoDoesOneNamedByItsPath() {
        assertThat(site.open("/c-42/unchanged", READER).status()).isEqualTo(304);
        assertThat(site.open("/mapped/x", READER).status()).isEqualTo(200);
        awaitCount("accepted_total", 2);
        assertThat(ingest.claims(SECRET).stream().map(one -> one.get("sub") + " " + one.get("art")))
                .containsExactly("c-42 /c-42/unchanged", "c-mapped /mapped/x");
    }

    @Test
    void readersSeeNeitherTheHeadersNorACookieOfMillrace() {
        for (String path : List.of("/c-42/a", "/c-42/gone", "/c-42/data")) {
            Site.Reply reply = site.open(path, READER);
            assertThat(reply.head().toLowerCase(Locale.ROOT)).doesNotContain("millrace");
            assertThat(reply.header("Set-Cookie")).as("the site's own").isEqualTo("theme=dark");
        }
        assertThat(site.open("/m.js", READER).header("Set-Cookie")).isEmpty();
        assertThat(post("/v1/events", READER).header("Set-Cookie")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /m.js, true",
        "GET, /m/24487cb76e90.js, true",
        "GET, /v1/pixel.gif, true",
        "POST, /v1/events, true",
        "POST, /v1/page, true",
        "OPTIONS, /v1/events, true",
        "GET, /m/mobile, false",
        "GET, /v1/other, false",
        "GET, /check, false"
    })
    void millracesPathsAloneGoToIngest(String method, String path, boolean goes) {
        site.send(method, path, READER, Site.CHROME, "");
        assertThat(ingest.calls(path)).hasSize(goes ? 1 : 0);
    }

    @Test
    void ingestIsToldTheReadersAddressAndNothingThatTheReaderMadeUp() {
        site.send(
                "POST",
                "/v1/events",
                READER,
                Site.CHROME,
                "{}",
                "X-Forwarded-For: 198.51.100.1",
                "Forwarded: for=198.51.100.1",
                "Cookie: session=1",
                "Authorization: Basic eDp5",
                "Origin: https://www.example.com",
                "Sec-Fetch-Site: same-origin");
        RecordingIngest.Call call = ingest.calls("/v1/events").getFirst();
        assertThat(call.header("X-Forwarded-For")).isEqualTo(READER);
        assertThat(call.header("Forwarded") + call.header("Cookie") + call.header("Authorization"))
                .isEmpty();
        assertThat(call.header("Origin")).isEqualTo("https://www.example.com");
        assertThat(call.header("Sec-Fetch-Site")).isEqualTo("same-origin");
        assertThat(call.header("User-Agent")).isEqualTo(Site.CHROME);
        assertThat(call.header("Host")).isEqualTo("events.example.com");
    }

    @Test
    void aTrustedProxySaysWhoTheReaderIsAndNobodyElse() {
        site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 127.2.0.7");
        site.open("/c-42/b", READER, "X-Forwarded-For: 203.0.113.9");
        site.send("POST", "/v1/page", "127.2.0.1", Site.CHROME, "{}", "X-Forwarded-For: 198.51.100.1, 203.0.113.9");
        awaitCount("accepted_total", 2);
        assertThat(ingest.claims(SECRET).stream().map(one -> one.get("ip"))).containsExactly("203.0.113.9", READER);
        assertThat(ingest.calls("/v1/page").getFirst().header("X-Forwarded-For"))
                .isEqualTo("203.0.113.9");
    }

    /** A pixel shows no broken picture, and its token is in no log: neither that of requests nor that of errors. */
    @Test
    void aPixelIsAPictureWhateverHappensAndItsTokenIsInNoLog() throws IOException {
        ingest.close();
        Site.Reply reply = site.open("/v1/pixel.gif?t=SECRETTOKEN", READER);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.header("Content-Type")).isEqualTo("image/gif");
        assertThat(reply.header("Cache-Control")).startsWith("no-store");
        assertThat(reply.header("Millrace-Verdict")).isEqualTo("unavailable");
        assertThat(reply.body()).hasSize(43);
        flood(260, () -> site.open("/v1/pixel.gif?t=SECRETTOKEN", "127.1.0.77"))
                .forEach((status, _) -> assertThat(status).isEqualTo(200));
        assertThat(site.proxy().log("millrace")).contains("\"GET /v1/pixel.gif\" 200 43");
        for (String log : List.of("millrace", "access", "error", "nginx")) {
            assertThat(site.proxy().log(log)).as(log).doesNotContain("SECRETTOKEN");
        }
    }

    /** The bursts are as delivered. The rates are not, so that a busy machine is too fast for them, too. */
    @Test
    void whatIsTooMuchForAnAddressIs429AndOthersReadOn() throws IOException {
        Path limits = home.resolve("limits.conf");
        Files.writeString(limits, Files.readString(limits).replaceAll("rate=[0-9]+r/s", "rate=1r/s"));
        reload();
        Map<Integer, Integer> pages = flood(160, () -> site.open("/c-42/a", "127.1.0.9"));
        assertThat(pages.keySet()).isEqualTo(Set.of(200, 429));
        assertThat(site.open("/c-42/a", "127.1.0.10").status()).isEqualTo(200);
        assertThat(flood(160, () -> site.open("/c-42/a", "127.9.0.1")))
                .as("an address that may pass")
                .hasSize(1);
        assertThat(flood(160, () -> site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: ::ffff:192.0.2.1"))
                        .keySet())
                .isEqualTo(Set.of(200, 429));
        assertThat(site.open("/c-42/a", "127.2.0.1", "X-Forwarded-For: ::ffff:192.0.2.2")
                        .status())
                .as("another address that a proxy writes as IPv6")
                .isEqualTo(200);
        List<Site.Reply> replies = new ArrayList<>();
        Map<Integer, Integer> events = flood(300, () -> {
            Site.Reply reply = post("/v1/events", "127.1.0.11");
            replies.add(reply);
            return reply;
        });
        assertThat(events.keySet()).isEqualTo(Set.of(202, 429));
        Site.Reply refused = replies.stream()
                .filter(reply -> reply.status() == 429)
                .findFirst()
                .orElseThrow();
        assertThat(refused.body()).contains("\"code\":\"too-many-requests\"");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("*");
    }

    /** Fifty connections of an address may be busy at once. */
    @Test
    void oneAddressDoesNotTakeAllConnections() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                Socket socket = site.connect(READER);
                slow.add(socket);
                socket.getOutputStream().write(head("POST /v1/events", "Content-Length: 100"));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(8))
                    .until(() -> site.open("/c-42/a", READER).status() == 429);
            assertThat(site.open("/c-42/a", "127.1.0.2").status()).isEqualTo(200);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"publisher.conf", "nginx.conf"})
    void nginxTakesTheConfigurationsAsTheyAreDelivered(String name) throws Exception {
        Path tls = Files.createDirectories(home.resolve("tls"));
        List<String> command = List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-keyout",
                tls.resolve("tls.key").toString(),
                "-out",
                tls.resolve("tls.crt").toString());
        assertThat(Programs.output(command)).isPresent();
        assertThat(PublisherProxy.check(Site.ROOT, home.resolve("delivered"), name, tls))
                .contains("test is successful")
                .doesNotContain("[emerg]");
    }

    /** A wrong key stops the start, and does not merely stop the count. */
    @ParameterizedTest
    @CsvSource({
        "demo.1, short, MILLRACE_SECRET has 5 characters",
        "demo, 0123456789012345678901234567890123456789012, MILLRACE_KID is",
        "demo.1, '', MILLRACE_SECRET has 0 characters"
    })
    void aKeyThatCanNotBeOneStopsTheStart(String kid, String secret, String complaint) {
        assertThatThrownBy(() -> new Site(
                        home.resolve("other"), ingest.port(), Map.of("MILLRACE_KID", kid, "MILLRACE_SECRET", secret)))
                .hasMessageContaining(complaint);
    }

    /** One never ends its head, one its body, one takes no answer. All wait at the same time. */
    @Test
    void slowClientsAreCutAndCountNoView() throws IOException {
        long began = System.nanoTime();
        try (Socket head = site.connect(READER);
                Socket body = site.connect("127.1.0.2");
                Socket answer = site.connect("127.1.0.3")) {
            head.getOutputStream().write("GET /c-42/a HTTP/1.1\r\nHost: www".getBytes(StandardCharsets.US_ASCII));
            body.getOutputStream().write(head("POST /v1/events", "Content-Length: 100"));
            answer.getOutputStream().write(head("GET /c-42/large", "User-Agent: " + Site.CHROME));
            assertThat(endOf(head)).as("a head").isLessThan(1_000);
            assertThat(endOf(body)).as("a body").isLessThan(1_000);
            // The client may not see it: a reset beyond its full window can be lost.
            long sent = Awaitility.await()
                    .atMost(Duration.ofSeconds(CUT_SECONDS))
                    .until(() -> bytesSentTo("127.1.0.3"), bytes -> bytes >= 0);
            assertThat(sent).as("what nginx sent before it gave up").isBetween(1L, 60L << 20);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(Duration.ofSeconds(9), PATIENCE);
        assertThat(ingest.calls("/v1/events")).as("a body that is not whole").isEmpty();
        onlyOneCounts();
    }

    @Test
    void whileIngestIsAwayPagesAreServedAndTheQueueIsBoundedAndAReloadKeepsIt() {
        int[] states = {503, 500, 404, 401, 429};
        ingest.answers(_ ->
                new RecordingIngest.Reply(states[ingest.calls("/v1/events").size() % 5], 1, "{\"no\":\"results\"}"));
        for (int i = 1; i <= 30; i++) {
            assertThat(site.open("/c-42/a", "127.1.1." + i).status()).isEqualTo(200);
        }
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> ingest.calls("/v1/events").size() > 5);
        assertThat(site.count("views_total")).isEqualTo(30);
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(site.counts("queue", "full_total", "accepted_total", "rejected_total"))
                        .as("while none is under way")
                        .containsExactly(20L, 10L, 0L, 0L));
        reload();
        ingest.answers(RecordingIngest::accepted);
        awaitCount("accepted_total", 20);
        assertThat(site.counts("queue", "full_total")).containsExactly(0L, 10L);
        site.open("/c-42/a", "127.1.2.1");
        awaitCount("accepted_total", 21);
    }

    /** Only a result says what became of a view. */
    @Test
    void eachVerdictIsCountedAndWhatMayCountLaterIsSentAgain() {
        ingest.answers(eachInTurn());
        for (int i = 1; i <= 5; i++) {
            site.open("/c-42/" + i, READER);
        }
        awaitCount("accepted_total", 2);
        assertThat(site.counts("duplicate_total", "filtered_total", "rejected_total", "again_total", "views_total"))
                .containsExactly(1L, 1L, 1L, 1L, 5L);
        assertThat(ingest.claims(SECRET)).hasSize(6);
        assertThat(ingest.claims(SECRET).get(5).get("jti"))
                .isEqualTo(ingest.claims(SECRET).get(4).get("jti"));
    }

    /** By the order in which views come, whatever the batches. */
    private static IntFunction<RecordingIngest.Reply> eachInTurn() {
        List<String> verdicts = List.of(
                "{\"status\":\"accepted\"}",
                "{\"status\":\"duplicate\"}",
                "{\"status\":\"filtered\",\"reason\":\"robot\"}",
                "{\"status\":\"rejected\",\"code\":\"key-revoked\",\"detail\":\"gone\"}",
                "{\"status\":\"rejected\",\"code\":\"publisher-rate\",\"retry\":true}",
                "{\"status\":\"accepted\"}");
        AtomicInteger next = new AtomicInteger();
        return events -> new RecordingIngest.Reply(
                202,
                1,
                IntStream.range(0, events)
                        .mapToObj(_ -> verdicts.get(next.getAndIncrement()))
                        .collect(Collectors.joining(",", "{\"results\":[", "]}")));
    }

    private static long number(Map<String, Object> claims, String name) {
        return Long.parseLong(String.valueOf(claims.get(name)));
    }

    private Site.Reply post(String path, String address) {
        return site.send("POST", path, address, Site.CHROME, "{\"token\":1}", "Content-Type: text/plain");
    }

    /** A last reader opens a page: when its view has come, so has every one before. */
    private void onlyOneCounts() {
        site.open("/c-last/a", "127.1.0.250");
        awaitCount("accepted_total", 1);
        assertThat(ingest.claims(SECRET).stream().map(one -> one.get("sub"))).containsExactly("c-last");
        assertThat(site.count("queue")).isZero();
    }

    private void awaitCount(String name, long count) {
        Awaitility.await().atMost(PATIENCE).until(() -> site.count(name) >= count);
        assertThat(site.count(name)).isEqualTo(count);
    }

    /** So that no two views of a test lie on both sides of a full half hour. */
    static void awaitQuietPartOfTheHalfHour() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> System.currentTimeMillis() / 1_000 % 1_800 < 1_770);
    }

    private interface Request {
        Site.Reply send();
    }

    private static Map<Integer, Integer> flood(int requests, Request request) {
        Map<Integer, Integer> statuses = new HashMap<>();
        for (int i = 0; i < requests; i++) {
            statuses.merge(request.send().status(), 1, Integer::sum);
        }
        return statuses;
    }

    private void reload() {
        List<ProcessHandle> old = site.proxy().workers();
        site.proxy().reload();
        Awaitility.await().atMost(PATIENCE).until(() -> old.stream().noneMatch(ProcessHandle::isAlive));
    }

    /** As the log of pages says; -1 while it has no line of this address. */
    private long bytesSentTo(String address) throws IOException {
        Matcher line = Pattern.compile("(?m)^" + Pattern.quote(address) + " .*\" 200 ([0-9]+) ")
                .matcher(site.proxy().log("access"));
        return line.find() ? Long.parseLong(line.group(1)) : -1;
    }

    private static byte[] head(String start, String header) {
        return "%s HTTP/1.1\r\nHost: www.example.com\r\n%s\r\n\r\n"
                .formatted(start, header)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** How many bytes come until the server closes. */
    private static long endOf(Socket socket) throws IOException {
        try (InputStream in = socket.getInputStream()) {
            return in.transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
            return 0; // It was reset.
        }
    }
}
