package dev.millrace.ingest;

import static dev.millrace.ingest.PageReaders.FIREFOX;
import static dev.millrace.ingest.PageReaders.GOOGLEBOT;
import static dev.millrace.ingest.PageReaders.SITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Views without a script: newsletters, AMP, noscript. */
class PixelIT {
    private static final int LENGTH = 43;
    private static final int MOST = 3;
    private static final String[] IMAGE_OF_THE_SITE = {"Sec-Fetch-Site", "cross-site", "Referer", SITE + "/a"};
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private static PageReaders pages;
    private static HttpClient client;

    /** Of this test alone. */
    private String reader;

    private String creator;

    @BeforeAll
    static void start() {
        pages = new PageReaders(MOST);
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        pages.close();
    }

    @BeforeEach
    void another() {
        int number = NUMBERS.incrementAndGet();
        reader = "198.51.100." + number;
        creator = "pixel-" + number;
    }

    /** An event token of this test's creator, as it stands in a newsletter. */
    private String token(String claims) {
        long now = pages.counters.second();
        return PageReaders.signed(
                "demo",
                "{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"j-%d\",\"iat\":%d,\"exp\":%d%s}"
                        .formatted(creator, NUMBERS.incrementAndGet(), now, now + 600, claims));
    }

    private String pageToken() {
        long now = pages.counters.second();
        return PageReaders.signed(
                "demo",
                "{\"sub\":\"%s\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}"
                        .formatted(creator, now, now + 86_400));
    }

    /** The verdict; each answer is the same image. */
    private String verdict(String query, String userAgent, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(pages.node().uri("/v1/pixel.gif" + query))
                .header("User-Agent", userAgent)
                .header("X-Forwarded-For", reader);
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<byte[]> response;
        try {
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("image/gif");
        assertThat(response.headers().firstValue("Cache-Control"))
                .contains("no-store, no-cache, must-revalidate, private");
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).contains("*");
        assertThat(response.body()).hasSize(LENGTH);
        return response.headers().firstValue("Millrace-Verdict").orElseThrow();
    }

    private long earned() {
        return pages.counters.earned(1, creator);
    }

    // ------------------------------------------------------------------------------------------ what it counts

    @Test
    void aNewsletterCountsAViewOnce() {
        String token = token("");
        assertThat(verdict("?t=" + token, FIREFOX)).isEqualTo("accepted");
        assertThat(verdict("?t=" + token, FIREFOX)).isEqualTo("duplicate");
        assertThat(pages.send(token, "view", reader, FIREFOX)).isEqualTo("duplicate");
        assertThat(earned()).isEqualTo(1_000);
    }

    /** A mail provider's proxy fetches the image for its reader: nothing in its request tells of that reader. */
    @Test
    void aMailProvidersProxyIsNoBrowserAndIsJudgedBySignedClaimsAlone() {
        String proxy = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        assertThat(verdict("?t=" + token(""), proxy)).isEqualTo("accepted");
        assertThat(verdict("?t=" + token(",\"ua\":\"" + GOOGLEBOT + "\""), FIREFOX))
                .isEqualTo("filtered robot");
        assertThat(verdict("?t=" + token(""), GOOGLEBOT, "Sec-Fetch-Site", "none"))
                .isEqualTo("filtered robot");
        assertThat(verdict("?t=" + token(""), FIREFOX, "Sec-Fetch-Site", "none", "Sec-Purpose", "prefetch"))
                .isEqualTo("filtered prefetch");
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void aPageWithoutScriptsCountsByItsPageToken() {
        String page = pageToken();
        assertThat(verdict("?t=" + page, FIREFOX, IMAGE_OF_THE_SITE)).isEqualTo("accepted");
        assertThat(verdict("?t=" + page, FIREFOX, IMAGE_OF_THE_SITE)).isEqualTo("duplicate");
        assertThat(pages.send(pages.exchanged(page, reader), "view", reader, FIREFOX))
                .as("with a script it is the same view")
                .isEqualTo("duplicate");
        assertThat(verdict("?t=" + page, FIREFOX)).as("in a mail").isEqualTo("rejected origin-not-listed");
        assertThat(verdict("?t=" + page, FIREFOX, "Referer", "https://evil.example/"))
                .isEqualTo("rejected origin-not-listed");
        assertThat(verdict("?t=" + page, GOOGLEBOT, IMAGE_OF_THE_SITE)).isEqualTo("filtered robot");
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void anAddressHasSoManyVisitorsAnHour() {
        String page = pageToken();
        List<String> verdicts = new ArrayList<>();
        for (int i = 0; i < MOST + 1; i++) {
            verdicts.add(verdict("?t=" + page, FIREFOX + i, IMAGE_OF_THE_SITE));
        }
        assertThat(verdicts).containsExactly("accepted", "accepted", "accepted", "rejected page-visitors");
    }

    // ------------------------------------------------------------------------------------------ what it makes of
    // nonsense

    @Test
    void aTokenThatIsMissingOrThereTwiceIsRejectedAndCountsNothing() {
        String one = token("");
        for (String query : List.of(
                "",
                "?",
                "?t",
                "?t=",
                "?T=" + one,
                "?token=" + one,
                "?t=" + one + "&t=" + token(""),
                "?t=" + one + "&t=")) {
            assertThat(verdict(query, FIREFOX)).as(query).isEqualTo("rejected token-malformed");
        }
        assertThat(earned()).isZero();
        assertThat(verdict("?utm_source=mail&t=" + one + "&x=1", FIREFOX))
                .as("what a mail program adds is left alone")
                .isEqualTo("accepted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "%00", "%zz", "a.b.c", "%E4%F6", "<script>"})
    void nonsenseIsAnImageToo(String token) {
        URI uri = pages.node().uri("/v1/pixel.gif");
        try (RawHttp http = new RawHttp(uri)) {
            http.send("GET /v1/pixel.gif?t=" + token + " HTTP/1.1\r\nHost: x\r\n\r\n");
            String answer = http.answer();
            assertThat(answer).startsWith("HTTP/1.1 200").contains("Millrace-Verdict: rejected token-malformed");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void anExpiredTokenSaysSo() {
        long now = pages.counters.second();
        String old = PageReaders.signed(
                "demo",
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"j\",\"iat\":%d,\"exp\":%d}".formatted(now - 60, now - 1));
        assertThat(verdict("?t=" + old, FIREFOX)).isEqualTo("rejected token-expired");
    }

    // ------------------------------------------------------------------------------------------ the request

    @Test
    void theImageIsOneTransparentPixel() throws IOException {
        byte[] gif = client.sendAsync(
                        HttpRequest.newBuilder(pages.node().uri("/v1/pixel.gif"))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray())
                .join()
                .body();
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(gif));
        assertThat(List.of(image.getWidth(), image.getHeight())).containsExactly(1, 1);
        assertThat(image.getRGB(0, 0) >>> 24).as("alpha").isZero();
    }

    @Test
    void headCountsNothingAndOtherMethodsAreRefused() {
        String token = token("");
        Answer head = send("HEAD", token);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Length")).isEqualTo("43");
        assertThat(head.header("Millrace-Verdict")).isEmpty();
        assertThat(head.body()).isEmpty();
        assertThat(earned()).isZero();
        for (String method : List.of("POST", "OPTIONS", "PUT")) {
            Answer refused = send(method, token);
            assertThat(refused.status()).as(method).isEqualTo(405);
            assertThat(refused.header("Allow")).isEqualTo("GET, HEAD");
        }
        assertThat(earned()).isZero();
        assertThat(verdict("?t=" + token, FIREFOX)).isEqualTo("accepted");
    }

    private static Answer send(String method, String token) {
        return pages.node()
                .send(HttpRequest.newBuilder(pages.node().uri("/v1/pixel.gif?t=" + token))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build());
    }
}
