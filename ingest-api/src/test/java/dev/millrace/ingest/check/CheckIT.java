package dev.millrace.ingest.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.OpenCounters;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.local.testing.RealServers;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The addresses of the page, as browsers and proxies use them. */
class CheckIT {
    private static OpenCounters counters;
    private static RunningIngest ingest;

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl());
    }

    @AfterAll
    static void stop() {
        ingest.close();
        counters.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/check, text/html;charset=utf-8",
        "/check/check.js, text/javascript;charset=utf-8",
        "/check/check.css, text/css;charset=utf-8",
        "/check/millrace.css, text/css;charset=utf-8",
        "/check/icon.svg, image/svg+xml"
    })
    void eachFileIsOfItsTypeAndUnderTheStrictPolicy(String path, String type) {
        Answer answer = ingest.get(path);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo(type);
        assertThat(answer.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .contains("form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "http", "data:");
        assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-cache");
        assertThat(answer.header("Set-Cookie") + answer.header("Access-Control-Allow-Origin"))
                .isEmpty();
        assertThat(send(path, "If-None-Match", answer.header("ETag")).status()).isEqualTo(304);
        assertThat(send(path, "Accept-Encoding", "gzip").header("Content-Encoding"))
                .isEqualTo("gzip");
    }

    @Test
    void thePageHasNothingInlineAndNothingOfAnotherHost() {
        assertThat(ingest.get("/check").body())
                .doesNotContainPattern("\\son\\w+=")
                .doesNotContain("<style", "style=", "<script>", "javascript:", "src=\"http", "href=\"http");
    }

    /** The page's links are relative, so that it may stand below any path of a proxy. */
    @Test
    void aSlashAtTheEndLeadsToThePage() {
        Answer answer = ingest.get("/check/");
        assertThat(answer.status()).isEqualTo(301);
        assertThat(answer.header("Location")).isEqualTo("../check");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/check/check.html",
                "/check/x",
                "/check/../application.yml",
                "/check/%2e%2e/check.js",
                "/checkout",
                "/check/check.js/x"
            })
    void nothingElseIsThere(String path) {
        assertThat(ingest.get(path).status()).isIn(400, 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/check", "/check/check.js"})
    void itIsReadAlone(String path) {
        Answer posted = ingest.send(HttpRequest.newBuilder(ingest.uri(path))
                .POST(HttpRequest.BodyPublishers.ofString("token=x"))
                .build());
        assertThat(posted.status()).isEqualTo(405);
        assertThat(posted.header("Allow")).isEqualTo("GET, HEAD");
        Answer head =
                ingest.send(HttpRequest.newBuilder(ingest.uri(path)).HEAD().build());
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    private static Answer send(String path, String header, String value) {
        return ingest.send(
                HttpRequest.newBuilder(ingest.uri(path)).header(header, value).build());
    }
}
