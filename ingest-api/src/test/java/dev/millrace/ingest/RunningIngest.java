package dev.millrace.ingest;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as it runs in production, on a port of its own, in the local profile. */
public final class RunningIngest implements AutoCloseable {
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();
    private final ConfigurableApplicationContext context;

    public RunningIngest(String redisUrl, String... settings) {
        this(settings, redisUrl);
        awaitReady();
    }

    private RunningIngest(String[] settings, String redisUrl) {
        List<String> arguments = new ArrayList<>(
                List.of("--server.port=0", "--management.server.port=0", "--millrace.redis-url=" + redisUrl));
        arguments.addAll(List.of(settings));
        context =
                new SpringApplicationBuilder(IngestApi.class).profiles("local").run(arguments.toArray(String[]::new));
    }

    /** One that may not become ready. */
    static RunningIngest unready(String redisUrl, String... settings) {
        return new RunningIngest(settings, redisUrl);
    }

    /** Until it takes events; fails after 90 s. */
    void awaitReady() {
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (get("/actuator/health/readiness").status() != 200) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("ingest-api is not ready: "
                        + get("/actuator/health/readiness").body());
            }
            Thread.onSpinWait();
        }
    }

    /** An answer. */
    public record Answer(int status, HttpResponse<String> response) {
        public String body() {
            return response.body();
        }

        @Override
        public String toString() {
            return status + " " + body();
        }

        /** The detail of a problem. */
        String detail() {
            return json().get("detail").asString();
        }

        public JsonNode json() {
            return JsonMapper.shared().readTree(response.body());
        }

        /**
         * How many events were {@code accepted}, {@code duplicate}, {@code rejected}.
         *
         * @throws AssertionError when the answer has no counts
         */
        public int count(String verdict) {
            JsonNode count = json().get(verdict);
            if (count == null) {
                throw new AssertionError("%d %s".formatted(status, body()));
            }
            return count.asInt();
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    public Answer post(String body) {
        return post(body, "application/json");
    }

    public Answer post(String body, String contentType, String... headers) {
        return postAsync(body, contentType, headers).join();
    }

    /** Sends again what is turned away because the node had no time for it, as its answer says. */
    public CompletableFuture<Answer> postUntilTaken(String body, String contentType) {
        return postAsync(body, contentType)
                .thenCompose(answer -> answer.status() == 429 && answer.body().contains("too-many-requests")
                        ? postUntilTaken(body, contentType)
                        : CompletableFuture.completedFuture(answer));
    }

    public CompletableFuture<Answer> postAsync(String body, String contentType, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri("/v1/events"))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                .thenApply(r -> new Answer(r.statusCode(), r));
    }

    public Answer get(String path) {
        return getAsync(path).join();
    }

    public CompletableFuture<Answer> getAsync(String path) {
        HttpRequest request = HttpRequest.newBuilder(path.startsWith("/actuator") ? managementUri(path) : uri(path))
                .timeout(Duration.ofSeconds(60))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                .thenApply(r -> new Answer(r.statusCode(), r));
    }

    public Answer send(HttpRequest request) {
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port") + path);
    }

    /** Of health and metrics, which have a port of their own. */
    public URI managementUri(String path) {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.management.port") + path);
    }

    /** Value of a sample of the Prometheus page, 0 where it is absent. */
    public double metric(String sample) {
        return get("/actuator/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
                .sum();
    }

    /** The same once it is above a value: a request is timed after its answer, which may have arrived by then. */
    public double metricAbove(String sample, double before) {
        return Await.until(() -> metric(sample), value -> value > before);
    }

    /** One of the service's parts. */
    <T> T part(String name, Class<T> type) {
        return context.getBean(name, type);
    }

    /** Stops the service as SIGTERM does; what is under way is answered. */
    public void closeServer() {
        context.close();
    }

    @Override
    public void close() {
        closeServer();
        client.close();
    }
}
