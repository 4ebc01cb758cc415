package dev.millrace.lab.torture;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private final Deviations deviations;
    private final Tallies answered = new Tallies();
    private final Tallies repeated = new Tallies();
    private volatile long deadline = Long.MAX_VALUE;

    /** @param nodes where each takes events */
    Post(List<URI> nodes, Deviations deviations) {
        this.nodes = List.copyOf(nodes);
        this.deviations = deviations;
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
                    deviations.add(
                            "answer to a batch", "202, 408, 429 or 503", answer.status() + " " + answer.complaint());
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
            deviations.add(
                    "verdicts on a batch",
                    batch.events() + " accepted or duplicate",
                    "%d accepted, %d duplicate, %d rejected; %s"
                            .formatted(answer.accepted(), answer.duplicate(), answer.rejected(), answer.complaint()));
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

    /**
     * Events of one request.
     *
     * @param events how many, copies included
     * @param sums what is new in it
     * @param body as it is sent: a line each
     */
    record Batch(int events, Oracle.CellSums sums, String body) {
        /**
         * @param fresh events that are sent for the first time
         * @param copies events that are, or have been, in this or another batch
         */
        static Batch of(List<Readership.Event> fresh, List<Readership.Event> copies) {
            Oracle.CellSums sums = new Oracle.CellSums();
            StringBuilder body = new StringBuilder((fresh.size() + copies.size()) * 320);
            for (Readership.Event event : fresh) {
                sums.add(event.cell(), event.micros());
                body.append(event.json()).append('\n');
            }
            copies.forEach(event -> body.append(event.json()).append('\n'));
            return new Batch(fresh.size() + copies.size(), sums, body.toString());
        }
    }

    /**
     * What an ingest node said to a batch.
     *
     * @param status of HTTP
     * @param accepted events counted for the first time
     * @param duplicate events that were counted before
     * @param rejected events that will never count
     * @param retryAfterMillis how long to wait before the same is sent again, where the node says so, else 0
     * @param body the answer itself
     */
    record Answer(int status, long accepted, long duplicate, long rejected, long retryAfterMillis, String body) {
        private static final int SHOWN = 400;

        /** Everything else in the answer is the events one by one. */
        private static final Pattern COUNTS =
                Pattern.compile("\"accepted\":(\\d+),\"duplicate\":(\\d+),\"rejected\":(\\d+)");

        private static final Pattern REJECTION = Pattern.compile("\"code\":\"[^\"]*\"[^}]*");

        static Answer of(HttpResponse<String> response) {
            long retryAfter = response.headers().firstValueAsLong("Retry-After").orElse(0) * 1_000;
            Matcher counts = COUNTS.matcher(response.body());
            return counts.find()
                    ? new Answer(
                            response.statusCode(),
                            Long.parseLong(counts.group(1)),
                            Long.parseLong(counts.group(2)),
                            Long.parseLong(counts.group(3)),
                            retryAfter,
                            response.body())
                    : new Answer(response.statusCode(), 0, 0, 0, retryAfter, response.body());
        }

        /** Every event of the batch has its outcome. */
        boolean isFinal() {
            return status == 202 || status == 422;
        }

        /** The node asks for the same again, or the body did not reach it whole. */
        boolean asksForRepetition() {
            return status == 503 || status == 429 || status == 408;
        }

        boolean acknowledges(int events) {
            return status == 202 && rejected == 0 && accepted + duplicate == events;
        }

        /** The first code with its detail, or the beginning of the answer where there is none. */
        String complaint() {
            Matcher rejection = REJECTION.matcher(body);
            String text = rejection.find() ? rejection.group() : body;
            return text.length() > SHOWN ? text.substring(0, SHOWN) + " …" : text;
        }
    }
}
