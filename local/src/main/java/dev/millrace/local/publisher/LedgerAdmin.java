package dev.millrace.local.publisher;

import dev.millrace.local.mint.BearerMint;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** The admin endpoints of a ledger-service, called with a bearer token that is minted for each request. */
final class LedgerAdmin {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration TOKEN_LIFETIME = Duration.ofMinutes(1);

    private final HttpClient client;
    private final URI ledger;
    private final BearerMint bearer;
    private final Clock clock;

    LedgerAdmin(HttpClient client, URI ledger, BearerMint bearer, Clock clock) {
        this.client = client;
        this.ledger = ledger;
        this.bearer = bearer;
        this.clock = clock;
    }

    /**
     * An answer that the caller can deal with.
     *
     * @param status the HTTP status
     * @param body the JSON of it, missing where there is none
     */
    record Answer(int status, JsonNode body) {}

    Answer get(String path) {
        return send(request(path).GET().build());
    }

    Answer post(String path) {
        return send(request(path).POST(HttpRequest.BodyPublishers.noBody()).build());
    }

    Answer post(String path, String name, String value) {
        String body = JsonNodeFactory.instance.objectNode().put(name, value).toString();
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    /** What to say about an answer that was not expected. */
    CommandException unexpected(String what, Answer answer) {
        String detail = answer.body().path("detail").asString("");
        return CommandException.failed("%s failed: ledger-service answers %d%s"
                .formatted(what, answer.status(), detail.isEmpty() ? "" : ": " + detail));
    }

    private HttpRequest.Builder request(String path) {
        String token = bearer.forAdmin("millrace", clock.instant(), TOKEN_LIFETIME);
        return HttpRequest.newBuilder(ledger.resolve(path)).timeout(TIMEOUT).header("Authorization", "Bearer " + token);
    }

    private Answer send(HttpRequest request) {
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() == 401 || response.statusCode() == 403) {
                throw CommandException.failed("ledger-service at " + ledger + " refuses our bearer token ("
                        + response.statusCode() + "): MILLRACE_LEDGER_JWT_SECRET must be set here as it is there");
            }
            return new Answer(response.statusCode(), json(response.body()));
        } catch (IOException e) {
            throw CommandException.failed(
                    "ledger-service does not answer at " + ledger + ": start it with ./millrace up");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted while waiting for ledger-service");
        }
    }

    private static JsonNode json(String body) {
        try {
            return body.isBlank()
                    ? JsonNodeFactory.instance.missingNode()
                    : JsonMapper.shared().readTree(body);
        } catch (JacksonException e) {
            return JsonNodeFactory.instance.missingNode();
        }
    }
}
