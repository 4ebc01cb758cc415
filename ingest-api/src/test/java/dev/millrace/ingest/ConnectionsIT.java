package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node that takes 40 connections, and clients that want them all. */
class ConnectionsIT {
    private static final int ALLOWED = 40;
    private static final String NOTHING = "GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String HALF_A_HEAD = "GET /v1/nothing HTTP/1.1\r\nHost: loc";

    private final List<RawHttp> clients = new ArrayList<>();
    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(RealServers.redisUrl(), "--server.tomcat.max-connections=" + ALLOWED);
    }

    @AfterEach
    void stop() throws IOException {
        for (RawHttp client : clients) {
            client.close();
        }
        ingest.close();
        counters.close();
    }

    @Test
    void livenessIsAnsweredWhileEveryConnectionIsInTheMiddleOfAHead() throws IOException {
        for (int i = 0; i < ALLOWED; i++) {
            connect().send(HALF_A_HEAD);
        }
        await(() -> connections("busy") == ALLOWED);
        long asked = System.nanoTime();
        Answer liveness = ingest.get("/actuator/health/liveness");
        assertThat(liveness.status()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - asked))
                .as("less than the head's end")
                .isLessThan(Duration.ofSeconds(5));
        assertThat(ingest.metric("millrace_connections_allowed")).isEqualTo(ALLOWED);
    }

    @Test
    void idleConnectionsMakeRoomForNewOnes() throws IOException {
        for (int i = 0; i < 3 * ALLOWED; i++) {
            assertThat(connect().send(NOTHING).answer()).startsWith("HTTP/1.1 404");
        }
        await(() -> connections("idle") < ALLOWED * 0.9);
        assertThat(clients.getFirst().untilClosed()).as("the longest idle").isEmpty();
        assertThat(clients.getLast().send(NOTHING).answer()).as("the last one").startsWith("HTTP/1.1 404");
    }

    /** All three at a time, as each takes ten seconds. */
    @Test
    void aHeadABodyAndARefusedBodyThatTrickleInEndTheirConnectionsAfterTenSeconds() throws IOException {
        RawHttp head = connect().send(HALF_A_HEAD);
        RawHttp body = connect()
                .send(
                        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n");
        RawHttp refused =
                connect().send("POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
        long began = System.nanoTime();
        await(() -> connections("busy") == 3);
        List<Thread> trickles = Stream.of(head, body, refused)
                .map(client -> Thread.ofVirtual().start(() -> drip(client)))
                .toList();
        List<CompletableFuture<String>> answers = Stream.of(head, body, refused)
                .map(client -> CompletableFuture.supplyAsync(() -> untilClosed(client), Thread::startVirtualThread))
                .toList();
        assertThat(answers.get(0).join()).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(30));
        assertThat(answers.get(1).join()).startsWith("HTTP/1.1 408").contains("\"code\":\"body-timeout\"");
        assertThat(answers.get(2).join()).startsWith("HTTP/1.1 404");
        trickles.forEach(Thread::interrupt);
        await(() -> connections("busy") == 0);
    }

    private static String untilClosed(RawHttp client) {
        try {
            return client.untilClosed();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The pace itself is what is tested: each byte would start the server's own timeout anew. */
    private static void drip(RawHttp client) {
        try {
            while (true) {
                Thread.sleep(Duration.ofMillis(500));
                client.send("a");
            }
        } catch (IOException | InterruptedException e) {
            // It has been closed.
        }
    }

    private RawHttp connect() throws IOException {
        RawHttp client = new RawHttp(ingest.uri("/"));
        clients.add(client);
        return client;
    }

    private double connections(String state) {
        return ingest.metric("millrace_connections{state=\"" + state + "\"}");
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("too late").isLessThan(deadline);
        }
    }
}
