package dev.millrace.lab.torture;

import dev.millrace.local.mint.BearerMint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Live balances, as someone sees them who may see all. Thread-safe. */
final class BalanceApi {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final Pattern TOTAL = Pattern.compile("\"total\":\\{\"micros\":(\\d+)");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI ledger;
    private final BearerMint bearer;
    private final Clock clock;

    /** @param ledger where ledger-service is reached */
    BalanceApi(URI ledger, BearerMint bearer, Clock clock) {
        this.ledger = ledger;
        this.bearer = bearer;
        this.clock = clock;
    }

    /** What came back. */
    sealed interface Reply {
        /** @param micros settled and pending; of a creator that has earned nothing yet, 0 */
        record Total(long micros) implements Reply {}

        /** 503, and rightly so. */
        record Unavailable() implements Reply {}

        /** @param text status and body of what must not be answered */
        record Wrong(String text) implements Reply {}
    }

    /** @throws IOException when there is no answer */
    Reply ask(int creator) throws IOException, InterruptedException {
        String token = bearer.forAdmin("torture", clock.instant(), LIFETIME);
        HttpRequest request = HttpRequest.newBuilder(
                        ledger.resolve("/v1/creators/" + Cell.creatorName(creator) + "/balance"))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .build();
        return reply(client.send(request, HttpResponse.BodyHandlers.ofString()));
    }

    private static Reply reply(HttpResponse<String> response) {
        return switch (response.statusCode()) {
            case 200 -> total(response.body());
            case 404 -> new Reply.Total(0);
            case 503 -> new Reply.Unavailable();
            default -> new Reply.Wrong(response.statusCode() + " " + response.body());
        };
    }

    private static Reply total(String body) {
        Matcher total = TOTAL.matcher(body);
        return total.find() ? new Reply.Total(Long.parseLong(total.group(1))) : new Reply.Wrong(body);
    }
}
