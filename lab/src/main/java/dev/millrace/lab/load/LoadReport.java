package dev.millrace.lab.load;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * What came of a run.
 *
 * @param began when the first request was due, of {@link System#nanoTime}
 * @param nanos from the first request to the last answer
 * @param byStatus answers by their HTTP status, those to requests that were sent again too
 * @param failed requests whose connection broke before the answer was complete
 * @param sentAgain requests that were sent once more, each time counted
 */
public record LoadReport(long began, long nanos, Map<Integer, Long> byStatus, long failed, long sentAgain) {
    private static final double SECOND = 1e9;

    public LoadReport {
        byStatus = Map.copyOf(byStatus);
    }

    /** Requests answered by 2xx. */
    public long acknowledged() {
        return byStatus.entrySet().stream()
                .filter(entry -> Traffic.Reply.isSuccess(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    public double acknowledgedPerSecond() {
        return acknowledged() * SECOND / nanos;
    }

    /** Answers that neither acknowledge nor ask for a repetition, for people: {@code 3 x 422}; empty when there is none. */
    public String unexpected() {
        return byStatus.entrySet().stream()
                .filter(entry -> !Traffic.Reply.isSuccess(entry.getKey()) && !Traffic.Reply.isRefusal(entry.getKey()))
                .map(entry -> entry.getValue() + " x " + entry.getKey())
                .sorted()
                .collect(Collectors.joining(", "));
    }
}
