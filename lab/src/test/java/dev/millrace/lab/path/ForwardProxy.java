package dev.millrace.lab.path;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executors;

/** A browser's proxy that says in {@code X-Forwarded-For} who asks, as an edge proxy does: so one browser can be many readers. */
final class ForwardProxy implements AutoCloseable {
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "connection", "proxy-connection", "host", "content-length", "transfer-encoding", "upgrade", "keep-alive");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpServer server;
    private volatile String reader = "198.51.100.1";

    ForwardProxy() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::pass);
        server.start();
    }

    /** What a browser's command line takes to use it for this machine too. */
    String[] arguments() {
        return new String[] {
            "--proxy-server=http://127.0.0.1:" + server.getAddress().getPort(), "--proxy-bypass-list=<-loopback>"
        };
    }

    /** From now on requests come from this address. */
    void readFrom(String address) {
        reader = address;
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
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
            byte[] page = answer.body();
            exchange.sendResponseHeaders(answer.statusCode(), page.length == 0 ? -1 : page.length);
            exchange.getResponseBody().write(page);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isOfTheConnection(String header) {
        return OF_THE_CONNECTION.contains(header.toLowerCase(Locale.ROOT));
    }

    @Override
    public void close() {
        server.stop(0);
        client.close();
    }
}
