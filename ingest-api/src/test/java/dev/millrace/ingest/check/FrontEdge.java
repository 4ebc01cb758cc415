package dev.millrace.ingest.check;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.ingest.Await;
import dev.millrace.ingest.RunningIngest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * Stands between browser and service as a proxy does, at the root and below {@code /millrace}. It passes everything on but what a test answers itself, and
 * keeps what browsers have sent.
 */
final class FrontEdge implements AutoCloseable {
    private static final String PREFIX = "/millrace";
    private static final Set<String> PASSED_ON =
            Set.of("accept-encoding", "content-type", "if-none-match", "origin", "user-agent", "authorization");
    private static final Set<String> OF_THE_CONNECTION =
            Set.of("connection", "content-length", "date", "keep-alive", "transfer-encoding");

    private final RunningIngest ingest;
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpServer server;
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
        this.ingest = ingest;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
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
        try (request) {
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
                passOn(request, path, body);
            } else if (own.status() > 0) {
                request.getResponseHeaders().set("Content-Type", own.type());
                if (!own.retryAfter().isEmpty()) {
                    request.getResponseHeaders().set("Retry-After", own.retryAfter());
                }
                answer(request, own.status(), own.body().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void passOn(HttpExchange request, String path, byte[] body) throws IOException {
        HttpRequest.Builder copy = HttpRequest.newBuilder(ingest.uri(path))
                .method(request.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        request.getRequestHeaders().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (PASSED_ON.contains(lower) || lower.startsWith("sec-") || lower.startsWith("access-control-")) {
                copy.header(name, values.getFirst());
            }
        });
        HttpResponse<byte[]> answer = send(copy.build());
        Headers headers = request.getResponseHeaders();
        answer.headers().map().forEach((name, values) -> {
            if (!OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                headers.put(name, values);
            }
        });
        answer(request, answer.statusCode(), answer.body());
    }

    private HttpResponse<byte[]> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void answer(HttpExchange request, int status, byte[] body) throws IOException {
        boolean empty = body.length == 0;
        request.sendResponseHeaders(status, empty ? -1 : body.length);
        if (!empty) {
            request.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
