package dev.millrace.ingest.script;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.Upstream;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stands between browser and service as an edge proxy does. It passes everything on, keeps what browsers have sent and what became of it, and can refuse
 * requests. It exchanges page tokens itself, as the contract of {@code POST /v1/page} says.
 */
final class RecordingEdge implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Upstream upstream;
    private final Loopback server;
    private final List<JsonNode> events = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private final List<String> contentTypes = new ArrayList<>();
    private final Deque<Refusal> refusals = new ArrayDeque<>();
    private final List<String> exchanged = new ArrayList<>();
    private String creator = "";
    private int preflights;
    private volatile CountDownLatch exchange = new CountDownLatch(0);

    /**
     * An answer that the next request for events gets, and the service never sees it.
     *
     * @param retryAfter seconds, or empty
     */
    record Refusal(int status, String retryAfter) {}

    RecordingEdge(RunningIngest ingest) throws IOException {
        upstream = new Upstream(ingest);
        server = new Loopback(this::handle);
    }

    String origin() {
        return server.origin();
    }

    /** Forgets what was sent, and keeps the events of one creator from now on. */
    synchronized void begin(String kept) {
        creator = kept;
        events.clear();
        outcomes.clear();
        contentTypes.clear();
        refusals.clear();
        exchanged.clear();
        preflights = 0;
        exchange = new CountDownLatch(0);
    }

    synchronized void refuseNext(int status, String retryAfter) {
        refusals.add(new Refusal(status, retryAfter));
    }

    /** Exchanges wait until the result is counted down. */
    CountDownLatch holdExchanges() {
        exchange = new CountDownLatch(1);
        return exchange;
    }

    /** What became of so many events, in the order of their arrival, such as {@code read 15 accepted}. Waits for them. */
    synchronized List<String> outcomes(int atLeast) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (outcomes.size() < atLeast) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("%d events are expected, these came: %s".formatted(atLeast, outcomes));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return List.copyOf(outcomes);
    }

    /** The events as they were sent. */
    synchronized List<JsonNode> events() {
        return List.copyOf(events);
    }

    /** Of the requests with events. */
    synchronized List<String> contentTypes() {
        return List.copyOf(contentTypes);
    }

    synchronized int preflights() {
        return preflights;
    }

    /** Page tokens that were exchanged, in their order. */
    synchronized List<String> exchanged() {
        return List.copyOf(exchanged);
    }

    private void handle(HttpExchange request) throws IOException {
        String path = request.getRequestURI().getPath();
        if (request.getRequestMethod().equals("OPTIONS")) {
            synchronized (this) {
                preflights++;
            }
        }
        if (path.equals("/v1/page") && request.getRequestMethod().equals("POST")) {
            exchange(request);
        } else if (path.equals("/v1/events") && request.getRequestMethod().equals("POST")) {
            count(request);
        } else {
            HttpResponse<byte[]> answer =
                    passOn(request, request.getRequestBody().readAllBytes());
            Loopback.answer(request, answer.statusCode(), answer.body());
        }
    }

    private void count(HttpExchange request) throws IOException {
        byte[] body = request.getRequestBody().readAllBytes();
        JsonNode sent = JSON.readTree(body);
        Refusal refusal;
        synchronized (this) {
            contentTypes.add(request.getRequestHeaders().getFirst("Content-Type"));
            refusal = refusals.poll();
        }
        if (refusal != null) {
            if (!refusal.retryAfter().isEmpty()) {
                request.getResponseHeaders().set("Retry-After", refusal.retryAfter());
            }
            keep(sent, null, Integer.toString(refusal.status()));
            openToAll(request);
            Loopback.answer(request, refusal.status(), "{\"code\":\"refused\"}");
        } else if (sent.size() == 1
                && claims(sent.get(0).get("token").asString()).has("pag")) {
            keep(sent, null, "by page token");
            openToAll(request);
            Loopback.answer(request, 202, "{\"accepted\":1,\"results\":[{\"status\":\"accepted\"}]}");
        } else {
            HttpResponse<byte[]> answer = passOn(request, body);
            keep(sent, JSON.readTree(answer.body()), Integer.toString(answer.statusCode()));
            Loopback.answer(request, answer.statusCode(), answer.body());
        }
    }

    private synchronized void keep(JsonNode sent, @Nullable JsonNode answer, String otherwise) {
        for (int i = 0; i < sent.size(); i++) {
            JsonNode event = sent.get(i);
            if (!claims(event.get("token").asString()).get("sub").asString().equals(creator)) {
                continue;
            }
            events.add(event);
            JsonNode result = answer == null || !answer.has("results")
                    ? null
                    : answer.get("results").get(i);
            String became = result == null
                    ? otherwise
                    : result.get("status").asString()
                            + (result.has("code") ? " " + result.get("code").asString() : "");
            outcomes.add(event.get("type").asString()
                    + (event.has("key") ? " " + event.get("key").asString() : "")
                    + " "
                    + became);
        }
        notifyAll();
    }

    /** An event token of the same creator for two hours, with {@code jti} and {@code vis} of the n-th exchange. */
    private void exchange(HttpExchange request) throws IOException {
        String token = JSON.readTree(request.getRequestBody().readAllBytes())
                .get("token")
                .asString();
        try {
            exchange.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        int number;
        synchronized (this) {
            exchanged.add(token);
            number = exchanged.size();
            notifyAll();
        }
        JsonNode page = claims(token);
        long now = page.get("iat").asLong();
        String event =
                Tokens.signed("{\"sub\":%s,\"art\":%s,\"jti\":\"exchanged-%d\",\"vis\":\"v\",\"iat\":%d,\"exp\":%d}"
                        .formatted(page.get("sub"), page.get("art"), number, now, now + 7_200));
        openToAll(request);
        Loopback.answer(request, 200, "{\"token\":\"%s\",\"exp\":%d}".formatted(event, now + 7_200));
    }

    private static JsonNode claims(String token) {
        return JSON.readTree(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
    }

    private HttpResponse<byte[]> passOn(HttpExchange request, byte[] body) {
        return upstream.pass(request, request.getRequestURI().toString(), body);
    }

    private static void openToAll(HttpExchange request) {
        request.getResponseHeaders().set("Access-Control-Allow-Origin", "*");
        request.getResponseHeaders().set("Access-Control-Expose-Headers", "Retry-After");
        request.getResponseHeaders().set("Content-Type", "application/json");
    }

    @Override
    public void close() {
        server.close();
        upstream.close();
    }
}
