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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Brings batches of page views to the server, each until it is answered for good. Thread-safe.
 *
 * <p>Busy, unavailable or unreachable is waited out and the same bytes are sent again. That is safe: what had counted comes
 * back as duplicate. When no batch at all gets through for the given patience it gives up.
 */
final class Sender implements AutoCloseable {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LEAST_PAUSE = Duration.ofMillis(20);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** Tokens of this age are minted anew, with the same {@code jti}. */
    private static final Duration STALE = EventClaims.DEFAULT_LIFETIME.minusMinutes(10);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final URI url;
    private final Duration patience;
    private final TokenMint mint;
    private final Clock clock;
    private final AtomicLong lastProgress = new AtomicLong(System.nanoTime());

    Sender(ReplayPlan plan, Clock clock) {
        this.url = plan.url();
        this.patience = plan.patience();
        this.mint = TokenMint.forPublisher(plan.kid(), plan.secret());
        this.clock = clock;
    }

    /**
     * A page view to be sent.
     *
     * @param line of the log
     * @param creator who is paid for it
     * @param article what was viewed
     * @param jti the key that makes it count once
     */
    record PageView(long line, String creator, String article, String jti) {}

    /**
     * Sends one batch and counts what the server answers.
     *
     * @throws CommandException when the server refuses the request itself, or patience is at its end
     * @throws InterruptedException when interrupted; the batch may or may not have counted
     */
    void send(List<PageView> batch, RunningCounts counts) throws InterruptedException {
        Instant minted = clock.instant();
        String body = body(batch, minted);
        for (int attempt = 0; ; attempt++) {
            if (minted.plus(STALE).isBefore(clock.instant())) {
                minted = clock.instant();
                body = body(batch, minted);
            }
            String trouble;
            Duration pause = backoff(attempt);
            try {
                HttpResponse<String> answer = client.send(request(body), HttpResponse.BodyHandlers.ofString());
                int status = answer.statusCode();
                if (status == 202 || status == 422) {
                    lastProgress.set(System.nanoTime());
                    count(answer.body(), batch, counts);
                    return;
                }
                trouble = url + " answers " + status + problem(answer.body());
                if (status != 429 && status < 500) {
                    throw CommandException.failed(trouble);
                }
                pause = retryAfter(answer, pause);
            } catch (IOException e) {
                trouble = url + " can't be reached (" + reason(e) + ")";
            }
            if (System.nanoTime() - lastProgress.get() > patience.toNanos()) {
                throw CommandException.failed(
                        trouble + "; gave up after " + patience.toSeconds() + " s without progress");
            }
            Thread.sleep(pause);
        }
    }

    /** Tokens are base64url with dots: nothing in them has to be escaped. */
    private String body(List<PageView> batch, Instant now) {
        return batch.stream()
                .map(view -> mint.mint(EventClaims.of(view.creator(), view.article(), view.jti(), now)))
                .map(token -> "{\"token\":\"" + token + "\",\"type\":\"view\"}")
                .collect(Collectors.joining(",", "[", "]"));
    }

    private HttpRequest request(String body) {
        return HttpRequest.newBuilder(url)
                .timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    /** @throws CommandException when the answer does not speak about exactly these events */
    private static void count(String body, List<PageView> batch, RunningCounts counts) {
        JsonNode answer = json(body);
        long accepted = answer.path("accepted").asLong(0);
        long duplicate = answer.path("duplicate").asLong(0);
        long rejected = answer.path("rejected").asLong(0);
        if (accepted + duplicate + rejected != batch.size()) {
            throw CommandException.failed("the server's answer does not tell what became of the " + batch.size()
                    + " events sent: " + body.substring(0, Math.min(200, body.length())));
        }
        counts.answered(accepted, duplicate, rejected);
        JsonNode results = answer.path("results");
        for (int i = 0; i < results.size() && i < batch.size(); i++) {
            if (results.path(i).path("status").asString("").equals("rejected")) {
                counts.rejected(
                        results.path(i).path("code").asString("unknown"),
                        batch.get(i).line());
            }
        }
    }

    private static Duration backoff(int attempt) {
        Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(attempt, 10));
        return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }

    /** Retry-After in seconds, bounded; its other form, a date, is not used by this server. */
    private static Duration retryAfter(HttpResponse<?> answer, Duration otherwise) {
        String value = answer.headers().firstValue("Retry-After").orElse("");
        if (value.matches("[0-9]{1,4}")) {
            long seconds = Math.min(Long.parseLong(value), LONGEST_PAUSE.toSeconds());
            return seconds == 0 ? LEAST_PAUSE : Duration.ofSeconds(seconds);
        }
        return otherwise;
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String problem(String body) {
        JsonNode problem = json(body);
        String detail = problem.path("detail").asString(problem.path("title").asString(""));
        return detail.isEmpty() ? "" : ": " + detail;
    }

    /** An empty object where the text is no JSON. */
    private static JsonNode json(String text) {
        try {
            return JsonMapper.shared().readTree(text);
        } catch (JacksonException e) {
            return JsonMapper.shared().createObjectNode();
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
