package dev.millrace.ingest.script;

import com.sun.net.httpserver.HttpExchange;
import dev.millrace.local.testing.Loopback;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A publisher's site, of another origin than the edge. */
final class PublisherSite implements AutoCloseable {
    private final Loopback server;
    private final Map<String, Resource> resources = new ConcurrentHashMap<>();

    /** @param policy the {@code Content-Security-Policy}, or empty */
    private record Resource(String type, String policy, Supplier<String> body) {}

    PublisherSite() throws IOException {
        server = new Loopback(this::handle);
    }

    String origin() {
        return server.origin();
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
        Resource resource = resources.get(request.getRequestURI().getPath());
        if (resource == null) {
            Loopback.answer(request, 404, "");
            return;
        }
        request.getResponseHeaders().set("Content-Type", resource.type());
        if (!resource.policy().isEmpty()) {
            request.getResponseHeaders().set("Content-Security-Policy", resource.policy());
        }
        Loopback.answer(request, 200, resource.body().get());
    }

    @Override
    public void close() {
        server.close();
    }
}
