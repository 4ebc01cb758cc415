package dev.millrace.local.replay;

import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.replay.ReplayCounts.Kind;
import dev.millrace.local.server.JsonClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Sends batches of page views, each until it is answered for good. Thread-safe.
 *
 * <p>It waits while the server is busy, unavailable or unreachable, and sends the same events again. That is safe: an event
 * that had counted comes back as duplicate.
 *
 * @param url where events go
 * @param patience how long no batch at all may get through before it gives up
 * @param lastAnswer when a batch got through last, by the monotonic clock
 */
record EventSender(
        URI url, Duration patience, TokenMint mint, Clock clock, ReplayCounts counts, AtomicLong lastAnswer) {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final long LEAST_PAUSE_MILLIS = 20;
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    /** The server takes 512 KiB. */
    private static final int MOST_BYTES = 500_000;

    /** A page view to be sent, with the number of its line in the log. */
    record PageView(long line, String creator, String article, String jti) {}

    /**
     * Sends one batch and counts the server's answers.
     *
     * @throws CommandException when the server refuses the request itself, patience is at its end, or another batch has failed
     */
    void send(List<PageView> batch) {
        try {
            long pause = FIRST_PAUSE_MILLIS;
            for (long wait = attempt(batch, pause); wait > 0; wait = attempt(batch, pause)) {
                Thread.sleep(wait);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted", e);
        }
    }

    /** The milliseconds to wait before the next attempt, 0 when the batch was answered. */
    private long attempt(List<PageView> batch, long pause) throws InterruptedException {
        String body = body(batch);
        if (body.length() > MOST_BYTES && batch.size() > 1) {
            send(batch.subList(0, batch.size() / 2));
            send(batch.subList(batch.size() / 2, batch.size()));
            return 0;
        }
        String trouble;
        long wait = pause;
        try {
            JsonClient.Answer answer = JsonClient.send(HttpRequest.newBuilder(url)
                    .timeout(REQUEST_TIMEOUT)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body)));
            int status = answer.status();
            if (status == 202 || status == 422) {
                lastAnswer.set(System.nanoTime());
                count(answer.body(), batch);
                return 0;
            }
            trouble = "%s answers %d: %s".formatted(url, status, answer.detail());
            if (status != 429 && status < 500) {
                throw CommandException.failed(trouble);
            }
            wait = retryAfter(answer, pause);
        } catch (IOException e) {
            trouble = url + " can't be reached (" + (e.getMessage() == null ? e : e.getMessage()) + ")";
        }
        if (System.nanoTime() - lastAnswer.get() > patience.toNanos()) {
            throw CommandException.failed(trouble + "; gave up after " + patience.toSeconds() + " s without progress");
        }
        return wait;
    }

    /** Tokens are base64url with dots: nothing in them has to be escaped. */
    private String body(List<PageView> batch) {
        return batch.stream()
                .map(view -> EventClaims.of(view.creator(), view.article(), view.jti(), clock.instant()))
                .map(claims -> "{\"token\":\"" + mint.mint(claims) + "\",\"type\":\"view\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private void count(JsonNode answer, List<PageView> batch) {
        long told = 0;
        for (Kind kind : List.of(Kind.ACCEPTED, Kind.DUPLICATE, Kind.REJECTED)) {
            long count = answer.path(kind.words()).asLong(0);
            counts.add(kind, count);
            told += count;
        }
        if (told != batch.size()) {
            throw CommandException.failed("the server's answer does not tell what became of the %d events sent: %.200s"
                    .formatted(batch.size(), answer));
        }
        for (int i = 0; i < batch.size(); i++) {
            JsonNode result = answer.path("results").path(i);
            if (result.path("status").asString("").equals("rejected")) {
                String why = "rejected (" + result.path("code").asString("unknown") + ")";
                counts.leaveOut(why, Long.toString(batch.get(i).line()));
            }
        }
    }

    /** Retry-After in seconds, bounded; its other form, a date, is not used by this server. */
    private static long retryAfter(JsonClient.Answer answer, long otherwise) {
        String value = answer.headers().firstValue("Retry-After").orElse("");
        return value.matches("[0-9]{1,4}")
                ? Math.clamp(Long.parseLong(value) * 1000, LEAST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS)
                : otherwise;
    }
}
