package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.limit.ConcurrencyLimit;
import dev.millrace.ingest.limit.Standing;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More than a node can work on: requests wait, and those that have waited for too long are turned away. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LoadSheddingIT {
    private static final String REFUSED = "millrace_requests_refused_total{code=\"too-many-requests\"}";

    /** Requests whose bodies never come to an end, be it one that nobody asked for. */
    private static final List<String> ENDLESS = List.of(
            head("POST") + "Transfer-Encoding: chunked\r\n\r\n5;x",
            head("POST") + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0",
            head("OPTIONS")
                    + "Origin: https://publisher.example\r\nAccess-Control-Request-Method: POST\r\nContent-Length: 100000\r\n\r\n",
            head("TRACE") + "Content-Length: 100000\r\n\r\n",
            head("PUT") + "Origin: https://publisher.example\r\nContent-Length: 100000\r\n\r\n");

    /** Is rejected, and tells nothing of its connection. */
    private static final String NO_TOKEN = "{\"token\":\"\",\"type\":\"view\"}";

    /** A node that waits for a machine with much else to do. */
    private static final String[] PATIENT = {"--millrace.redis-patience=60s", "--millrace.tally-timeout=60s"};

    private OpenCounters counters;
    private RunningIngest ingest;

    /** A node of its own for each: what one test has left to be done must not take another's permits. */
    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl(), PATIENT);
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
    }

    @Test
    void whoHasWaitedForTooLongIsTurnedAwayOnAConnectionThatStaysAndHealthIsStillTold() {
        ConcurrencyLimit limit = ingest.part(ConcurrencyLimit.class);
        String event = event("late");
        CountDownLatch busy = occupied(limit);
        int before = limit.waiting();
        long standing = System.nanoTime();
        CompletableFuture<Answer> late = ingest.postAsync(event, "text/plain", "Origin", "https://publisher.example");
        CompletableFuture<Answer> health = ingest.getAsync("/actuator/health/liveness");
        CompletableFuture<Answer> lookup = ingest.getAsync("/v1/events");
        // The time itself is what is tested: a queue is a burst until it has lasted for so long.
        while (limit.waiting() < before + 3 || System.nanoTime() - standing < 2 * ConcurrencyLimit.BURST.toNanos()) {
            Thread.onSpinWait();
        }
        busy.countDown();

        Answer answer = late.join();
        assertThat(answer.status()).as(answer.body()).isEqualTo(429);
        assertThat(answer.json().get("code").asString()).isEqualTo("too-many-requests");
        assertThat(answer.json().get("type").asString()).isEqualTo("urn:millrace:problem:too-many-requests");
        assertThat(answer.json().get("instance").asString()).isEqualTo("/v1/events");
        assertThat(answer.json().get("detail").asString()).contains("send the same events again");
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
        assertThat(answer.header("Connection")).isEmpty();
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(answer.header("Access-Control-Expose-Headers")).contains("Retry-After");
        assertThat(health.join().status()).isEqualTo(200);
        assertThat(lookup.join().status()).isEqualTo(405);
        assertThat(ingest.metric(REFUSED)).isEqualTo(1);
        for (String connection : List.of("trusted", "new", "repeating")) {
            assertThat(ingest.metric("millrace_requests_waiting{connection=\"%s\"}".formatted(connection)))
                    .isZero();
        }

        assertThat(ingest.post(event).status()).isEqualTo(202);
        assertThat(counters.earned(1, "demo|late")).isEqualTo(1_000);
    }

    /** Told by the connection, before anything of the request is read. */
    @Test
    void whereARequestWaitsFollowsFromTheOneBeforeItOnItsConnection() throws IOException {
        String repeated = event("repeated");
        assertThat(ingest.post(repeated).body()).contains("\"accepted\":1");
        try (Connection connection = new Connection();
                Connection other = new Connection()) {
            connection.post(NO_TOKEN);
            assertThat(standing(connection)).isEqualTo(Standing.NEW);
            connection.post(event("fresh-1"));
            assertThat(standing(connection)).isEqualTo(Standing.TRUSTED);
            connection.post(repeated);
            assertThat(standing(connection)).isEqualTo(Standing.REPEATING);
            other.post(event("fresh-2"));
            assertThat(standing(other)).as("another connection").isEqualTo(Standing.TRUSTED);
            assertThat(standing(connection)).isEqualTo(Standing.REPEATING);
            connection.post(event("fresh-3"));
            assertThat(standing(connection)).isEqualTo(Standing.TRUSTED);
        }
    }

    /** So that a flood is soon told from honest events, and who repeated once is not taken for one for ever. */
    @Test
    void ofThoseWhoAreTurnedAwayOneInFourIsJudgedByWhatItHasBrought() throws IOException {
        String repeated = event("repeated-late");
        assertThat(ingest.post(repeated).body()).contains("\"accepted\":1");
        List<Connection> all = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                all.add(new Connection());
            }
            beLate(all, _ -> repeated);
            List<Standing> standings = new ArrayList<>();
            for (Connection connection : all) {
                standings.add(standing(connection));
            }
            assertThat(standings)
                    .as("two, and whoever was not late at the first try")
                    .containsOnly(Standing.NEW, Standing.REPEATING)
                    .filteredOn(Standing.REPEATING::equals)
                    .hasSizeBetween(2, 7);
            Connection mistaken = all.get(standings.indexOf(Standing.REPEATING));
            for (int i = 0; i < 4; i++) {
                int number = i;
                beLate(List.of(mistaken), _ -> event("fresh-" + number));
            }
            assertThat(standing(mistaken)).isEqualTo(Standing.TRUSTED);
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
    }

    /** Whatever a large one brings: to read it would cost more than to turn it away. */
    @Test
    void noLargeRequestIsJudged() throws IOException {
        String repeated = event("repeated-large");
        assertThat(ingest.post(repeated).body()).contains("\"accepted\":1");
        // Each over a connection of its own: on a used one, the task of the request before may take it along.
        for (int i = 0; i < 4; i++) {
            try (Connection connection = new Connection()) {
                beLate(List.of(connection), _ -> repeated + " ".repeat(4_096));
                assertThat(standing(connection)).isEqualTo(Standing.NEW);
            }
        }
    }

    /** Sends an event over each, so that all are turned away for having come too late. */
    private void beLate(List<Connection> connections, IntFunction<String> event) throws IOException {
        ConcurrencyLimit limit = ingest.part(ConcurrencyLimit.class);
        List<Connection> left = new ArrayList<>(connections);
        while (!left.isEmpty()) {
            CountDownLatch busy = occupied(limit);
            long began = System.nanoTime();
            for (int i = 0; i < left.size(); i++) {
                left.get(i).send(event.apply(i));
            }
            while (System.nanoTime() - began < 2 * ConcurrencyLimit.BURST.toNanos()) {
                Thread.onSpinWait();
            }
            busy.countDown();
            List<Connection> again = new ArrayList<>();
            for (Connection connection : left) {
                if (!connection.read().contains("\"code\":\"too-many-requests\"")) {
                    again.add(connection); // The task of the one before took it along.
                }
            }
            left = again;
        }
    }

    /** Where a request waits that comes, while all permits are taken, over this connection. */
    private Standing standing(Connection connection) throws IOException {
        ConcurrencyLimit limit = ingest.part(ConcurrencyLimit.class);
        while (true) {
            CountDownLatch busy = occupied(limit);
            Map<Standing, Integer> before = waiting(limit);
            connection.send(NO_TOKEN);
            // The task of the one before may not have ended yet, and takes along what comes.
            while (waiting(limit).equals(before) && !connection.isAnswered()) {
                Thread.onSpinWait();
            }
            Map<Standing, Integer> after = waiting(limit);
            busy.countDown();
            connection.read();
            for (Standing standing : Standing.values()) {
                if (!Objects.equals(after.get(standing), before.get(standing))) {
                    return standing;
                }
            }
        }
    }

    private static Map<Standing, Integer> waiting(ConcurrencyLimit limit) {
        Map<Standing, Integer> waiting = new EnumMap<>(Standing.class);
        for (Standing standing : Standing.values()) {
            waiting.put(standing, limit.waiting(standing));
        }
        return waiting;
    }

    /** One that stays. */
    private final class Connection implements AutoCloseable {
        private final Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), ingest.uri("").getPort());
        private final BufferedReader answers =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));

        Connection() throws IOException {}

        String post(String event) throws IOException {
            send(event);
            return read();
        }

        void send(String event) throws IOException {
            LoadSheddingIT.send(socket, head("POST") + "Content-Length: %d\r\n\r\n%s".formatted(event.length(), event));
        }

        boolean isAnswered() throws IOException {
            return answers.ready();
        }

        /** The body of the next answer. */
        String read() throws IOException {
            int length = 0;
            for (String line = answers.readLine(); !line.isEmpty(); line = answers.readLine()) {
                if (line.startsWith("Content-Length: ")) {
                    length = Integer.parseInt(line.substring("Content-Length: ".length()));
                }
            }
            char[] body = new char[length];
            for (int read = 0; read < length; ) {
                read += answers.read(body, read, length - read);
            }
            return new String(body);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void whatWaitsWhenTheServiceIsStoppedIsAnswered() {
        int many = 20;
        try (RunningIngest stopped = new RunningIngest(RealServers.redisUrl(), PATIENT)) {
            ConcurrencyLimit limit = stopped.part(ConcurrencyLimit.class);
            CountDownLatch busy = occupied(limit);
            try {
                int before = limit.waiting();
                List<CompletableFuture<Answer>> answers = new ArrayList<>();
                for (int i = 0; i < many; i++) {
                    answers.add(stopped.postAsync(event("stopped-" + i), "application/json"));
                }
                while (limit.waiting() < before + many) {
                    Thread.onSpinWait();
                }
                stopped.closeServer();
                assertThat(answers)
                        .allSatisfy(answer -> assertThat(answer.join().status())
                                .as(answer.join().body())
                                .isEqualTo(202));
            } finally {
                busy.countDown();
            }
        }
    }

    @Test
    void manyWhoseBodiesComeSlowlyHoldNobodyUp() throws IOException {
        int many = 100;
        List<Socket> slow = new ArrayList<>();
        List<Socket> endless = new ArrayList<>();
        try {
            String body = event("slow");
            for (int i = 0; i < many; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), ingest.uri("").getPort());
                slow.add(socket);
                send(
                        socket,
                        head("POST")
                                + "Connection: close\r\nContent-Length: %d\r\n\r\n%s"
                                        .formatted(body.length(), body.substring(0, i % 2)));
            }
            for (int i = 0; i < many; i++) {
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), ingest.uri("").getPort());
                endless.add(socket);
                send(socket, ENDLESS.get(i % ENDLESS.size()));
            }
            assertThat(ingest.post(event("quick")).status()).isEqualTo(202);
            for (int i = 0; i < many; i++) {
                send(slow.get(i), body.substring(i % 2));
            }
            for (Socket socket : slow) {
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertThat(answer).startsWith("HTTP/1.1 202");
            }
        } finally {
            slow.addAll(endless);
            for (Socket socket : slow) {
                socket.close();
            }
        }
        assertThat(counters.earned(1, "demo|slow")).isEqualTo(1_000);
        assertThat(counters.earned(1, "demo|quick")).isEqualTo(1_000);
    }

    /** Keeps all permits taken, and one task or more that wait, until it is counted down. */
    private static CountDownLatch occupied(ConcurrencyLimit limit) {
        int permits = 4 * Runtime.getRuntime().availableProcessors();
        CountDownLatch busy = new CountDownLatch(1);
        AtomicInteger holding = new AtomicInteger();
        while (holding.get() < permits || limit.waiting() == 0) {
            if (limit.waiting() == 0) {
                limit.execute(() -> {
                    holding.incrementAndGet();
                    await(busy);
                });
            }
            Thread.onSpinWait();
        }
        return busy;
    }

    private static String head(String method) {
        return method + " /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String event(String creator) {
        long now = counters.second();
        String token = Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                .formatted(creator, creator, now, now + 3_600));
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }
}
