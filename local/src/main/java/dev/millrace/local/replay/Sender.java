package dev.millrace.local.replay;

import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Brings batches of page views to the server, each until it is answered for good. Thread-safe.
 *
 * <p>Busy, unavailable or unreachable is waited out and the same events are sent again. That is safe: what had counted comes
 * back as duplicate.
 *
 * @param url where events go
 * @param patience how long no batch at all may get through before it gives up
 * @param lastAnswer when one did, by the monotonic clock
 */
record Sender(HttpClient client, URI url, Duration patience, TokenMint mint, Clock clock, AtomicLong lastAnswer) {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final long LEAST_PAUSE_MILLIS = 20;
    private static final long FIRST_PAUSE_MILLIS = 250;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    Sender(URI url, Duration patience, TokenMint mint, Clock clock) {
        this(
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .build(),
                url,
                patience,
                mint,
                clock,
                new AtomicLong(System.nanoTime()));
    }

    /**
     * A page view to be sent.
     *
     * @param line of the log
     * @param creator who is paid for it
     * @param jti the key that makes it count once
     */
    record PageView(long line, String creator, String article, String jti) {}

    /**
     * Sends one batch and counts what the server answers.
     *
     * @throws CommandException when the server refuses the request itself, or patience is at its end
     * @throws InterruptedException when interrupted; the batch may or may not have counted
     */
    void send(List<PageView> batch, ReplayCounts counts) throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            String trouble;
            long pause = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt, 10));
            try {
                HttpResponse<String> answer = client.send(request(batch), HttpResponse.BodyHandlers.ofString());
                int status = answer.statusCode();
                if (status == 202 || status == 422) {
                    lastAnswer.set(System.nanoTime());
                    count(answer.body(), batch, counts);
                    return;
                }
                trouble = "%s answers %d: %s".formatted(url, status, problem(answer.body()));
                if (status != 429 && status < 500) {
                    throw CommandException.failed(trouble);
                }
                pause = retryAfter(answer, pause);
            } catch (IOException e) {
                trouble = url + " can't be reached (" + (e.getMessage() == null ? e : e.getMessage()) + ")";
            }
            if (System.nanoTime() - lastAnswer.get() > patience.toNanos()) {
                throw CommandException.failed(
                        trouble + "; gave up after " + patience.toSeconds() + " s without progress");
            }
            Thread.sleep(pause);
        }
    }

    /** Tokens are base64url with dots: nothing in them has to be escaped. */
    private HttpRequest request(List<PageView> batch) {
        String body = batch.stream()
                .map(view -> EventClaims.of(view.creator(), view.article(), view.jti(), clock.instant()))
                .map(claims -> "{\"token\":\"" + mint.mint(claims) + "\",\"type\":\"view\"}")
                .collect(Collectors.joining(",", "[", "]"));
        return HttpRequest.newBuilder(url)
                .timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static void count(String body, List<PageView> batch, ReplayCounts counts) {
        JsonNode answer = json(body);
        long accepted = answer.path("accepted").asLong(0);
        long duplicate = answer.path("duplicate").asLong(0);
        long rejected = answer.path("rejected").asLong(0);
        if (accepted + duplicate + rejected != batch.size()) {
            throw CommandException.failed("the server's answer does not tell what became of the " + batch.size()
                    + " events sent: " + body.substring(0, Math.min(200, body.length())));
        }
        counts.add(ReplayCounts.Kind.ACCEPTED, accepted);
        counts.add(ReplayCounts.Kind.DUPLICATE, duplicate);
        counts.add(ReplayCounts.Kind.REJECTED, rejected);
        JsonNode results = answer.path("results");
        for (int i = 0; i < Math.min(results.size(), batch.size()); i++) {
            if (results.path(i).path("status").asString("").equals("rejected")) {
                String code = results.path(i).path("code").asString("unknown");
                counts.leaveOut(
                        "rejected (" + code + ")", Long.toString(batch.get(i).line()));
            }
        }
    }

    /** Retry-After in seconds, bounded; its other form, a date, is not used by this server. */
    private static long retryAfter(HttpResponse<?> answer, long otherwise) {
        String value = answer.headers().firstValue("Retry-After").orElse("");
        return value.matches("[0-9]{1,4}")
                ? Math.clamp(Long.parseLong(value) * 1000, LEAST_PAUSE_MILLIS, LONGEST_PAUSE_MILLIS)
                : otherwise;
    }

    private static String problem(String body) {
        JsonNode problem = json(body);
        return problem.path("detail").asString(problem.path("title").asString("nothing more"));
    }

    /** An empty object where the text is no JSON. */
    private static JsonNode json(String text) {
        try {
            return JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            return JsonMapper.shared().createObjectNode();
        }
    }
}
