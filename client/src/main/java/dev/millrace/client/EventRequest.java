package dev.millrace.client;

import dev.millrace.client.Answer.Later;
import dev.millrace.client.Answer.Refused;
import dev.millrace.client.Answer.Told;
import dev.millrace.client.Answer.TooLarge;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** One attempt to send a batch. Thread-safe. */
record EventRequest(HttpClient http, URI edge, Duration timeout) {
    /** Of an answer: a thousand results with their details have less. */
    private static final long MOST_ANSWER = 4 << 20;

    private static final int SHOWN = 200;

    /** The timeout is for the answer with its body, which {@link HttpRequest.Builder#timeout} would not cover. */
    Answer send(List<Pending> batch) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(edge)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(batch)))
                .build();
        CompletableFuture<HttpResponse<String>> answer =
                http.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), MOST_ANSWER));
        try {
            return read(answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS), batch.size());
        } catch (TimeoutException e) {
            return unreachable("no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException) {
                return unreachable(cause.getMessage() == null ? cause.toString() : cause.getMessage());
            }
            throw new IllegalStateException(e);
        } finally {
            answer.cancel(true);
        }
    }

    private Answer unreachable(String why) {
        return new Later("%s can't be reached (%s)".formatted(edge, why), Optional.empty());
    }

    private static String body(List<Pending> batch) {
        return batch.stream().map(Pending::json).collect(Collectors.joining(",", "[", "]"));
    }

    private Answer read(HttpResponse<String> response, int events) {
        int status = response.statusCode();
        Map<?, ?> body = object(response.body());
        boolean isTold = status == 202 || status == 422 || (status == 429 && body.containsKey("results"));
        if (isTold) {
            return told(response, body, events);
        }
        String trouble = "%s answers %d: %s".formatted(edge, status, detail(body));
        if (status == 413) {
            return new TooLarge(trouble);
        }
        return status == 408 || status == 429 || status >= 500
                ? new Later(trouble, response.headers().firstValue("Retry-After"))
                : new Refused(trouble);
    }

    private Answer told(HttpResponse<String> response, Map<?, ?> body, int events) {
        try {
            if (body.get("results") instanceof List<?> results && results.size() == events) {
                List<Outcome> outcomes =
                        results.stream().map(EventRequest::outcome).toList();
                return new Told(outcomes, response.headers().firstValue("Retry-After"));
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        String shown =
                response.body().substring(0, Math.min(SHOWN, response.body().length()));
        return new Refused(
                "the server's answer does not tell what became of the %d events sent: %s".formatted(events, shown));
    }

    private static Outcome outcome(Object result) {
        Map<?, ?> members = result instanceof Map<?, ?> object ? object : Map.of();
        return switch (text(members, "status", "")) {
            case "accepted" -> new Outcome.Accepted();
            case "duplicate" -> new Outcome.Duplicate();
            case "filtered" -> new Outcome.Filtered(text(members, "reason", "unknown"));
            case "rejected" ->
                new Outcome.Rejected(
                        text(members, "code", "unknown"),
                        text(members, "detail", ""),
                        Boolean.TRUE.equals(members.get("retry")));
            default -> throw new IllegalArgumentException("no result: " + result);
        };
    }

    private static Map<?, ?> object(String body) {
        try {
            return Json.parse(body) instanceof Map<?, ?> members ? members : Map.of();
        } catch (IllegalArgumentException e) {
            return Map.of();
        }
    }

    private static String detail(Map<?, ?> problem) {
        return text(problem, "detail", text(problem, "title", "nothing more"));
    }

    private static String text(Map<?, ?> members, String name, String otherwise) {
        return members.get(name) instanceof String text ? text : otherwise;
    }
}
