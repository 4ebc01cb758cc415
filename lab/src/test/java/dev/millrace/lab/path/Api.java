package dev.millrace.lab.path;

import dev.millrace.lab.stack.Instance;
import dev.millrace.lab.stack.LabSettings;
import dev.millrace.lab.stack.Metrics;
import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.settings.Part;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The HTTP of the three services as their clients see it. Thread-safe. */
final class Api {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** One for all: a request that waits takes a connection of its own. */
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    private final LabSettings settings;
    private final BearerMint bearer;

    Api(LabSettings settings) {
        this.settings = settings;
        this.bearer = new BearerMint(settings.local().bearerSecret());
    }

    /** What came back. */
    record Answer(int status, String body, HttpResponse<?> response) {
        private static Answer of(HttpResponse<String> response) {
            return new Answer(response.statusCode(), response.body(), response);
        }

        JsonNode json() {
            return JsonMapper.shared().readTree(body);
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        /** The code of a problem detail; empty where the answer is none. */
        String problem() {
            return header("Content-Type").equals("application/problem+json")
                    ? json().path("code").asString("")
                    : "";
        }
    }

    /** Micros of a creator. */
    record Money(long settled, long pending, long total) {}

    Answer events(String json) {
        return send(eventsRequest("application/json", json.getBytes(StandardCharsets.UTF_8)));
    }

    /** Events sent to one of the ingest nodes, which has so long to answer. */
    Answer events(Instance node, String json, Duration timeout) {
        return send(HttpRequest.newBuilder(settings.address(node).resolve("/v1/events"))
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** What would become of events that are sent to this node. */
    Answer judge(Instance node, String json) {
        return send(HttpRequest.newBuilder(settings.address(node).resolve("/v1/events?dry-run=true"))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    CompletableFuture<Answer> eventsAsync(String json) {
        return CLIENT.sendAsync(
                        eventsRequest("application/json", json.getBytes(StandardCharsets.UTF_8)),
                        HttpResponse.BodyHandlers.ofString())
                .thenApply(Answer::of);
    }

    /** Lines of events, answered by sums only. */
    Answer lines(byte[] ndjson) {
        return send(eventsRequest("application/x-ndjson", ndjson));
    }

    Answer balance(String creator) {
        String token = bearer.forSubject(creator, Instant.now(), Duration.ofMinutes(5));
        return send(request(Part.LEDGER, "/v1/creators/" + creator + "/balance")
                .header("Authorization", "Bearer " + token)
                .build());
    }

    /** The balance; zero for a creator that is not known. */
    Money money(String creator) {
        Answer answer = balance(creator);
        if (answer.problem().equals("creator-unknown")) {
            return new Money(0, 0, 0);
        }
        if (answer.status() != 200) {
            throw new IllegalStateException("balance of " + creator + ": " + answer.status() + " " + answer.body());
        }
        JsonNode json = answer.json();
        return new Money(
                json.at("/settled/micros").asLong(),
                json.at("/pending/micros").asLong(),
                json.at("/total/micros").asLong());
    }

    /** What a creator's articles have, settled; a problem where nothing is known of the creator. */
    JsonNode engagement(String creator) {
        String token = bearer.forSubject(creator, Instant.now(), Duration.ofMinutes(5));
        Answer answer = send(request(Part.LEDGER, "/v1/creators/" + creator + "/engagement?limit=1000")
                .header("Authorization", "Bearer " + token)
                .build());
        if (answer.status() != 200 && !answer.problem().equals("creator-unknown")) {
            throw new IllegalStateException("engagement of " + creator + ": " + answer.status() + " " + answer.body());
        }
        return answer.json();
    }

    /** An operator's POST; each has a key of its own. */
    Answer admin(String path, String json) {
        return admin("POST", path, json);
    }

    /** An operator's PATCH. */
    Answer change(String path, String json) {
        return admin("PATCH", path, json);
    }

    private Answer admin(String method, String path, String json) {
        String token = bearer.forAdmin("lab", Instant.now(), Duration.ofMinutes(5));
        return send(request(Part.LEDGER, path)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", UUID.randomUUID().toString())
                .method(method, HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** Asks the worker for a settlement now. */
    Answer settle() {
        return send(request(Part.WORKER, "/actuator/settle")
                .header("X-Millrace-Settle", "now")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    Metrics metrics(Part part) {
        return Metrics.parse(send(request(part, "/actuator/prometheus").build()).body());
    }

    /** A connection over which an event begins and does not go on; the caller closes it. */
    Socket beginEvent() throws IOException {
        URI address = settings.local().address(Part.INGEST);
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), (int) TIMEOUT.toMillis());
        socket.getOutputStream()
                .write(
                        "POST /v1/events HTTP/1.1\r\nHost: lab\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private HttpRequest eventsRequest(String type, byte[] body) {
        HttpRequest.Builder request = request(Part.INGEST, "/v1/events").header("Content-Type", type);
        if (type.equals("application/x-ndjson")) {
            request.header("Prefer", "return=minimal");
        }
        return request.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
    }

    private HttpRequest.Builder request(Part part, String path) {
        URI address = path.startsWith("/actuator")
                ? settings.local().managementAddress(part)
                : settings.local().address(part);
        return HttpRequest.newBuilder(address.resolve(path)).timeout(TIMEOUT);
    }

    private static Answer send(HttpRequest request) {
        try {
            return Answer.of(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(request.uri() + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
