package dev.millrace.lab.path;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A browser's proxy that says in {@code X-Forwarded-For} who asks, as an edge proxy does: so one browser can be many readers. */
final class ForwardProxy implements AutoCloseable {
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "connection", "proxy-connection", "host", "content-length", "transfer-encoding", "upgrade", "keep-alive");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Loopback server;
    private volatile String reader = "198.51.100.1";

    ForwardProxy() throws IOException {
        server = new Loopback(this::pass);
    }

    /** What a browser's command line takes to use it for this machine too. */
    String[] arguments() {
        return new String[] {"--proxy-server=" + server.origin(), "--proxy-bypass-list=<-loopback>"};
    }

    /** From now on requests come from this address. */
    void readFrom(String address) {
        reader = address;
    }

    private void pass(HttpExchange exchange) throws IOException {
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            HttpRequest.Builder request = HttpRequest.newBuilder(exchange.getRequestURI())
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body))
                    .header("X-Forwarded-For", reader);
            exchange.getRequestHeaders().forEach((name, values) -> {
                if (!isOfTheConnection(name)) {
                    values.forEach(value -> request.header(name, value));
                }
            });
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            answer.headers().map().forEach((name, values) -> {
                if (!isOfTheConnection(name)) {
                    exchange.getResponseHeaders().put(name, List.copyOf(values));
                }
            });
            Loopback.answer(exchange, answer.statusCode(), answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isOfTheConnection(String header) {
        return OF_THE_CONNECTION.contains(header.toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() {
        server.close();
        client.close();
    }
}
