package dev.millrace.lab.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.local.server.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The edge of {@code deploy/nginx/nginx.conf} as a real nginx, in front of what stands for ingest-api. */
class EdgeProxyIT {
    @TempDir
    private static Path home;

    private static RecordingIngest ingest;
    private static PublisherProxy edge;
    private static int port;

    @BeforeAll
    static void start() throws IOException {
        boolean isInstalled = PublisherProxy.isInstalled();
        if (!isInstalled) {
            System.err.println(
                    "NOT TESTED: the edge needs nginx (Debian: apt-get install nginx libnginx-mod-http-lua)");
        }
        assumeTrue(isInstalled, "nginx is not installed");
        ingest = new RecordingIngest();
        port = Ports.free();
        edge = PublisherProxy.startEdge(Site.ROOT, home, port, ingest.port());
    }

    @AfterAll
    static void stop() {
        if (edge != null) {
            edge.close();
            ingest.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /check, true",
        "GET, /check/, true",
        "GET, /check/check.js, true",
        "GET, /v1/verdicts, true",
        "POST, /v1/events, true",
        "POST, /v1/page, true",
        "GET, /v1/pixel.gif, true",
        "GET, /m.js, true",
        "GET, /checkout, false",
        "GET, /checks/x, false",
        "GET, /actuator/health, false",
        "GET, /, false"
    })
    void thePathsOfIngestApiAloneGoThere(String method, String path, boolean goes) throws IOException {
        int before = ingest.calls(path).size();
        String answer = send(method, path);
        assertThat(ingest.calls(path).size() - before).isEqualTo(goes ? 1 : 0);
        if (!goes) {
            assertThat(answer).startsWith("HTTP/1.1 404 ");
        }
    }

    /** Its secret opens a key's verdicts, so the edge does not take it away. */
    @ParameterizedTest
    @CsvSource({"/v1/verdicts, Basic ZGVtby4xOng=", "/v1/events, ''"})
    void authorizationIsForTheVerdictsAlone(String path, String passed) throws IOException {
        send("POST", path, "Authorization: Basic ZGVtby4xOng=");
        List<RecordingIngest.Call> calls = ingest.calls(path);
        assertThat(calls.getLast().header("Authorization")).isEqualTo(passed);
    }

    private static String send(String method, String path, String... headers) throws IOException {
        String request =
                "%s %s HTTP/1.1\r\nHost: events.example.com\r\nConnection: close\r\nContent-Length: 0\r\n%s\r\n"
                        .formatted(
                                method,
                                path,
                                String.join(
                                        "",
                                        List.of(headers).stream()
                                                .map(header -> header + "\r\n")
                                                .toList()));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
