package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadClientTest {
    private static final String ACCEPTED = "HTTP/1.1 202 \r\nContent-Length: 2\r\n\r\nok";

    private final Histogram nanos = new Histogram(3);
    private final Map<Integer, String> bodies = new TreeMap<>();

    @Test
    void everyRequestIsSentOnceAndItsAnswerIsRead() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> write(out, echo(path)))) {
            LoadReport report = LoadClient.http(server.port(), 3)
                    .sendUntilTaken(requests(100), Pace.CLOSED_LOOP, nanos, this::keep);
            assertThat(report.byStatus()).isEqualTo(Map.of(202, 100L));
            assertThat(report.acknowledged()).isEqualTo(100);
            assertThat(report.failed() + report.sentAgain()).isZero();
            assertThat(server.connections()).isEqualTo(3);
            assertThat(nanos.getTotalCount()).isEqualTo(100);
        }
        assertThat(bodies).hasSize(100);
        bodies.forEach((request, body) -> assertThat(body).isEqualTo("/" + request));
    }

    @Test
    void aLargeRequestIsSentPieceByPiece() throws IOException {
        ByteBuffer large = request("/large", 8 << 20);
        try (StubServer server = new StubServer((path, number, out) -> write(out, ACCEPTED))) {
            LoadReport report = LoadClient.http(server.port(), 1).send(List.of(large, large), Pace.CLOSED_LOOP, nanos);
            assertThat(report.byStatus()).isEqualTo(Map.of(202, 2L));
        }
        assertThat(large.position()).as("the caller's buffer is left alone").isZero();
    }

    @Test
    void aConnectionThatTheServerClosesIsOpenedAgain() throws IOException {
        String last = "HTTP/1.1 202 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        try (StubServer server = new StubServer((path, number, out) -> {
            write(out, number % 10 == 9 ? last : ACCEPTED);
            return number % 10 != 9;
        })) {
            LoadReport report = LoadClient.http(server.port(), 1).send(requests(95), Pace.CLOSED_LOOP, nanos);
            assertThat(report.byStatus()).isEqualTo(Map.of(202, 95L));
            assertThat(report.failed()).isZero();
            assertThat(server.connections()).isEqualTo(10);
        }
    }

    @Test
    void whatIsRefusedIsSentAgainWhenTheServerSaysSo() throws IOException {
        try (StubServer server = new StubServer(LoadClientTest::refuseTheFirst)) {
            LoadReport report =
                    LoadClient.http(server.port(), 1).sendUntilTaken(requests(3), Pace.CLOSED_LOOP, nanos, null);
            assertThat(report.byStatus()).isEqualTo(Map.of(503, 1L, 202, 3L));
            assertThat(report.sentAgain()).isEqualTo(1);
        }
        assertThat(nanos.getTotalCount()).isEqualTo(3);
        assertThat(nanos.getMaxValue()).as("its time goes on").isGreaterThan(TimeUnit.MILLISECONDS.toNanos(999));
    }

    @Test
    void orItIsCountedAndLeft() throws IOException {
        try (StubServer server = new StubServer(LoadClientTest::refuseTheFirst)) {
            LoadReport report = LoadClient.http(server.port(), 1).send(requests(3), Pace.CLOSED_LOOP, nanos);
            assertThat(report.byStatus()).isEqualTo(Map.of(503, 1L, 202, 2L));
            assertThat(report.sentAgain()).isZero();
            assertThat(report.acknowledged()).isEqualTo(2);
        }
        assertThat(nanos.getTotalCount()).isEqualTo(2);
    }

    @Test
    void anAnswerThatBreaksOffIsToldAndTheRequestSentAgain() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            write(out, number == 1 ? "HTTP/1.1 20" : ACCEPTED);
            return number != 1;
        })) {
            LoadReport report =
                    LoadClient.http(server.port(), 1).sendUntilTaken(requests(3), Pace.CLOSED_LOOP, nanos, null);
            assertThat(report.failed()).isEqualTo(1);
            assertThat(report.sentAgain()).isEqualTo(1);
            assertThat(report.byStatus()).isEqualTo(Map.of(202, 3L));
            assertThat(server.requests()).isEqualTo(4);
        }
    }

    @Test
    void anAnswerThatIsNeitherIsTold() throws IOException {
        try (StubServer server =
                new StubServer((path, number, out) -> write(out, "HTTP/1.1 422 \r\nContent-Length: 0\r\n\r\n"))) {
            LoadReport report =
                    LoadClient.http(server.port(), 2).sendUntilTaken(requests(4), Pace.CLOSED_LOOP, nanos, null);
            assertThat(report.unexpected()).isEqualTo("4 x 422");
            assertThat(report.acknowledged()).isZero();
        }
    }

    @Test
    void inAnOpenLoopAStallCountsForEveryRequestThatHadToWait() throws IOException {
        long stall = 300;
        try (StubServer server = new StubServer((path, number, out) -> {
            if (number == 0) {
                Thread.sleep(stall);
            }
            return write(out, ACCEPTED);
        })) {
            LoadReport report = LoadClient.http(server.port(), 1).send(requests(100), new Pace(1_000), nanos);
            assertThat(report.acknowledged()).isEqualTo(100);
        }
        // All of them were to be sent within the first 100 ms, and none could be before the stall was over.
        assertThat(nanos.getMinValue()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(stall - 101));
    }

    @Test
    void anOpenLoopKeepsItsRate() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> write(out, ACCEPTED))) {
            LoadReport report = LoadClient.http(server.port(), 4).send(requests(101), new Pace(500), nanos);
            assertThat(report.nanos()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    @Test
    void nobodyListening() throws IOException {
        StubServer server = new StubServer((path, number, out) -> false);
        server.close();
        assertThatThrownBy(() ->
                        LoadClient.http(server.port(), 1).sendUntilTaken(requests(1), Pace.CLOSED_LOOP, nanos, null))
                .isInstanceOf(IOException.class);
    }

    @Test
    void pipelinesOfRedisAreCountedByTheirReplies() throws IOException {
        AtomicInteger commands = new AtomicInteger();
        List<ByteBuffer> pipelines = List.of(request("/pipeline", 0), request("/pipeline", 0), request("/pipeline", 0));
        try (StubServer server = new StubServer((path, number, out) -> write(out, ":1\r\n$1\r\n1\r\n"))) {
            LoadReport report = LoadClient.redis(server.port(), 2, pipeline -> {
                        commands.addAndGet(2);
                        return 2;
                    })
                    .send(pipelines, Pace.CLOSED_LOOP, nanos);
            assertThat(report.acknowledged()).isEqualTo(3);
        }
        assertThat(commands.get()).isEqualTo(6);
    }

    private void keep(int request, int status, ByteBuffer body) {
        bodies.put(request, StandardCharsets.US_ASCII.decode(body).toString());
    }

    private static boolean refuseTheFirst(String path, int number, OutputStream out) throws IOException {
        return write(out, number == 0 ? "HTTP/1.1 503 \r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" : ACCEPTED);
    }

    private static String echo(String path) {
        return "HTTP/1.1 202 \r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
                .formatted(path.length(), path);
    }

    private static boolean write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        return true;
    }

    private static List<ByteBuffer> requests(int count) {
        return IntStream.range(0, count)
                .mapToObj(request -> request("/" + request, request))
                .toList();
    }

    private static ByteBuffer request(String path, int body) {
        String text = "POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s".formatted(path, body, "x".repeat(body));
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
