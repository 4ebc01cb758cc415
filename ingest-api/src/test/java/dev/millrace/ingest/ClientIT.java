package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.ClientOptions;
import dev.millrace.client.Event;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Outcome;
import dev.millrace.client.Statistics;
import dev.millrace.client.TokenMint;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The client that publishers use, against the real edge. */
class ClientIT {
    private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();
    private static OpenCounters counters;
    private static RunningIngest ingest;

    private final TokenMint mint = new TokenMint("demo.1", Tokens.secret("demo.1"));

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(
                RealServers.redisUrl(), "--millrace.redis-patience=30s", "--millrace.tally-timeout=30s");
    }

    @AfterAll
    static void stop() {
        ingest.close();
        counters.close();
    }

    @Test
    void aThousandVisitorsArePaidOnceHoweverOftenTheyAreSent() throws Exception {
        List<String> tokens = IntStream.range(0, 1_000)
                .mapToObj(i -> mint.event("c-42", "/hello", "visitor-" + i))
                .toList();
        long before = counters.earned(1, "c-42");
        assertThat(sent(tokens)).isEqualTo(new Statistics(1_000, 1_000, 0, 0, 0, 0, 0, 10, 0));
        assertThat(sent(tokens)).isEqualTo(new Statistics(1_000, 0, 1_000, 0, 0, 0, 0, 10, 0));
        assertThat(counters.earned(1, "c-42") - before).isEqualTo(1_000_000);
    }

    @Test
    void theEdgeJudgesEachEventByItself() throws Exception {
        String token = mint.event("c-7", "/hello", "v");
        String comment =
                mint.event("c-7", "/hello", "v", Map.of("evt", List.of("comment"), "qty", 3, "jti", "comment-1"));
        MillraceClient client = new MillraceClient(ClientOptions.of(ingest.uri("")));
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
        for (Event event : List.of(
                Event.view(token),
                Event.scroll(token, 25),
                Event.reaction(token, "like"),
                Event.comment(comment),
                Event.view(comment),
                Event.view(new TokenMint("demo.1", "another").event("c-7", "/hello", "v")))) {
            outcomes.add(client.put(event));
        }
        assertThat(client.closeWithin(FOREVER)).isEmpty();
        assertThat(outcomes.stream()
                        .map(CompletableFuture::join)
                        .map(outcome -> outcome instanceof Outcome.Rejected rejected ? rejected.code() : outcome))
                .containsExactly(
                        new Outcome.Accepted(),
                        new Outcome.Accepted(),
                        new Outcome.Accepted(),
                        new Outcome.Accepted(),
                        "type-not-granted",
                        "token-signature");
        assertThat(counters.earned(1, "c-7")).isEqualTo(1_000 + 100 + 500 + 3 * 50);
    }

    private static Statistics sent(List<String> tokens) throws InterruptedException {
        MillraceClient client =
                new MillraceClient(ClientOptions.of(ingest.uri("")).withBatch(100, Duration.ofHours(1)));
        for (String token : tokens) {
            assertThat(client.put(Event.view(token))).isNotCancelled();
        }
        assertThat(client.closeWithin(FOREVER)).isEmpty();
        return client.statistics();
    }
}
