package dev.millrace.ingest.script;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.local.testing.RealServers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The addresses of the page's script, as browsers, caches and proxies use them. */
class ScriptIT {
    /** Bytes by gzip. */
    private static final int MOST = 3_072;

    private static final PageScript SCRIPT = PageScript.ofThisBuild();

    private static OpenCounters counters;
    private static RunningIngest ingest;
    private static HttpClient client;

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl());
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        ingest.close();
        counters.close();
    }

    @Test
    void theScriptIsSmall() {
        System.out.printf("m.js: %d bytes, %d by gzip%n", SCRIPT.plain().length, SCRIPT.compressed().length);
        assertThat(SCRIPT.compressed().length).isLessThanOrEqualTo(MOST);
    }

    @Test
    void theDocsPinThisScript() throws IOException {
        assertThat(Files.readString(Path.of("..", "docs", "start", "script.md")))
                .contains("""
                <script defer src="https://events.example.com/m/%s.js"
                        integrity="%s" crossorigin="anonymous" data-token="…"></script>
                """.formatted(SCRIPT.version(), SCRIPT.integrity()));
    }

    @Test
    void theCurrentScriptIsAskedForAgainAfterFiveMinutes() {
        HttpResponse<byte[]> answer = get("/m.js");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(SCRIPT.plain());
        assertHeader(answer, "Content-Type", "text/javascript;charset=utf-8");
        assertHeader(answer, "Content-Length", Integer.toString(SCRIPT.plain().length));
        assertHeader(answer, "Cache-Control", "public, max-age=300, stale-while-revalidate=86400");
        assertHeader(answer, "ETag", "W/\"" + SCRIPT.version() + "\"");
        assertHeader(answer, "Vary", "Accept-Encoding");
        assertOpenToAnyPage(answer);
        assertHeader(answer, "Content-Encoding", "");
    }

    @Test
    void aVersionNeverChanges() {
        assertThat(SCRIPT.version()).matches("[0-9a-f]{12}");
        HttpResponse<byte[]> answer = get("/m/" + SCRIPT.version() + ".js");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(SCRIPT.plain());
        assertHeader(answer, "Cache-Control", "public, max-age=31536000, immutable");
        assertOpenToAnyPage(answer);
    }

    /** The tests' resources have one more. */
    @Test
    void scriptsOfEarlierReleasesStay() {
        assertThat(PageScript.released())
                .extracting(script -> new String(script.plain(), StandardCharsets.UTF_8))
                .contains("// The page's script of an earlier release.\n");
        for (PageScript earlier : PageScript.released()) {
            HttpResponse<byte[]> answer = get("/m/" + earlier.name());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(earlier.plain());
            assertHeader(answer, "Cache-Control", "public, max-age=31536000, immutable");
            assertHeader(answer, "ETag", "W/\"" + earlier.version() + "\"");
            assertOpenToAnyPage(answer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/m/0123456789ab.js", "/m/", "/m", "/m/../x.js", "/m/x/y.js", "/m/%E2%82%AC.js"})
    void anUnknownVersionIsAProblemThatNoCacheKeeps(String path) {
        HttpResponse<byte[]> answer = get(path);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertHeader(answer, "Content-Type", "application/problem+json");
        assertThat(JsonMapper.shared().readTree(answer.body()).get("code").asString())
                .isEqualTo("not-found");
        assertThat(answer.headers().firstValue("Cache-Control").orElse("no-store"))
                .isEqualTo("no-store");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate, gzip;q=0.5, br", "GZIP ; q=1.0"})
    void itIsCompressedForThoseThatTakeGzip(String encodings) throws IOException {
        HttpResponse<byte[]> answer = get("/m.js", "Accept-Encoding", encodings);
        assertHeader(answer, "Content-Encoding", "gzip");
        assertHeader(answer, "Vary", "Accept-Encoding");
        assertThat(answer.body()).hasSize(SCRIPT.compressed().length);
        assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes())
                .isEqualTo(SCRIPT.plain());
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "gzip;q=0", "gzip; q=0.000", "br", "", "xgzip"})
    void itIsPlainForOthers(String encodings) {
        HttpResponse<byte[]> answer = get("/m.js", "Accept-Encoding", encodings);
        assertHeader(answer, "Content-Encoding", "");
        assertThat(answer.body()).isEqualTo(SCRIPT.plain());
    }

    @ParameterizedTest
    @ValueSource(strings = {"W/\"%s\"", "\"%s\"", "\"x\", W/\"%s\"", "*"})
    void aCacheThatHasItIsToldSo(String known) {
        HttpResponse<byte[]> answer = get("/m.js", "If-None-Match", known.formatted(SCRIPT.version()));
        assertThat(answer.statusCode()).isEqualTo(304);
        assertThat(answer.body()).isEmpty();
        assertHeader(answer, "ETag", "W/\"" + SCRIPT.version() + "\"");
        assertHeader(answer, "Cache-Control", "public, max-age=300, stale-while-revalidate=86400");
        assertOpenToAnyPage(answer);
        assertThat(get("/m.js", "If-None-Match", "\"other\"").statusCode()).isEqualTo(200);
    }

    @Test
    void headHasTheHeadersAlone() {
        HttpResponse<byte[]> answer =
                send(HttpRequest.newBuilder(ingest.uri("/m.js")).HEAD());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertHeader(answer, "Content-Length", Integer.toString(SCRIPT.plain().length));
    }

    @Test
    void anotherMethodIsRefused() {
        HttpResponse<byte[]> answer =
                send(HttpRequest.newBuilder(ingest.uri("/m.js")).POST(HttpRequest.BodyPublishers.ofString("x")));
        assertThat(answer.statusCode()).isEqualTo(405);
        assertHeader(answer, "Allow", "GET, HEAD");
        assertThat(JsonMapper.shared().readTree(answer.body()).get("code").asString())
                .isEqualTo("method-not-allowed");
    }

    private static void assertOpenToAnyPage(HttpResponse<?> answer) {
        assertHeader(answer, "Access-Control-Allow-Origin", "*");
        assertHeader(answer, "Cross-Origin-Resource-Policy", "cross-origin");
        assertHeader(answer, "X-Content-Type-Options", "nosniff");
    }

    private static void assertHeader(HttpResponse<?> answer, String name, String value) {
        assertThat(answer.headers().firstValue(name).orElse("")).as(name).isEqualTo(value);
    }

    private static HttpResponse<byte[]> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(ingest.uri(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    private static HttpResponse<byte[]> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
