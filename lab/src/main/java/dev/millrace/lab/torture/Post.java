package dev.millrace.lab.torture;

import com.google.common.base.Ascii;
import com.google.common.util.concurrent.AtomicLongMap;
import dev.millrace.local.server.JsonClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Delivers batches to the ingest nodes: the same tokens again and again, to one node and then to the other, until every
 * event is acknowledged. Thread-safe.
 */
final class Post {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration IN_FORCE = Duration.ofMinutes(1);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    /** Every event of the batch has its verdict. */
    private static final int ACCEPTED = 202;

    private static final int REJECTED = 422;

    /** The node asks for the same again, or the body did not reach it whole. */
    private static final Set<Integer> REPEATABLE = Set.of(503, 429, 408);

    private static final int OK = 200;

    private static final String SUSPENDED = "publisher-suspended";
    private static final int SHOWN = 400;

    private final List<URI> nodes;
    private final Deviations deviations;
    private volatile long deadline = Long.MAX_VALUE;

    /** Events by the nodes' verdict on them. */
    final AtomicLongMap<String> verdicts = AtomicLongMap.create();

    /** Requests that had to be sent again, by the reason. */
    final AtomicLongMap<String> repeated = AtomicLongMap.create();

    /** @param nodes where each is reached */
    Post(List<URI> nodes, Deviations deviations) {
        this.nodes = nodes;
        this.deviations = deviations;
    }

    /** From now on nothing is tried for longer than this. */
    void giveUpAfter(Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
    }

    /**
     * Returns when each event is acknowledged.
     *
     * @param first the number of the node that gets them first
     * @return false when no answer came in time, or one that gives no hope
     */
    boolean deliver(List<Readership.Event> events, int first) throws InterruptedException {
        return deliver(events, Map.of(), first);
    }

    /** The same with these headers. */
    boolean deliver(List<Readership.Event> events, Map<String, String> headers, int first) throws InterruptedException {
        String body = events.stream().map(event -> event.json() + "\n").collect(Collectors.joining());
        long pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 0; ; attempt++) {
            long wait = pause;
            try {
                JsonClient.Answer answer = send("/v1/events", body, headers, first + attempt);
                int status = answer.status();
                if ((status == ACCEPTED || status == REJECTED) && isSuspended(answer.body())) {
                    repeated.incrementAndGet(SUSPENDED);
                } else if (status == ACCEPTED || status == REJECTED) {
                    int filtered = (int)
                            events.stream().filter(Readership.Event::filtered).count();
                    return conclude(events.size(), filtered, status, answer.body());
                } else {
                    repeated.incrementAndGet(Integer.toString(status));
                    if (!REPEATABLE.contains(status)) {
                        deviations.add(
                                "answer to a batch", "202, 408, 429 or 503", status + " " + complaint(answer.body()));
                    }
                }
                long retryAfter =
                        answer.headers().firstValueAsLong("Retry-After").orElse(0) * 1_000;
                wait = Math.max(wait, Math.min(retryAfter, LONGEST_PAUSE_MILLIS));
            } catch (IOException e) {
                repeated.incrementAndGet(e instanceof HttpTimeoutException ? "timeout" : "connection");
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(wait);
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
    }

    /**
     * Exchanges a page token, at one node and then at the other, until one is given.
     *
     * @return empty when none was given in time
     */
    String exchange(String pageToken, Map<String, String> headers, int first) throws InterruptedException {
        String body = "{\"token\":\"%s\"}".formatted(pageToken);
        for (int attempt = 0; System.nanoTime() < deadline; attempt++) {
            try {
                JsonClient.Answer answer = send("/v1/page", body, headers, first + attempt);
                if (answer.status() == OK) {
                    verdicts.incrementAndGet("exchanged");
                    return answer.body().path("token").asString("");
                }
                String code = answer.body().path("code").asString("");
                repeated.incrementAndGet(answer.status() == REJECTED ? code : Integer.toString(answer.status()));
                if (!REPEATABLE.contains(answer.status()) && !code.equals(SUSPENDED)) {
                    deviations.add(
                            "answer to an exchange", "200, 408, 429 or 503", answer.status() + " " + answer.body());
                    return "";
                }
            } catch (IOException e) {
                repeated.incrementAndGet(e instanceof HttpTimeoutException ? "timeout" : "connection");
            }
            Thread.sleep(FIRST_PAUSE_MILLIS);
        }
        return "";
    }

    /** Returns when every node exchanges this page token; nothing has failed yet. */
    void awaitExchange(String pageToken, Map<String, String> headers) throws IOException, InterruptedException {
        String body = "{\"token\":\"%s\"}".formatted(pageToken);
        long end = System.nanoTime() + IN_FORCE.toNanos();
        for (int node = 0; node < nodes.size(); node++) {
            while (send("/v1/page", body, headers, node).status() != OK) {
                if (System.nanoTime() > end) {
                    throw new IOException("page tokens are not in force after " + IN_FORCE);
                }
                Thread.sleep(FIRST_PAUSE_MILLIS);
            }
        }
    }

    private JsonClient.Answer send(String path, String body, Map<String, String> headers, int node)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        nodes.get(node % nodes.size()).resolve(path))
                .timeout(TIMEOUT)
                .header("Content-Type", path.endsWith("page") ? "application/json" : "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return JsonClient.send(request);
    }

    /** Whether a publisher is suspended, so that its events count once it is active again. */
    private static boolean isSuspended(JsonNode answer) {
        for (JsonNode result : answer.path("results")) {
            if (SUSPENDED.equals(result.path("code").asString(""))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Every event of the batch has its verdict.
     *
     * @param filtered how many of the events are robots'
     * @return true when those are filtered and all others accepted or duplicate
     */
    boolean conclude(int events, int filtered, int status, JsonNode answer) {
        for (String verdict : List.of("accepted", "duplicate", "filtered", "rejected")) {
            long count = answer.path(verdict).asLong();
            if (count > 0) {
                verdicts.addAndGet(verdict, count);
            }
        }
        boolean good = status == ACCEPTED
                && answer.path("rejected").asLong() == 0
                && answer.path("filtered").asLong() == filtered
                && answer.path("accepted").asLong() + answer.path("duplicate").asLong() == events - filtered;
        if (!good) {
            deviations.add(
                    "verdicts on a batch",
                    "%d accepted or duplicate, %d filtered, 202".formatted(events - filtered, filtered),
                    status + " " + complaint(answer));
        }
        return good;
    }

    /** The first rejection, or the beginning of the answer where there is none. */
    private static String complaint(JsonNode answer) {
        JsonNode rejection = answer.findParent("code");
        return Ascii.truncate(String.valueOf(rejection == null ? answer : rejection), SHOWN, " …");
    }
}
