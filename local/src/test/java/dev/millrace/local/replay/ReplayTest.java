package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.common.token.Kid;
import dev.millrace.local.process.CommandException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ReplayTest {
    private static final Path REAL_LOG = Path.of("../../shared/data/apache_access.log");

    private final Clock clock = Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);
    private final List<String> bodies = new ArrayList<>();
    private final Queue<Integer> answers = new ConcurrentLinkedQueue<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private String retryAfter = "0";
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/events", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void countsWhatTheFileHoldsAndWhatTheServerSays() throws Exception {
        Replay replay = replay(plan(2));
        ReplayCounts counts = replay.run(log(
                line("/a", "Firefox"),
                "broken",
                line("/b", "Googlebot"),
                line("/style.css", "Firefox"),
                line("/c", "Firefox"),
                line("/d", "Firefox")));
        assertThat(counts).isEqualTo(new ReplayCounts(6, 1, 3, 1, 3, 0, 0));
        assertThat(bodies).hasSize(2);
        assertThat(replay.remarks()).containsExactly("unreadable: line 2");
    }

    @Test
    void aBatchThatMetABusyServerIsSentAgainByteForByte() throws Exception {
        answers.addAll(List.of(503, 429, 500, 202));
        ReplayCounts counts = replay(plan(200)).run(log(line("/a", "Firefox"), line("/b", "Firefox")));
        assertThat(counts).isEqualTo(new ReplayCounts(2, 0, 2, 0, 2, 0, 0));
        assertThat(bodies).hasSize(4);
        assertThat(bodies).containsOnly(bodies.getFirst());
    }

    @Test
    void aBatchOfWhichEveryEventIsRejectedIsAnAnswerToo() throws Exception {
        answers.add(422);
        Replay replay = replay(plan(200));
        ReplayCounts counts = replay.run(log(line("/a", "Firefox"), line("/b", "Firefox")));
        assertThat(counts).isEqualTo(new ReplayCounts(2, 0, 2, 0, 0, 0, 2));
        assertThat(replay.remarks()).containsExactly("rejected: 2 × key-unknown");
    }

    @Test
    void aRefusedRequestEndsTheRunWithTheServersReason() {
        answers.add(400);
        assertThatThrownBy(() -> replay(plan(200)).run(log(line("/a", "Firefox"))))
                .isInstanceOf(CommandException.class)
                .hasMessage(url() + " answers 400: said why\nstopped at line 1: 0 of 1 page views sent were counted;"
                        + " simply run it again");
    }

    @Test
    void givesUpWhenNothingGetsThroughForLong() {
        server.stop(0);
        assertThatThrownBy(() -> replay(plan(200, Duration.ofMillis(500))).run(log(line("/a", "Firefox"))))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(
                        url() + " can't be reached (ConnectException); gave up after 0 s without progress")
                .hasMessageEndingWith("simply run it again");
    }

    @Test
    void anInterruptedReplayEndsAtOnceAndLeavesNothingBehind() throws Exception {
        answers.add(503);
        retryAfter = "5";
        Replay replay = replay(plan(1));
        List<Throwable> thrown = new ArrayList<>();
        Thread runner = Thread.ofPlatform().start(() -> {
            try {
                replay.run(log(line("/a", "Firefox")));
            } catch (IOException | InterruptedException e) {
                thrown.add(e);
            }
        });
        asked.await();
        runner.interrupt();
        assertThat(runner.join(Duration.ofSeconds(60))).isTrue();
        assertThat(thrown).hasOnlyElementsOfType(InterruptedException.class).hasSize(1);
        assertThat(replay.counts()).isEqualTo(new ReplayCounts(1, 0, 1, 0, 0, 0, 0));
    }

    @Test
    void aDryRunNeedsNoServer() throws Exception {
        server.stop(0);
        ReplayPlan plan = new ReplayPlan(new Kid("demo", 1), "s", 50, URI.create(url()), 200, 4, Duration.ZERO, true);
        assertThat(replay(plan).run(log(line("/a", "Firefox"), line("/b", "bot"))))
                .isEqualTo(new ReplayCounts(2, 0, 1, 1, 0, 0, 0));
    }

    @Test
    void longArticlesMakeSmallerRequests() throws Exception {
        String path = "/" + "é".repeat(30_000);
        replay(plan(1000)).run(log(line(path, "a"), line(path, "b"), line(path, "c"), line(path, "d")));
        assertThat(bodies).hasSize(2);
        assertThat(bodies).allSatisfy(body -> assertThat(body.length()).isLessThan(512 * 1024));
    }

    @Test
    void theRealLogHasTheCountsOfAnIndependentCount() throws Exception {
        Assumptions.assumeTrue(Files.exists(REAL_LOG), REAL_LOG + " is absent");
        ReplayPlan plan = new ReplayPlan(new Kid("demo", 1), "s", 50, URI.create(url()), 200, 4, Duration.ZERO, true);
        assertThat(replay(plan).run(Files.newInputStream(REAL_LOG)))
                .isEqualTo(new ReplayCounts(6000, 0, 1307, 1162, 0, 0, 0));
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII);
        synchronized (bodies) {
            bodies.add(body);
        }
        Integer planned = answers.poll();
        int status = planned == null ? 202 : planned;
        byte[] answer = answerBody(status, events(body)).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Retry-After", retryAfter);
        exchange.sendResponseHeaders(status, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
        asked.countDown();
    }

    private static int events(String body) {
        return JsonMapper.shared().readTree(body).size();
    }

    private static String answerBody(int status, int events) {
        String rejected = ",{\"status\":\"rejected\",\"code\":\"key-unknown\",\"detail\":\"…\"}".repeat(events);
        return switch (status) {
            case 202 -> "{\"accepted\":" + events + ",\"duplicate\":0,\"rejected\":0,\"results\":[]}";
            case 422 ->
                "{\"title\":\"t\",\"accepted\":0,\"duplicate\":0,\"rejected\":" + events + ",\"results\":["
                        + rejected.substring(1) + "]}";
            default -> "{\"title\":\"t\",\"detail\":\"said why\"}";
        };
    }

    private ReplayPlan plan(int batch) {
        return plan(batch, Duration.ofMinutes(2));
    }

    private ReplayPlan plan(int batch, Duration patience) {
        return new ReplayPlan(new Kid("demo", 1), "secret", 50, URI.create(url()), batch, 4, patience, false);
    }

    private Replay replay(ReplayPlan plan) {
        return new Replay(plan, clock, new Silence());
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/events";
    }

    private static String line(String path, String agent) {
        return "1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET " + path + " HTTP/1.1\" 200 1 \"-\" \"" + agent + "\"";
    }

    private static InputStream log(String... lines) {
        return new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    private record Silence() implements ReplayProgress {
        @Override
        public void at(long bytes, ReplayCounts counts) {}

        @Override
        public void close() {}
    }
}
