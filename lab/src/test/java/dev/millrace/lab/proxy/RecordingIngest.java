package dev.millrace.lab.proxy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Stands where ingest-api would, keeps what the proxy sends, and answers as it is told to. Thread-safe. */
final class RecordingIngest implements AutoCloseable {
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final Loopback server;
    private volatile IntFunction<Reply> answer = RecordingIngest::accepted;

    RecordingIngest() throws IOException {
        server = new Loopback(this::handle);
    }

    /** A request as it arrived. */
    record Call(String method, String path, Headers headers, String body) {
        String header(String name) {
            return String.join("|", headers.getOrDefault(name, List.of()));
        }

        /** The claims of its events, whose signatures are checked. */
        List<Map<String, Object>> claims(String secret) {
            return StreamSupport.stream(JsonMapper.shared().readTree(body).spliterator(), false)
                    .map(event -> claims(event, secret))
                    .toList();
        }

        private static Map<String, Object> claims(JsonNode event, String secret) {
            try {
                SignedJWT jwt = SignedJWT.parse(event.get("token").asString());
                if (!jwt.verify(new MACVerifier(secret.getBytes(StandardCharsets.UTF_8)))) {
                    throw new IllegalStateException("the signature is wrong");
                }
                return jwt.getPayload().toJSONObject();
            } catch (ParseException | JOSEException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** An answer, with {@code Retry-After} where it is not 0. */
    record Reply(int status, int retryAfter, String body) {}

    int port() {
        return server.port();
    }

    /** Answers from now on; the function is given the number of events. */
    void answers(IntFunction<Reply> answer) {
        this.answer = answer;
    }

    static Reply accepted(int events) {
        String results = IntStream.range(0, events)
                .mapToObj(_ -> "{\"status\":\"accepted\"}")
                .collect(Collectors.joining(","));
        return new Reply(202, 0, "{\"accepted\":%d,\"results\":[%s]}".formatted(events, results));
    }

    /** The requests of this path so far. */
    List<Call> calls(String path) {
        return calls.stream().filter(call -> call.path().equals(path)).toList();
    }

    /** The claims of all events so far that were sent by the proxy itself. */
    List<Map<String, Object>> claims(String secret) {
        return calls("/v1/events").stream()
                .filter(call -> call.body().startsWith("["))
                .flatMap(call -> call.claims(secret).stream())
                .toList();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        calls.add(new Call(
                exchange.getRequestMethod(), exchange.getRequestURI().getPath(), exchange.getRequestHeaders(), body));
        Reply reply = answer.apply(body.split("\"token\"", -1).length - 1);
        exchange.getResponseHeaders().add("Set-Cookie", "spy=1");
        if (reply.retryAfter() > 0) {
            exchange.getResponseHeaders().add("Retry-After", Integer.toString(reply.retryAfter()));
        }
        Loopback.answer(exchange, reply.status(), reply.body());
    }

    @Override
    public void close() {
        server.close();
    }
}
