package dev.millrace.ingest.check;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.ingest.Await;
import dev.millrace.ingest.RunningIngest;
import dev.millrace.ingest.Upstream;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between browser and service as a proxy does, at the root and below {@code /millrace}. It passes everything on but what a test answers itself, and
 * keeps what browsers have sent.
 */
final class FrontEdge implements AutoCloseable {
    private static final String PREFIX = "/millrace";

    private final Upstream upstream;
    private final Loopback server;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<Call> calls = new ArrayList<>();

    /**
     * An answer of the test's own.
     *
     * @param status 0: the connection ends without one
     */
    record Answer(int status, String type, String body, String retryAfter) {
        static final Answer NONE = new Answer(0, "", "", "");

        static Answer json(int status, String body) {
            return new Answer(status, "application/json", body, "");
        }
    }

    /** A request of a browser. */
    record Call(String method, String target, Map<String, List<String>> headers, String body) {
        /** The first value of a header; empty where there is none. */
        String header(String name) {
            return headers.entrySet().stream()
                    .filter(header -> header.getKey().equalsIgnoreCase(name))
                    .map(header -> header.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }
    }

    FrontEdge(RunningIngest ingest) throws IOException {
        upstream = new Upstream(ingest);
        server = new Loopback(this::handle);
    }

    String origin() {
        return server.origin();
    }

    /** Passes everything on again, and forgets what was sent. */
    synchronized void reset() {
        answers.clear();
        calls.clear();
    }

    void answer(String path, Answer answer) {
        answers.put(path, answer);
    }

    synchronized List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The requests to a path, of which there are so many at least. Waits for them. */
    List<Call> calls(String path, int atLeast) {
        return Await.until(
                () -> calls().stream()
                        .filter(call -> call.target().split("\\?", -1)[0].equals(path))
                        .toList(),
                found -> found.size() >= atLeast);
    }

    private void handle(HttpExchange request) throws IOException {
        String target = request.getRequestURI().toString();
        String path = target.startsWith(PREFIX + "/") ? target.substring(PREFIX.length()) : target;
        byte[] body = request.getRequestBody().readAllBytes();
        synchronized (this) {
            calls.add(new Call(
                    request.getRequestMethod(),
                    target,
                    Map.copyOf(request.getRequestHeaders()),
                    new String(body, StandardCharsets.UTF_8)));
        }
        Answer own = answers.get(path.split("\\?", -1)[0]);
        if (own == null) {
            HttpResponse<byte[]> answer = upstream.pass(request, path, body);
            Loopback.answer(request, answer.statusCode(), answer.body());
        } else if (own.status() > 0) {
            request.getResponseHeaders().set("Content-Type", own.type());
            if (!own.retryAfter().isEmpty()) {
                request.getResponseHeaders().set("Retry-After", own.retryAfter());
            }
            Loopback.answer(request, own.status(), own.body());
        }
    }

    @Override
    public void close() {
        server.close();
        upstream.close();
    }
}
