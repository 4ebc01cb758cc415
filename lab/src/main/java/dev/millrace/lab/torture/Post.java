package dev.millrace.lab.torture;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/**
 * Delivers batches to the ingest nodes: the same tokens again and again, to one node and then to the other, until every
 * event is acknowledged. Thread-safe.
 */
final class Post {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .build();
    private final List<URI> nodes;
    private final Differences differences;
    private final Tallies answered = new Tallies();
    private final Tallies repeated = new Tallies();
    private volatile long deadline = Long.MAX_VALUE;

    /** @param nodes where each takes events */
    Post(List<URI> nodes, Differences differences) {
        this.nodes = List.copyOf(nodes);
        this.differences = differences;
    }

    /** From now on nothing is tried for longer than this. */
    void giveUpAfter(Duration patience) {
        deadline = System.nanoTime() + patience.toNanos();
    }

    /** Events by what the nodes said of them. */
    Tallies answered() {
        return answered;
    }

    /** Requests that had to be sent again, by the reason. */
    Tallies repeated() {
        return repeated;
    }

    /**
     * Returns when the batch is acknowledged.
     *
     * @param first the node that gets it first, a number
     * @return false when no answer came in time, or one that gives no hope
     */
    boolean deliver(Batch batch, int first) throws InterruptedException {
        long pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 0; ; attempt++) {
            long wait = pause;
            try {
                Answer answer = send(batch.body(), nodes.get((first + attempt) % nodes.size()));
                if (answer.isFinal()) {
                    return conclude(batch, answer);
                }
                repeated.add(Integer.toString(answer.status()));
                if (!answer.asksForRepetition()) {
                    differences.add(new Difference(
                            "answer to a batch", "202, 408, 429 or 503", answer.status() + " " + answer.complaint()));
                }
                wait = Math.max(wait, Math.min(answer.retryAfterMillis(), LONGEST_PAUSE_MILLIS));
            } catch (IOException e) {
                repeated.add(e instanceof java.net.http.HttpTimeoutException ? "timeout" : "connection");
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(wait);
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
    }

    private boolean conclude(Batch batch, Answer answer) {
        answered.add("accepted", answer.accepted());
        answered.add("duplicate", answer.duplicate());
        answered.add("rejected", answer.rejected());
        boolean good = answer.acknowledges(batch.events());
        if (!good) {
            differences.add(new Difference(
                    "verdicts on a batch",
                    batch.events() + " accepted or duplicate",
                    "%d accepted, %d duplicate, %d rejected; %s"
                            .formatted(answer.accepted(), answer.duplicate(), answer.rejected(), answer.complaint())));
        }
        return good;
    }

    private Answer send(String body, URI node) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(node)
                .timeout(TIMEOUT)
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return Answer.of(client.send(request, HttpResponse.BodyHandlers.ofString()));
    }
}
