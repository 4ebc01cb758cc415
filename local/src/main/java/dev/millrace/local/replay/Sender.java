package dev.millrace.local.replay;

import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Brings batches to the server, each until it is answered for good. Thread-safe.
 *
 * <p>Busy, unavailable or unreachable is waited out and the same bytes are sent again, which is safe: what had counted
 * comes back as duplicate. When no batch at all gets through for the given patience it gives up.
 */
final class Sender implements AutoCloseable {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration LEAST_PAUSE = Duration.ofMillis(20);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final URI url;
    private final Duration patience;
    private final AtomicLong lastProgress = new AtomicLong(System.nanoTime());

    Sender(URI url, Duration patience) {
        this.url = url;
        this.patience = patience;
    }

    /**
     * Sends one batch.
     *
     * @throws CommandException when the server refuses the request itself, or patience is at its end
     * @throws InterruptedException when interrupted; the batch may or may not have counted
     */
    Verdicts send(Batch batch) throws InterruptedException {
        for (int attempt = 0; ; attempt++) {
            String trouble;
            Duration pause = backoff(attempt);
            try {
                HttpResponse<String> answer = client.send(request(batch), HttpResponse.BodyHandlers.ofString());
                int status = answer.statusCode();
                if (status == 202 || status == 422) {
                    lastProgress.set(System.nanoTime());
                    return Verdicts.parse(answer.body(), batch.size());
                }
                trouble = url + " answers " + status + problem(answer.body());
                if (status != 429 && status < 500) {
                    throw CommandException.failed(trouble);
                }
                pause = retryAfter(answer, pause);
            } catch (IOException e) {
                trouble = url + " can't be reached (" + reason(e) + ")";
            }
            checkPatience(trouble);
            Thread.sleep(pause);
        }
    }

    private HttpRequest request(Batch batch) {
        return HttpRequest.newBuilder(url)
                .timeout(REQUEST_TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(batch.body()))
                .build();
    }

    private void checkPatience(String trouble) {
        if (System.nanoTime() - lastProgress.get() > patience.toNanos()) {
            throw CommandException.failed(trouble + "; gave up after " + patience.toSeconds() + " s without progress");
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
        try {
            JsonNode problem = JsonMapper.shared().readTree(body);
            String detail =
                    problem.path("detail").asString(problem.path("title").asString(""));
            return detail.isEmpty() ? "" : ": " + detail;
        } catch (JacksonException e) {
            return "";
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
