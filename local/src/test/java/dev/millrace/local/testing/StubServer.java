package dev.millrace.local.testing;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server that plays prepared answers and remembers what it was asked. */
public final class StubServer implements AutoCloseable {
    private final Loopback server;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> tokens = new CopyOnWriteArrayList<>();
    private final List<Headers> headers = new CopyOnWriteArrayList<>();
    private final Map<String, Deque<Answer>> answers = new HashMap<>();

    private record Answer(int status, String body, String type) {}

    public StubServer() throws IOException {
        this(0);
    }

    /** On this port. */
    public StubServer(int port) throws IOException {
        server = new Loopback(port, this::answer);
    }

    public int port() {
        return server.port();
    }

    /** The next answer to this method and path; the last one is repeated. */
    public StubServer on(String request, int status, String body) {
        return on(request, status, body, "application/json");
    }

    /** The same in place of all answers that were prepared. */
    public synchronized StubServer instead(String request, int status, String body) {
        answers.remove(request);
        return on(request, status, body);
    }

    public synchronized StubServer on(String request, int status, String body, String type) {
        answers.computeIfAbsent(request, _ -> new ArrayDeque<>()).add(new Answer(status, body, type));
        return this;
    }

    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** The values that this header had. */
    public List<String> headers(String name) {
        return headers.stream()
                .map(all -> all.getFirst(name))
                .filter(Objects::nonNull)
                .toList();
    }

    /** What requests had in {@code Authorization}, without the word {@code Bearer}. */
    public List<String> tokens() {
        return List.copyOf(tokens);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add((request + " " + body).strip());
        headers.add(exchange.getRequestHeaders());
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        if (authorization != null) {
            tokens.add(authorization.replaceFirst("^Bearer ", ""));
        }
        Deque<Answer> planned = answers.getOrDefault(request, new ArrayDeque<>());
        Answer next = planned.size() > 1 ? planned.removeFirst() : planned.peekFirst();
        Answer answer = next == null
                ? new Answer(500, "{\"detail\":\"not prepared: " + request + "\"}", "application/json")
                : next;
        exchange.getResponseHeaders().set("Content-Type", answer.type());
        Loopback.answer(exchange, answer.status(), answer.body());
    }

    @Override
    public void close() {
        server.close();
    }
}
