package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ledger.RunningLedger;
import dev.millrace.ledger.RunningLedger.Answer;
import dev.millrace.ledger.Stores;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class BalanceStreamIT {
    private static final Pattern EVENT = Pattern.compile("event: balance\nid: [0-9a-z]+\ndata: (\\{[^\n]*})\n\n");

    /** Of this class alone: a reading for followers who are gone would be among the calls that other tests count. */
    private static RunningLedger ledger;

    private final String creator = "followed-" + UUID.randomUUID();

    @BeforeAll
    static void start() {
        Stores stores = Stores.fresh(6);
        stores.openCounters();
        ledger = RunningLedger.start(stores, Map.of());
    }

    @AfterAll
    static void stop() {
        ledger.close();
    }

    private static String path(String creator) {
        return "/v1/creators/%s/balance/stream".formatted(creator);
    }

    /** A client that reads all that comes. */
    private static final class Follower implements AutoCloseable {
        private final HttpResponse<InputStream> response;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final CompletableFuture<Void> reading;

        Follower(RunningLedger ledger, String creator, String token) {
            response = ledger.open(ledger.request(path(creator), token)
                    .header("Accept", "text/event-stream")
                    .GET());
            reading = CompletableFuture.runAsync(this::read, Executors.newVirtualThreadPerTaskExecutor());
        }

        private void read() {
            try {
                response.body().transferTo(received);
            } catch (IOException e) {
                received.writeBytes(e.toString().getBytes(StandardCharsets.UTF_8));
            }
        }

        String text() {
            return received.toString(StandardCharsets.UTF_8);
        }

        /** The bodies of its events. */
        List<String> balances() {
            return EVENT.matcher(text()).results().map(event -> event.group(1)).toList();
        }

        List<String> await(int balances) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> balances().size() >= balances);
            return balances();
        }

        /** All that came, once the service has ended it in good order. */
        String ended() {
            reading.join();
            return text();
        }

        @Override
        public void close() throws IOException {
            response.body().close();
        }
    }

    private static String withoutMoment(String balance) {
        return balance.replaceAll("\"asOf\":\"[^\"]*\",", "");
    }

    @Test
    void itBeginsWithTheBalanceAndTellsEachChange() throws IOException {
        String token = RunningLedger.token(creator);
        ledger.stores().count(creator, 1_000);
        try (Follower follower = new Follower(ledger, creator, token)) {
            assertThat(follower.response.statusCode()).isEqualTo(200);
            assertThat(follower.response.headers().firstValue("Content-Type")).contains("text/event-stream");
            assertThat(follower.response.headers().firstValue("Cache-Control")).contains("no-store");
            String first = follower.await(1).getFirst();
            assertThat(follower.text()).startsWith("retry: 2000\nevent: balance\n");
            assertThat(withoutMoment(first))
                    .isEqualTo(withoutMoment(ledger.get("/v1/creators/%s/balance".formatted(creator), token)
                            .text()));
            ledger.stores().count(creator, 500);
            assertThat(follower.await(2).getLast()).contains("\"pending\":{\"micros\":1500,");
        }
    }

    @Test
    void aBeginnerFollowsZerosAndNobodyElseDoes() throws IOException {
        try (Follower follower = new Follower(ledger, creator, RunningLedger.token(creator))) {
            assertThat(follower.await(1).getFirst()).contains("\"total\":{\"micros\":0,");
            ledger.stores().count(creator, 7);
            assertThat(follower.await(2).getLast()).contains("\"total\":{\"micros\":7,");
        }
        Answer other = ledger.get(path("nobody-" + creator), RunningLedger.admin());
        assertThat(other.status()).isEqualTo(404);
        assertThat(other.problem()).isEqualTo("creator-unknown");
    }

    @Test
    void itEndsWhenTheTokenExpires() {
        String token = RunningLedger.sign(
                RunningLedger.claims(creator)
                        .expirationTime(Date.from(Instant.now().plusSeconds(2)))
                        .build(),
                RunningLedger.SECRET);
        assertThat(new Follower(ledger, creator, token).ended())
                .endsWith("\n\nevent: end\ndata: {\"code\":\"token-expired\"}\n\n");
    }

    @Test
    void theTokenTravelsInTheHeaderAlone() {
        String token = RunningLedger.token(creator);
        for (String name : List.of("access_token", "token")) {
            Answer answer = ledger.get(path(creator) + "?" + name + "=" + token, "");
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.problem()).isEqualTo("unauthenticated");
            assertThat(answer.detail()).contains("in the address is not read");
        }
        assertThat(ledger.get(path(creator), RunningLedger.token("somebody-else"))
                        .problem())
                .isEqualTo("forbidden");
    }

    @Test
    void aSubjectHasTenStreamsAndOneThatGoesAwayMakesRoom() throws Exception {
        String token = RunningLedger.token(creator);
        List<Follower> ten = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            ten.add(new Follower(ledger, creator, token));
        }
        ten.forEach(follower -> follower.await(1));
        Answer eleventh = ledger.get(path(creator), token);
        assertThat(eleventh.status()).isEqualTo(429);
        assertThat(eleventh.problem()).isEqualTo("too-many-requests");
        assertThat(eleventh.header("Retry-After")).isEqualTo("1");
        ten.removeLast().close();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            ledger.stores().count(creator, 1); // what is written to a client that is gone fails
            try (Follower another = new Follower(ledger, creator, token)) {
                return another.response.statusCode() == 200;
            }
        });
        for (Follower follower : ten) {
            follower.close();
        }
    }

    /** Beyond the bound of all it is 503. A stop ends them in good order, and does not wait for those who follow. */
    @Test
    void allStreamsTogetherAreBoundedAndEndWithTheService() {
        Stores stores = Stores.fresh(5);
        stores.openCounters();
        List<Follower> followers = new ArrayList<>();
        long stopped;
        try (RunningLedger small = RunningLedger.start(stores, Map.of("MILLRACE_STREAMS", "2"))) {
            for (int i = 0; i < 2; i++) {
                followers.add(new Follower(small, "c-" + i, RunningLedger.token("c-" + i)));
                followers.getLast().await(1);
            }
            Answer third = small.get(path("c-3"), RunningLedger.token("c-3"));
            assertThat(third.status()).isEqualTo(503);
            assertThat(third.problem()).isEqualTo("overloaded");
            assertThat(small.management("/actuator/prometheus").text())
                    .contains("millrace_balance_streams 2.0")
                    .contains("millrace_balance_events_total 2.0");
            stopped = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(9));
        followers.forEach(follower -> assertThat(follower.ended()).matches("retry: 2000\n(?s:.*)\n\n"));
    }

    /** Twelve streams of each of twenty creators, by two tokens. */
    @Test
    void allFollowersTogetherCostOneReadingASecond() throws IOException {
        List<String> creators =
                IntStream.range(0, 20).mapToObj(i -> creator + "-" + i).toList();
        List<Follower> followers = new ArrayList<>();
        for (String followed : creators) {
            ledger.stores().count(followed, 1);
            for (int i = 0; i < 12; i++) {
                followers.add(new Follower(ledger, followed, RunningLedger.reader(followed + i % 2)));
            }
        }
        awaitAll(followers, 1);
        long before = readings();
        long began = System.nanoTime();
        for (int round = 2; round <= 4; round++) {
            creators.forEach(followed -> ledger.stores().count(followed, 1));
            awaitAll(followers, round);
        }
        long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds() + 1;
        assertThat(readings() - before).isBetween(1L, 16 * (seconds + 1));
        for (Follower follower : followers) {
            assertThat(follower.balances().getLast()).contains("\"pending\":{\"micros\":4,");
            follower.close();
        }
    }

    private static void awaitAll(List<Follower> followers, int balances) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> followers.stream()
                        .allMatch(follower -> follower.balances().size() >= balances));
    }

    /** Scripts that only read: what counting calls is none of them. */
    private static long readings() {
        Matcher calls = Pattern.compile("cmdstat_evalsha_ro:calls=(\\d+)")
                .matcher(ledger.stores().redis().info("commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }
}
