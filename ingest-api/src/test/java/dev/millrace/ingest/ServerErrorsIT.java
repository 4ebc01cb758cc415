package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server itself refuses is told as everything else is. */
class ServerErrorsIT {
    private static final String HOST = "Host: localhost\r\n";
    private static final String END = "Connection: close\r\n\r\n";

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
        "GET /v1/%2Fx HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/%5Cx HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /%zz HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/\\x HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/nothing HTTP/1.1, '', 400, request-malformed",
        "GET /v1/nothing HTTP/1.1, 'Host: a b', 400, request-malformed",
        "GET /v1/nothing HTTP/1.1, 'Host: localhost, Host: other', 400, request-malformed",
        "POST /v1/events HTTP/1.1, 'Host: localhost, Content-Length: x', 400, request-malformed",
        "POST /v1/events HTTP/1.1, 'Host: localhost, Content-Length: -1', 400, request-malformed",
        "POST /v1/events HTTP/1.1, 'Host: localhost, Content-Length: 1, Content-Length: 2', 400, request-malformed",
        "POST /v1/events HTTP/1.1, 'Host: localhost, Transfer-Encoding: x', 501, not-implemented",
        "POST /v1/events HTTP/1.1, 'Host: localhost, Expect: x', 417, expectation-failed",
        "G@T /v1/events HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/events HTTP/7.1, 'Host: localhost', 505, http-version-not-supported",
        "GET /v1/nothing HTTP/1.1, 'Host: localhost', 404, not-found",
        "POST /v1/nothing HTTP/1.1, 'Host: localhost', 404, not-found",
        "GET /v1/{a|b}?c=[d|e] HTTP/1.1, 'Host: localhost', 404, not-found",
        "GET /v1/nothing HTTP/1.1, 'Host: ingest_api', 404, not-found",
        "GET /v1/nothing HTTP/1.1, 'Host: ingest_api:8080', 404, not-found",
    })
    void theServersOwnErrorsAreProblemDetailsForAnyPage(String line, String headers, int status, String code)
            throws IOException {
        String sent = headers.isEmpty() ? "" : headers.replace(", ", "\r\n") + "\r\n";
        assertProblem(raw(line + "\r\n" + sent + END), status, code);
    }

    @Test
    void anUpstreamsNameWithAnUnderscoreIsServed() throws IOException {
        assertThat(raw(
                        "POST /v1/events HTTP/1.1\r\nHost: ingest_api\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
                                + END
                                + "[]"))
                .startsWith("HTTP/1.1 400")
                .contains("body-malformed");
    }

    @Test
    void cookiesOf8KilobytesAreTakenAndAHeadBeyondTheLimitIsAProblem() throws IOException {
        String head = "GET /v1/nothing HTTP/1.1\r\n" + HOST + "Cookie: a=%s\r\n" + END;
        assertProblem(raw(head.formatted("x".repeat(8_192))), 404, "not-found");
        assertProblem(raw(head.formatted("x".repeat(20_000))), 400, "request-malformed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Encoding: identity", "Authorization: Bearer x"})
    void aHeaderThatDecidesIsRefusedWhenItComesTwice(String header) throws IOException {
        String once = "POST /v1/events HTTP/1.1\r\n" + HOST + "Content-Type: text/plain\r\nContent-Length: 2\r\n"
                + header + "\r\n";
        assertThat(raw(once + END + "[]")).startsWith("HTTP/1.1 400").contains("body-malformed");
        assertProblem(raw(once + header + "\r\n" + END + "[]"), 400, "request-malformed");
    }

    @Test
    void tracersHeadersPassThePreflight() {
        Answer preflight = ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/events"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://publisher.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "content-type, traceparent, tracestate, baggage")
                .build());
        assertThat(preflight.status()).isEqualTo(200);
        assertThat(preflight.header("Access-Control-Allow-Headers"))
                .isEqualTo("content-type, traceparent, tracestate, baggage");
    }

    @Test
    void aPreflightThatAsksForMoreIsAProblemToo() {
        Answer preflight = ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/events"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .header("Origin", "https://publisher.example")
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "x-other")
                .build());
        assertThat(preflight.status()).isEqualTo(403);
        assertThat(preflight.json().get("code").asString()).isEqualTo("origin-refused");
    }

    @Test
    void theManagementPortListsNothing() {
        assertThat(ingest.get("/actuator").status()).isEqualTo(404);
        assertThat(ingest.get("/actuator/health/readiness").status()).isEqualTo(200);
    }

    @Test
    void healthAndMetricsAreOnAPortOfTheirOwn() {
        Answer there = ingest.send(
                HttpRequest.newBuilder(ingest.uri("/actuator/health/liveness")).build());
        assertThat(there.status()).isEqualTo(404);
        assertThat(there.json().get("code").asString()).isEqualTo("not-found");
        assertThat(ingest.get("/actuator/health/liveness").status()).isEqualTo(200);
        assertThat(ingest.send(HttpRequest.newBuilder(ingest.managementUri("/v1/events"))
                                .build())
                        .status())
                .isEqualTo(404);
    }

    @Test
    void whatTheServerRefusesIsCounted() throws IOException {
        String metric = "millrace_requests_refused_total{code=\"request-malformed\"}";
        double before = ingest.metric(metric);
        raw("GET /%zz HTTP/1.1\r\n" + HOST + END);
        assertThat(ingest.metric(metric) - before).isEqualTo(1);
    }

    private static String raw(String request) throws IOException {
        try (RawHttp client = new RawHttp(ingest.uri("/"))) {
            return client.send(request).untilClosed();
        }
    }

    private static void assertProblem(String answer, int status, String code) {
        assertThat(answer)
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("\r\nContent-Type: application/problem+json\r\n")
                .contains("\r\nAccess-Control-Allow-Origin: *\r\n")
                .contains("\"status\":" + status)
                .contains("\"code\":\"" + code + "\"")
                .doesNotContainIgnoringCase("<html")
                .doesNotContainIgnoringCase("tomcat");
    }
}
