package dev.millrace.lab.torture;

import dev.millrace.lab.load.Zipf;
import dev.millrace.local.mint.BearerMint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks for live balances as someone who may see all. No answer is no failure, a wrong one is. Thread-safe. */
final class BalanceReader {
    private static final Duration PAUSE = Duration.ofMillis(40);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LIFETIME = Duration.ofMinutes(5);
    private static final Pattern TOTAL = Pattern.compile("\"total\":\\{\"micros\":(\\d+)");
    private static final Zipf POPULAR = new Zipf(Cell.CREATORS);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final URI ledger;
    private final BearerMint bearer;
    private final Clock clock;
    private final Deviations deviations;
    private final Tallies answers = new Tallies();

    /** @param ledger where ledger-service is reached */
    BalanceReader(URI ledger, BearerMint bearer, Clock clock, Deviations deviations) {
        this.ledger = ledger;
        this.bearer = bearer;
        this.clock = clock;
        this.deviations = deviations;
    }

    /** Requests by what came of them: {@code read}, or the reason why not. */
    Tallies answers() {
        return answers;
    }

    /** Reads the balance of a creator, a popular one every other time, and holds it against what the oracle knows. */
    void readOne(RandomGenerator random, Oracle oracle) throws InterruptedException {
        int creator = random.nextBoolean() ? POPULAR.draw(random) : random.nextInt(Cell.CREATORS);
        long least = oracle.leastOf(creator);
        ask(creator).ifPresent(micros -> oracle.judge(creator, least, micros, deviations));
        Thread.sleep(PAUSE);
    }

    /** Micros settled and pending, 0 of a creator that has earned nothing yet; empty where there is no balance. */
    OptionalLong ask(int creator) throws InterruptedException {
        String token = bearer.forAdmin("torture", clock.instant(), LIFETIME);
        HttpRequest request = HttpRequest.newBuilder(
                        ledger.resolve("/v1/creators/" + Cell.creatorName(creator) + "/balance"))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            Matcher total = TOTAL.matcher(response.body());
            if (response.statusCode() == 404 || (response.statusCode() == 200 && total.find())) {
                answers.add("read");
                return OptionalLong.of(response.statusCode() == 404 ? 0 : Long.parseLong(total.group(1)));
            }
            answers.add(Integer.toString(response.statusCode()));
            if (response.statusCode() != 503) {
                deviations.add("answer to a reader", "200, 404 or 503", response.statusCode() + " " + response.body());
            }
        } catch (IOException e) {
            answers.add("no answer");
        }
        return OptionalLong.empty();
    }
}
