package dev.millrace.ingest;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Locale;
import java.util.Set;

/** The service behind a proxy that passes browsers' requests on to it. */
public final class Upstream implements AutoCloseable {
    private static final Set<String> PASSED_ON =
            Set.of("accept-encoding", "content-type", "if-none-match", "origin", "user-agent", "authorization");
    private static final Set<String> OF_THE_CONNECTION =
            Set.of("connection", "content-length", "date", "keep-alive", "transfer-encoding");

    private final RunningIngest ingest;
    private final HttpClient client = HttpClient.newHttpClient();

    public Upstream(RunningIngest ingest) {
        this.ingest = ingest;
    }

    /** The service's answer, whose headers are the request's answer's now. */
    public HttpResponse<byte[]> pass(HttpExchange request, String target, byte[] body) {
        HttpRequest.Builder copy = HttpRequest.newBuilder(ingest.uri(target))
                .method(request.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
        request.getRequestHeaders().forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (PASSED_ON.contains(lower) || lower.startsWith("sec-") || lower.startsWith("access-control-")) {
                copy.header(name, values.getFirst());
            }
        });
        try {
            HttpResponse<byte[]> answer = client.send(copy.build(), HttpResponse.BodyHandlers.ofByteArray());
            answer.headers().map().forEach((name, values) -> {
                if (!OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                    request.getResponseHeaders().put(name, values);
                }
            });
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
