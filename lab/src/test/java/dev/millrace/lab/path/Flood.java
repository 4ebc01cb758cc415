package dev.millrace.lab.path;

import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;

/** Everybody reads one article: batches of views, a few in flight, each sent until it is answered for good. */
final class Flood {
    private static final int BATCH = 1_000;
    private static final int IN_FLIGHT = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Api api;
    private final TokenMint mint;
    private final String creator;
    private final Instant issuedAt = Instant.now();
    private final AtomicInteger nextBatch = new AtomicInteger();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong duplicate = new AtomicLong();
    private final AtomicLong repeats = new AtomicLong();

    Flood(Api api, NimbusPublisher publisher, String creator) {
        this.api = api;
        this.mint = TokenMint.forPublisher(Kid.parse(publisher.kid()).orElseThrow(), publisher.secret());
        this.creator = creator;
    }

    /** What became of the events, and how many requests had to be sent again. */
    record Sums(long accepted, long duplicate, long repeats) {}

    /** @param events how many, a multiple of a thousand */
    Sums send(int events) throws InterruptedException {
        List<Future<?>> senders = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(IN_FLIGHT)) {
            for (int i = 0; i < IN_FLIGHT; i++) {
                senders.add(threads.submit(() -> {
                    for (int batch = nextBatch.getAndIncrement();
                            batch < events / BATCH;
                            batch = nextBatch.getAndIncrement()) {
                        sendUntilCounted(lines(batch));
                    }
                    return true;
                }));
            }
            for (Future<?> sender : senders) {
                sender.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError("the flood broke off", e);
        }
        return new Sums(accepted.get(), duplicate.get(), repeats.get());
    }

    private byte[] lines(int batch) {
        StringBuilder lines = new StringBuilder(BATCH * 280);
        for (int i = 0; i < BATCH; i++) {
            String token =
                    mint.mint(EventClaims.of(creator, "/the-article", "reader-" + (batch * BATCH + i), issuedAt));
            lines.append("{\"token\":\"").append(token).append("\",\"type\":\"view\"}\n");
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private void sendUntilCounted(byte[] lines) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Api.Answer answer = api.lines(lines);
        while (answer.status() == 429 || answer.status() == 503) {
            if (System.nanoTime() > deadline) {
                throw new IOException("refused for " + PATIENCE + ", last with " + answer.body());
            }
            repeats.incrementAndGet();
            LockSupport.parkNanos(Duration.ofSeconds(Long.parseLong(answer.header("Retry-After")))
                    .toNanos());
            answer = api.lines(lines);
        }
        if (answer.status() != 202) {
            throw new IOException(answer.status() + " " + answer.body());
        }
        JsonNode sums = answer.json();
        accepted.addAndGet(sums.path("accepted").asLong());
        duplicate.addAndGet(sums.path("duplicate").asLong());
    }
}
