package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A client whose traffic decides what is sent, over as many connections as that takes. */
class TrafficTest {
    private static final String ACCEPTED = "HTTP/1.1 202 \r\nContent-Length: 2\r\n\r\nok";

    /** All requests at once; each has so many milliseconds. */
    private static final class AllAtOnce implements Traffic {
        private final List<ByteBuffer> requests;
        private final long millis;
        private final List<String> outcomes = new ArrayList<>();
        private long began;
        private int next;

        AllAtOnce(List<ByteBuffer> requests, long millis) {
            this.requests = requests;
            this.millis = millis;
        }

        @Override
        public void begin(long now) {
            began = now;
        }

        @Override
        public boolean isFinished() {
            return outcomes.size() == requests.size();
        }

        @Override
        public int next(long now) {
            return next == requests.size() ? NOTHING : next++;
        }

        @Override
        public long untilNext(long now) {
            return next == requests.size() ? Long.MAX_VALUE : 0;
        }

        @Override
        public ByteBuffer bytes(int request) {
            return requests.get(request);
        }

        @Override
        public long deadline(int request) {
            return began + TimeUnit.MILLISECONDS.toNanos(millis);
        }

        @Override
        public boolean readsBodies() {
            return true;
        }

        @Override
        public void answered(int request, Reply reply, long now) {
            outcomes.add(reply.status() + " " + StandardCharsets.US_ASCII.decode(reply.body()));
        }

        @Override
        public void unanswered(int request, Silence why, long now) {
            outcomes.add(why.toString());
        }
    }

    @Test
    void connectionsAreOpenedAsRequestsFindNoneThatIsFreeAndNoMoreThanAllowed() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            Thread.sleep(20);
            return write(out, ACCEPTED);
        })) {
            AllAtOnce traffic = new AllAtOnce(requests(20), 60_000);
            LoadClient.growing(server.port(), 7).send(traffic);
            assertThat(traffic.outcomes).hasSize(20).containsOnly("202 ok");
            assertThat(server.connections()).isEqualTo(7);
        }
    }

    @Test
    void aRequestWithoutAnswerIsGivenUpAtItsDeadline() throws IOException {
        try (StubServer server = new StubServer((path, number, out) -> {
            if (path.equals("/0")) {
                Thread.sleep(60_000);
            }
            return write(out, ACCEPTED);
        })) {
            AllAtOnce traffic = new AllAtOnce(requests(3), 300);
            LoadClient.growing(server.port(), 3).send(traffic);
            assertThat(traffic.outcomes).containsExactlyInAnyOrder("202 ok", "202 ok", "LATE");
        }
    }

    @Test
    void aConnectionThatBreaksLeavesItsRequestUnanswered() throws IOException {
        try (StubServer server =
                new StubServer((path, number, out) -> path.equals("/1") ? false : write(out, ACCEPTED))) {
            AllAtOnce traffic = new AllAtOnce(requests(3), 60_000);
            LoadClient.growing(server.port(), 1).send(traffic);
            assertThat(traffic.outcomes).containsExactly("202 ok", "BROKEN", "202 ok");
        }
    }

    @Test
    void aServerThatAnswersBeforeItHasReadEverythingGetsTheRestBeforeTheNextRequest() throws Exception {
        List<ByteBuffer> requests = List.of(request("/large", 8 << 20), request("/small", 0));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> answerEarly(server, requests));
            AllAtOnce traffic = new AllAtOnce(requests, 60_000);
            LoadClient.growing(server.getLocalPort(), 1).send(traffic);
            assertThat(traffic.outcomes).containsExactly("202 ok", "202 ok");
            answering.join();
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

    private static boolean write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        return true;
    }

    private static List<ByteBuffer> requests(int count) {
        List<ByteBuffer> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(request("/" + i, 0));
        }
        return requests;
    }

    private static ByteBuffer request(String path, int body) {
        String text = "POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s".formatted(path, body, "x".repeat(body));
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
