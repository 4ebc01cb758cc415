package dev.millrace.lab.path;

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
import java.util.function.IntFunction;
import tools.jackson.databind.JsonNode;

/** Everybody reads one article, or one of a group: batches of views, a few in flight, each sent until it is answered for good. */
final class Flood {
    private static final int BATCH = 1_000;
    private static final int IN_FLIGHT = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Api api;
    private final TokenMint mint;
    private final IntFunction<EventClaims> claims;
    private final AtomicInteger nextBatch = new AtomicInteger();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong duplicate = new AtomicLong();
    private final AtomicLong filtered = new AtomicLong();
    private final AtomicLong repeats = new AtomicLong();

    /** Of one article. */
    Flood(Api api, NimbusPublisher publisher, String creator) {
        this(api, publisher, claims(creator));
    }

    /** @param claims of the view of this number */
    Flood(Api api, NimbusPublisher publisher, IntFunction<EventClaims> claims) {
        this.api = api;
        this.mint = publisher.mint();
        this.claims = claims;
    }

    private static IntFunction<EventClaims> claims(String creator) {
        Instant issuedAt = Instant.now();
        return view -> EventClaims.of(creator, "/the-article", "reader-" + view, issuedAt);
    }

    /** What became of the events, and how many requests had to be sent again. */
    record Sums(long accepted, long duplicate, long filtered, long repeats) {}

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
        return new Sums(accepted.get(), duplicate.get(), filtered.get(), repeats.get());
    }

    private byte[] lines(int batch) {
        StringBuilder lines = new StringBuilder(BATCH * 280);
        for (int i = 0; i < BATCH; i++) {
            String token = mint.mint(claims.apply(batch * BATCH + i));
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
        filtered.addAndGet(sums.path("filtered").asLong());
    }
}
