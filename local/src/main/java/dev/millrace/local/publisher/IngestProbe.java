package dev.millrace.local.publisher;

import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Waits until ingest-api knows a key, so that whoever was told of it can use it at once.
 *
 * <p>It sends an event of a type that does not exist: the key and the signature are judged before the type, so the code
 * of the rejection tells whether they are good, and nothing can count.
 */
final class IngestProbe {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(100);

    private final HttpClient client;
    private final URI ingest;
    private final Clock clock;

    IngestProbe(HttpClient client, URI ingest, Clock clock) {
        this.client = client;
        this.ingest = ingest;
        this.clock = clock;
    }

    /**
     * Returns when the key is in force, or when ingest-api does not run (the key is then known when it starts).
     *
     * @throws CommandException when the running stack derives another secret for this key
     */
    void await(Kid kid, String secret) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try {
            String code = code(kid, secret);
            while ((code.equals("key-unknown") || code.isEmpty()) && System.nanoTime() < deadline) {
                Thread.sleep(POLL);
                code = code(kid, secret);
            }
            if (code.equals("token-signature")) {
                throw CommandException.failed("the running stack has another secret for " + kid
                        + ": MILLRACE_MASTER_KEY must be set here as it is there");
            }
        } catch (IOException e) {
            // It does not run.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why the probe was rejected; empty when the server could not tell. */
    private String code(Kid kid, String secret) throws IOException, InterruptedException {
        EventClaims claims =
                EventClaims.of("millrace", "probe", UUID.randomUUID().toString(), clock.instant());
        String body = "{\"token\":\"" + TokenMint.forPublisher(kid, secret).mint(claims) + "\",\"type\":\"probe\"}";
        HttpRequest request = HttpRequest.newBuilder(ingest.resolve("/v1/events"))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        String answer =
                client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        try {
            return JsonMapper.shared().readTree(answer).at("/results/0/code").asString("");
        } catch (JacksonException e) {
            return "";
        }
    }
}
