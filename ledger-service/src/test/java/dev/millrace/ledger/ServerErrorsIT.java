package dev.millrace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server itself refuses is told as everything else is, and a head has an end here too. */
class ServerErrorsIT {
    private static final String END = "Connection: close\r\n\r\n";

    private final RunningLedger ledger = RunningLedger.shared();

    @ParameterizedTest
    @CsvSource({
        "GET /v1/creators/a%2Fb/balance HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/creators/a%5Cb/balance HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/creators/%zz/balance HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/creators/a/balance HTTP/1.1, '', 400, request-malformed",
        "GET /v1/creators/a/balance HTTP/1.1, 'Host: localhost, Expect: x', 417, expectation-failed",
        "GET /v1/creators/a/balance HTTP/1.1, 'Host: localhost, Content-Length: x', 400, request-malformed",
        "GET /v1/creators/a/balance HTTP/1.1, 'Host: localhost, Authorization: Bearer a, Authorization: Bearer b', 400, request-malformed",
        "GET /v1/creators/a/balance HTTP/1.1, 'Host: ledger_service', 401, unauthenticated",
        "GET /v1/creators/a|b/balance HTTP/1.1, 'Host: localhost', 400, request-malformed",
        "GET /v1/creators/a/balance?x={y} HTTP/1.1, 'Host: localhost', 400, request-malformed",
    })
    void theServersOwnErrorsAreProblemDetails(String line, String headers, int status, String code) throws IOException {
        String sent = headers.isEmpty() ? "" : headers.replace(", ", "\r\n") + "\r\n";
        assertThat(raw(line + "\r\n" + sent + END))
                .startsWith("HTTP/1.1 " + status + " ")
                .contains("\r\nContent-Type: application/problem+json")
                .contains("\"status\":" + status)
                .contains("\"code\":\"" + code + "\"")
                .doesNotContainIgnoringCase("<html");
    }

    @Test
    void noAnswerHoldsTheHostThatAClientNamed() throws IOException {
        for (String address : List.of("/openapi", "/docs")) {
            assertThat(raw("GET " + address + " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                    .as(address)
                    .doesNotContain("evil.example");
        }
    }

    @Test
    void aHeadThatIsNotCompleteEndsAfterTenSeconds() throws IOException {
        long began = System.nanoTime();
        try (Socket client = connect()) {
            client.getOutputStream().write("GET / HTTP/1.1\r\nHost".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
    }

    private String raw(String request) throws IOException {
        try (Socket client = connect()) {
            client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(
                InetAddress.getLoopbackAddress(), URI.create(ledger.address()).getPort());
        client.setSoTimeout(60_000);
        return client;
    }
}
