package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadClientTest {
    private static final String ACCEPTED = "HTTP/1.1 202 \r\nContent-Length: 2\r\n\r\nok";

    @Test
    void everyRequestIsSentOnceAndItsAnswerIsRead() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> write(out, echo(path.substring(1))))) {
            Delivery delivery = LoadClient.http(server.port(), 3).send(Delivery.closedLoop(requests(100)));
            assertThat(delivery.score().accepted()).isEqualTo(100);
            assertThat(delivery.score().times().getTotalCount()).isEqualTo(100);
            assertThat(delivery.sentAgain()).isZero();
            assertThat(delivery.connections()).isEqualTo(server.connections()).isEqualTo(3);
            assertThat(delivery.counted()).isEqualTo(99 * 100 / 2); // By the answers, each counted its number.
        }
    }

    @Test
    void aLargeRequestIsSentPieceByPiece() throws IOException {
        ByteBuffer large = request("/large", 8 << 20);
        try (StubServer server = new StubServer((path, number, out) -> write(out, ACCEPTED))) {
            Delivery delivery = LoadClient.http(server.port(), 1).send(Delivery.closedLoop(List.of(large, large)));
            assertThat(delivery.score().accepted()).isEqualTo(2);
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
            Delivery delivery = LoadClient.http(server.port(), 1).send(Delivery.closedLoop(requests(95)));
            assertThat(delivery.score().accepted()).isEqualTo(95);
            assertThat(delivery.sentAgain()).isZero();
            assertThat(server.connections()).isEqualTo(10);
        }
    }

    @Test
    void whatIsRefusedIsSentAgainWhenTheServerSaysSo() throws IOException {
        try (StubServer server = new StubServer(LoadClientTest::refuseTheFirst)) {
            Delivery delivery = LoadClient.http(server.port(), 1).send(Delivery.closedLoop(requests(3)));
            assertThat(delivery.score().accepted()).isEqualTo(3);
            assertThat(delivery.sentAgain()).isEqualTo(1);
            assertThat(delivery.score().times().getMaxValue())
                    .as("its time goes on")
                    .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(999));
        }
    }

    @Test
    void orItIsCountedAndLeft() throws IOException {
        try (StubServer server = new StubServer(LoadClientTest::refuseTheFirst)) {
            Delivery once = Delivery.openLoop(requests(3), new long[3], Delivery.OnRefusal.LEAVE);
            Delivery delivery = LoadClient.http(server.port(), 1).send(once);
            assertThat(delivery.score().others()).isEqualTo(Map.of("503", 1L));
            assertThat(delivery.score().accepted()).isEqualTo(2);
            assertThat(delivery.sentAgain()).isZero();
        }
    }

    @Test
    void anAnswerThatBreaksOffIsToldAndTheRequestSentAgain() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            write(out, number == 1 ? "HTTP/1.1 20" : ACCEPTED);
            return number != 1;
        })) {
            Delivery delivery = LoadClient.http(server.port(), 1).send(Delivery.closedLoop(requests(3)));
            assertThat(delivery.sentAgain()).isEqualTo(1);
            assertThat(delivery.score().accepted()).isEqualTo(3);
            assertThat(server.requests()).isEqualTo(4);
        }
    }

    @Test
    void anAnswerThatIsNeitherIsTold() throws IOException {
        try (StubServer server =
                new StubServer((path, number, out) -> write(out, "HTTP/1.1 422 \r\nContent-Length: 0\r\n\r\n"))) {
            Delivery delivery = LoadClient.http(server.port(), 2).send(Delivery.closedLoop(requests(4)));
            assertThat(delivery.complaint()).isEqualTo("422 ");
            assertThat(delivery.score().others()).isEqualTo(Map.of("unexpected", 4L));
            assertThatThrownBy(() -> LoadClient.http(server.port(), 1).deliver(Delivery.closedLoop(requests(1))))
                    .hasMessage("the server answered 422 ");
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
            Delivery delivery = LoadClient.http(server.port(), 1).send(evenly(1_000, 100));
            assertThat(delivery.score().accepted()).isEqualTo(100);
            // All of them were to be sent within the first 100 ms, and none could be before the stall was over.
            assertThat(delivery.score().times().getMinValue())
                    .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(stall - 101));
        }
    }

    @Test
    void anOpenLoopKeepsItsRate() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> write(out, ACCEPTED))) {
            Delivery delivery = LoadClient.http(server.port(), 4).send(evenly(500, 101));
            assertThat(delivery.nanos()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(200));
        }
    }

    @Test
    void nobodyListening() throws IOException {
        StubServer server = new StubServer((path, number, out) -> false);
        server.close();
        assertThatThrownBy(() -> LoadClient.http(server.port(), 1).send(Delivery.closedLoop(requests(1))))
                .isInstanceOf(IOException.class);
    }

    @Test
    void pipelinesOfRedisAreCountedByTheirReplies() throws IOException {
        AtomicInteger commands = new AtomicInteger();
        List<ByteBuffer> pipelines = List.of(request("/pipeline", 0), request("/pipeline", 0), request("/pipeline", 0));
        try (StubServer server = new StubServer((path, number, out) -> write(out, "$1\r\n1\r\n$1\r\n2\r\n"))) {
            LoadClient client = LoadClient.redis(server.port(), 2, pipeline -> {
                commands.addAndGet(2);
                return 2;
            });
            assertThat(client.send(Delivery.closedLoop(pipelines)).score().accepted())
                    .isEqualTo(3);
        }
        assertThat(commands.get()).isEqualTo(6);
    }

    @Test
    void connectionsAreOpenedAsArrivalsFindNoneThatIsFreeAndNoMoreThanAllowed() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            Thread.sleep(20);
            return write(out, ACCEPTED);
        })) {
            assertThat(LoadClient.http(server.port(), 7)
                            .send(allAtOnce(requests(20)))
                            .score()
                            .accepted())
                    .isEqualTo(20);
            assertThat(server.connections()).isEqualTo(7);
        }
    }

    @Test
    void anArrivalWithoutAnswerIsGivenUpWhenItsSenderLeaves() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            if (path.equals("/0")) {
                Thread.sleep(60_000);
            }
            return write(out, ACCEPTED);
        })) {
            Delivery delivery = LoadClient.http(server.port(), 3).send(allAtOnce(requests(3)));
            assertThat(delivery.score().others()).isEqualTo(Map.of(Score.LATE, 1L));
            assertThat(delivery.nanos()).isGreaterThan(Delivery.PATIENCE);
        }
    }

    @Test
    void aConnectionThatBreaksLeavesItsArrivalUnanswered() throws IOException {
        try (StubServer server =
                new StubServer((path, number, out) -> path.equals("/1") ? false : write(out, ACCEPTED))) {
            Score score = LoadClient.http(server.port(), 1)
                    .send(allAtOnce(requests(3)))
                    .score();
            assertThat(score.others()).isEqualTo(Map.of(Score.BROKEN, 1L));
            assertThat(score.accepted()).isEqualTo(2);
        }
    }

    @Test
    void aServerThatAnswersBeforeItHasReadEverythingGetsTheRestBeforeTheNextRequest() throws Exception {
        List<ByteBuffer> requests = List.of(request("/large", 8 << 20), request("/small", 0));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> answerEarly(server, requests));
            assertThat(LoadClient.http(server.getLocalPort(), 1)
                            .send(allAtOnce(requests))
                            .score()
                            .accepted())
                    .isEqualTo(2);
            answering.join();
        }
    }

    @Test
    void whatIsSentBesideSomethingElseEndsWhenItIsToldTo() throws Exception {
        try (StubServer server = new StubServer((path, number, out) -> write(out, ACCEPTED));
                LoadClient.Background background =
                        LoadClient.http(server.port(), 1).start(evenly(1, 100))) {
            assertThat(background.end().score().accepted()).isLessThan(100);
        }
    }

    /** Answers the first after its first byte, the second when all bytes of both have come. */
    private static void answerEarly(ServerSocket server, List<ByteBuffer> requests) {
        int bytes = requests.stream().mapToInt(ByteBuffer::remaining).sum();
        try (Socket socket = server.accept()) {
            int read = socket.getInputStream().read() < 0 ? 0 : 1;
            write(socket.getOutputStream(), ACCEPTED);
            while (read < bytes) {
                read += (int) socket.getInputStream().skip(bytes - read);
            }
            write(socket.getOutputStream(), ACCEPTED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Delivery allAtOnce(List<ByteBuffer> requests) {
        return Delivery.openLoop(requests, new long[requests.size()], Delivery.OnRefusal.LEAVE);
    }

    private static Delivery evenly(double perSecond, int count) {
        return Delivery.openLoop(requests(count), Delivery.evenly(perSecond, count), Delivery.OnRefusal.REPEAT);
    }

    private static boolean refuseTheFirst(String path, int number, OutputStream out) throws IOException {
        return write(out, number == 0 ? "HTTP/1.1 503 \r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n" : ACCEPTED);
    }

    private static String echo(String number) {
        String body = "{\"accepted\":" + number + ",\"duplicate\":0,\"filtered\":0,\"rejected\":0}";
        return "HTTP/1.1 202 \r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
                .formatted(body.length(), body);
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
