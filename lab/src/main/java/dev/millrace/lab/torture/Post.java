package dev.millrace.lab.torture;

import com.google.common.util.concurrent.AtomicLongMap;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Delivers batches to the ingest nodes: the same tokens again and again, to one node and then to the other, until every
 * event is acknowledged. Thread-safe.
 */
final class Post {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    /** Every event of the batch has its verdict. */
    private static final int ACCEPTED = 202;

    private static final int REJECTED = 422;

    /** The node asks for the same again, or the body did not reach it whole. */
    private static final Set<Integer> REPEATABLE = Set.of(503, 429, 408);

    private static final int SHOWN = 400;
    private static final Pattern REJECTION = Pattern.compile("\"code\":\"[^\"]*\"[^}]*");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
    private final List<URI> nodes;
    private final Deviations deviations;
    private volatile long deadline = Long.MAX_VALUE;

    /** Events by the nodes' verdict on them. */
    final AtomicLongMap<String> verdicts = AtomicLongMap.create();

    /** Requests that had to be sent again, by the reason. */
    final AtomicLongMap<String> repeated = AtomicLongMap.create();

    /** @param nodes where each is reached */
    Post(List<URI> nodes, Deviations deviations) {
        this.nodes = nodes.stream().map(node -> node.resolve("/v1/events")).toList();
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
        String body = events.stream().map(event -> event.json() + "\n").collect(Collectors.joining());
        long pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 0; ; attempt++) {
            long wait = pause;
            try {
                HttpResponse<String> answer = send(body, nodes.get((first + attempt) % nodes.size()));
                if (answer.statusCode() == ACCEPTED || answer.statusCode() == REJECTED) {
                    return conclude(events.size(), answer.statusCode(), answer.body());
                }
                repeated.incrementAndGet(Integer.toString(answer.statusCode()));
                if (!REPEATABLE.contains(answer.statusCode())) {
                    deviations.add(
                            "answer to a batch",
                            "202, 408, 429 or 503",
                            answer.statusCode() + " " + complaint(answer.body()));
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

    private HttpResponse<String> send(String body, URI node) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(node)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Every event of the batch has its verdict; true when all are accepted or duplicate. */
    boolean conclude(int events, int status, String body) {
        JsonNode answer = JsonMapper.shared().readTree(body);
        List.of("accepted", "duplicate", "rejected")
                .forEach(verdict ->
                        verdicts.addAndGet(verdict, answer.path(verdict).asLong()));
        boolean good = status == ACCEPTED
                && answer.path("rejected").asLong() == 0
                && answer.path("accepted").asLong() + answer.path("duplicate").asLong() == events;
        if (!good) {
            deviations.add(
                    "verdicts on a batch", events + " accepted or duplicate, 202", status + " " + complaint(body));
        }
        return good;
    }

    /** The first code with its detail, or the beginning of the answer where there is none. */
    private static String complaint(String body) {
        Matcher rejection = REJECTION.matcher(body);
        String text = rejection.find() ? rejection.group() : body;
        return text.length() > SHOWN ? text.substring(0, SHOWN) + " …" : text;
    }
}
