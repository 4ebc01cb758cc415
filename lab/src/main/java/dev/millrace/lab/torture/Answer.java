package dev.millrace.lab.torture;

import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
