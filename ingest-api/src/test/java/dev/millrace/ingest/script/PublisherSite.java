package dev.millrace.ingest.script;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** A publisher's site, of another origin than the edge. */
final class PublisherSite implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, Resource> resources = new ConcurrentHashMap<>();

    /** @param policy the {@code Content-Security-Policy}, or empty */
    private record Resource(String type, String policy, Supplier<String> body) {}

    PublisherSite() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    String origin() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Serves a page; its address. */
    String page(String path, String head, String body) {
        return page(path, head, body, "");
    }

    String page(String path, String head, String body, String policy) {
        String html =
                "<!doctype html><html><head><meta charset=\"utf-8\"><title>%s</title>%s</head><body>%s</body></html>"
                        .formatted(path, head, body);
        resources.put(path, new Resource("text/html; charset=utf-8", policy, () -> html));
        return origin() + path;
    }

    /** Serves what the supplier gives; its path. */
    String text(String path, String type, Supplier<String> body) {
        resources.put(path, new Resource(type, "", body));
        return path;
    }

    private void handle(HttpExchange request) throws IOException {
        try (request) {
            Resource resource = resources.get(request.getRequestURI().getPath());
            if (resource == null) {
                request.sendResponseHeaders(404, -1);
                return;
            }
            byte[] body = resource.body().get().getBytes(StandardCharsets.UTF_8);
            request.getResponseHeaders().set("Content-Type", resource.type());
            if (!resource.policy().isEmpty()) {
                request.getResponseHeaders().set("Content-Security-Policy", resource.policy());
            }
            request.sendResponseHeaders(200, body.length);
            request.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
