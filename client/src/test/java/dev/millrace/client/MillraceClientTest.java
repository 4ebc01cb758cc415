package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Outcome.Accepted;
import dev.millrace.client.Outcome.Duplicate;
import dev.millrace.client.Outcome.Filtered;
import dev.millrace.client.Outcome.Rejected;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class MillraceClientTest {
    private static final Duration LONG = Duration.ofMinutes(30);
    private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

    private final Edge edge = new Edge();

    @AfterEach
    void stop() throws IOException {
        edge.close();
    }

    @Test
    void eachEventHasItsOwnOutcome() throws Exception {
        edge.then(Edge.results(
                202,
                "{status:accepted}",
                "{status:duplicate}",
                "{status:filtered,reason:robot}",
                "{status:rejected,code:token-expired,detail:late}"));
        MillraceClient client = new MillraceClient(options(4));
        List<CompletableFuture<Outcome>> outcomes = put(client, "a", "b", "c", "d");
        assertThat(outcomes.stream().map(CompletableFuture::join))
                .containsExactly(
                        new Accepted(),
                        new Duplicate(),
                        new Filtered("robot"),
                        new Rejected("token-expired", "late", false));
        assertThat(client.closeWithin(FOREVER)).isEmpty();
        assertThat(edge.bodies())
                .containsExactly("[{\"token\":\"a\",\"type\":\"view\"},{\"token\":\"b\",\"type\":\"view\"},"
                        + "{\"token\":\"c\",\"type\":\"view\"},{\"token\":\"d\",\"type\":\"view\"}]");
        assertThat(client.statistics()).isEqualTo(new Statistics(4, 1, 1, 1, 1, 0, 0, 1, 0));
    }

    @Test
    void aRequestThatMetABusyEdgeIsSentAgainByteForByte() throws Exception {
        edge.then(
                Edge.status(503, "Retry-After: 0\r\n", "{}"),
                Edge.status(429, "", "no JSON"),
                Edge.status(500, "", ""),
                Edge.status(408, "", "{}"),
                Edge.reset());
        MillraceClient client = new MillraceClient(options(2));
        List<CompletableFuture<Outcome>> outcomes = put(client, "a", "b");
        assertThat(outcomes.stream().map(CompletableFuture::join)).containsExactly(new Accepted(), new Accepted());
        client.close();
        assertThat(edge.bodies()).hasSize(6).containsOnly(edge.bodies().getFirst());
        assertThat(client.statistics()).isEqualTo(new Statistics(2, 2, 0, 0, 0, 0, 0, 6, 5));
    }

    @Test
    void anEdgeThatHangsOrTricklesIsLeft() throws Exception {
        edge.then(edge.hang(), edge.slow());
        MillraceClient client = new MillraceClient(options(1).withTimeouts(Duration.ofMillis(400), LONG));
        assertThat(put(client, "a").getFirst().join()).isEqualTo(new Accepted());
        client.close();
        assertThat(client.statistics()).isEqualTo(new Statistics(1, 1, 0, 0, 0, 0, 0, 3, 2));
    }

    @Test
    void waitsAsLongAsTheEdgeSays() throws Exception {
        edge.then(Edge.status(429, "Retry-After: 1\r\n", "{}"));
        MillraceClient client = new MillraceClient(options(1).withPauses(Duration.ofMillis(1), LONG));
        put(client, "a").getFirst().join();
        client.close();
        assertThat(edge.times().get(1) - edge.times().get(0)).isGreaterThanOrEqualTo(1_000_000_000);
    }

    @Test
    void onlyEventsThatMayCountLaterAreSentAgain() throws Exception {
        edge.then(
                Edge.results(202, "{status:accepted}", "{status:rejected,code:publisher-rate,retry:true}"),
                Edge.results(429, "{status:rejected,code:publisher-rate,retry:true}"));
        MillraceClient client = new MillraceClient(options(2));
        List<CompletableFuture<Outcome>> outcomes = put(client, "a", "b");
        assertThat(outcomes.stream().map(CompletableFuture::join)).containsExactly(new Accepted(), new Accepted());
        client.close();
        assertThat(edge.tokens()).containsExactly(List.of("a", "b"), List.of("b"), List.of("b"));
    }

    @Test
    void theLastVerdictStandsWhenPatienceEnds() throws Exception {
        edge.then(Edge.results(429, "{status:rejected,code:publisher-over-budget,retry:true}"));
        MillraceClient client = new MillraceClient(options(1).withTimeouts(LONG, Duration.ZERO));
        assertThat(put(client, "a").getFirst().join()).isEqualTo(new Rejected("publisher-over-budget", "", true));
        client.close();
        assertThat(client.statistics()).isEqualTo(new Statistics(1, 0, 0, 0, 1, 0, 0, 1, 0));
    }

    @Test
    void aRequestThatIsTooLargeIsHalved() throws Exception {
        Edge.Plan atMostOne = (connection, body) -> {
            if (Edge.tokens(body).size() > 1) {
                Edge.status(413, "", "{}").answer(connection, body);
            } else {
                Edge.accepted(connection, body);
            }
        };
        edge.then(Collections.nCopies(7, atMostOne).toArray(Edge.Plan[]::new));
        MillraceClient client = new MillraceClient(options(4));
        put(client, "a", "b", "c", "d").forEach(CompletableFuture::join);
        client.close();
        assertThat(edge.tokens())
                .containsExactly(
                        List.of("a", "b", "c", "d"),
                        List.of("a", "b"),
                        List.of("a"),
                        List.of("b"),
                        List.of("c", "d"),
                        List.of("c"),
                        List.of("d"));
        assertThat(client.statistics()).isEqualTo(new Statistics(4, 4, 0, 0, 0, 0, 0, 7, 6));
    }

    @Test
    void anEventThatIsTooLargeByItselfFails() throws Exception {
        edge.then(Edge.status(413, "", "{\"detail\":\"too much\"}"));
        MillraceClient client = new MillraceClient(options(1));
        assertUnanswered(put(client, "a").getFirst(), edge.uri() + "/v1/events answers 413: too much");
        client.close();
        assertThat(client.statistics()).isEqualTo(new Statistics(1, 0, 0, 0, 0, 1, 0, 1, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 307, 400, 401, 404, 415})
    void aRefusedRequestIsNotSentAgain(int status) throws Exception {
        edge.then(
                Edge.status(status, "Location: http://127.0.0.1:1/\r\n", "{\"title\":\"t\",\"detail\":\"said why\"}"));
        MillraceClient client = new MillraceClient(options(1));
        assertUnanswered(put(client, "a").getFirst(), edge.uri() + "/v1/events answers " + status + ": said why");
        client.close();
        assertThat(edge.bodies()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "welcome to our hotel",
                "{\"accepted\":1}",
                "{\"results\":[]}",
                "{\"results\":[{\"status\":\"accepted\"},{\"status\":\"accepted\"}]}",
                "{\"results\":[{\"status\":\"maybe\"}]}",
                "{\"results\":[null]}",
                "{\"results\":{}}"
            })
    void anAnswerThatDoesNotTellIsNoOutcome(String body) throws Exception {
        edge.then(Edge.status(202, "", body));
        MillraceClient client = new MillraceClient(options(1));
        assertUnanswered(
                put(client, "a").getFirst(),
                "the server's answer does not tell what became of the 1 events sent: " + body);
        client.close();
    }

    @Test
    void anEdgeOutOfReachIsGivenUpWhenPatienceEnds() throws Exception {
        edge.close();
        MillraceClient client = new MillraceClient(options(1).withTimeouts(LONG, Duration.ZERO));
        assertUnanswered(
                put(client, "a").getFirst(),
                edge.uri()
                        + "/v1/events can't be reached (java.net.ConnectException); gave up after 0 s without progress");
        client.close();
        assertThat(client.statistics()).isEqualTo(new Statistics(1, 0, 0, 0, 0, 1, 0, 1, 0));
    }

    @Test
    void aFullQueueRefusesAnOfferAndHoldsAPut() throws Exception {
        CountDownLatch opened = new CountDownLatch(1);
        edge.then(Edge.after(opened), Edge.after(opened), Edge.after(opened));
        MillraceClient client = new MillraceClient(options(1).withCapacity(2));
        put(client, "a", "b");
        assertThat(client.offer(Event.view("c"))).isEmpty();
        List<CompletableFuture<Outcome>> held = Collections.synchronizedList(new ArrayList<>());
        Thread putting = Thread.ofVirtual().start(() -> held.addAll(put(client, "d")));
        while (putting.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(client.statistics().taken()).isEqualTo(2);
        opened.countDown();
        putting.join();
        assertThat(held.getFirst().join()).isEqualTo(new Accepted());
        assertThat(client.offer(Event.view("e")).orElseThrow().join()).isEqualTo(new Accepted());
        client.close();
        assertThat(client.statistics()).isEqualTo(new Statistics(4, 4, 0, 0, 0, 0, 0, 4, 0));
    }

    @Test
    void aFullBatchGoesAtOnceAndTheRestWhenTheClientCloses() throws Exception {
        MillraceClient client = new MillraceClient(options(10));
        List<CompletableFuture<Outcome>> outcomes =
                put(client, IntStream.range(0, 25).mapToObj(i -> "t" + i).toArray(String[]::new));
        outcomes.subList(0, 20).forEach(CompletableFuture::join);
        assertThat(outcomes.subList(20, 25)).noneMatch(CompletableFuture::isDone);
        client.close();
        assertThat(outcomes.subList(20, 25)).allMatch(outcome -> outcome.join().equals(new Accepted()));
        assertThat(edge.tokens().stream().map(List::size)).containsExactlyInAnyOrder(10, 10, 5);
        assertThat(edge.tokens().stream().flatMap(List::stream))
                .doesNotHaveDuplicates()
                .hasSize(25);
    }

    @Test
    void aLonelyEventWaitsNoLongerThanItLingers() throws Exception {
        MillraceClient client = new MillraceClient(options(10).withBatch(10, Duration.ofMillis(20)));
        assertThat(put(client, "a").getFirst().join()).isEqualTo(new Accepted());
        client.close();
    }

    @Test
    void largeEventsMakeSmallerRequests() throws Exception {
        MillraceClient client = new MillraceClient(options(100));
        String[] tokens =
                IntStream.range(0, 100).mapToObj(i -> "%08000d".formatted(i)).toArray(String[]::new);
        List<CompletableFuture<Outcome>> outcomes = put(client, tokens);
        client.closeWithin(FOREVER);
        outcomes.forEach(CompletableFuture::join);
        assertThat(edge.bodies()).hasSize(2).allMatch(body -> body.length() <= EventQueue.MOST_BYTES + 1);
    }

    @Test
    void closingSaysWhatHadNoAnswer() throws Exception {
        edge.then(edge.hang());
        MillraceClient client = new MillraceClient(options(1));
        List<CompletableFuture<Outcome>> outcomes = put(client, "a", "b", "c");
        while (edge.bodies().isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(client.closeWithin(Duration.ofMillis(100)))
                .containsExactlyInAnyOrder(Event.view("a"), Event.view("b"), Event.view("c"));
        assertUnanswered(outcomes.get(0), "the client was closed before an answer came");
        assertUnanswered(outcomes.get(1), "the client was closed before it was sent");
        assertThat(outcomes.get(2)).isCompletedExceptionally();
        assertThat(client.statistics()).isEqualTo(new Statistics(3, 0, 0, 0, 0, 3, 0, 1, 0));
        assertThat(client.closeWithin(Duration.ZERO)).hasSize(3);
        assertThatThrownBy(() -> client.put(Event.view("d")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the client is closed");
        assertThatThrownBy(() -> client.offer(Event.view("d"))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closingEndsAPauseToo() throws Exception {
        edge.then(Edge.status(503, "Retry-After: 1000\r\n", "{}"));
        MillraceClient client = new MillraceClient(options(1).withPauses(LONG, LONG));
        CompletableFuture<Outcome> outcome = put(client, "a").getFirst();
        while (edge.bodies().isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(client.closeWithin(Duration.ofMillis(50))).containsExactly(Event.view("a"));
        assertUnanswered(outcome, "the client was closed before an answer came");
    }

    @Test
    void aPutThatWaitsEndsWhenTheClientCloses() throws Exception {
        edge.then(edge.hang());
        MillraceClient client = new MillraceClient(options(1).withCapacity(1));
        put(client, "a");
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread putting = Thread.ofVirtual().start(() -> {
            try {
                put(client, "b");
            } catch (IllegalStateException e) {
                thrown.set(e);
            }
        });
        while (putting.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        assertThat(client.closeWithin(Duration.ZERO)).containsExactly(Event.view("a"));
        putting.join();
        assertThat(thrown.get()).hasMessage("the client is closed");
    }

    @Test
    void anInterruptedCloseBreaksOffAndStaysInterrupted() throws Exception {
        edge.then(edge.hang());
        MillraceClient client = new MillraceClient(options(1));
        put(client, "a");
        Thread.currentThread().interrupt();
        List<Event> left = client.closeWithin(FOREVER);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(left).containsExactly(Event.view("a"));
    }

    @Test
    void aStageThatWouldWaitForItselfIsTold() throws Exception {
        MillraceClient client = new MillraceClient(options(1));
        CompletableFuture<List<CompletableFuture<Outcome>>> stage;
        CountDownLatch chained = new CountDownLatch(1);
        edge.then(Edge.after(chained));
        stage = put(client, "a").getFirst().thenApply(_ -> put(client, "b"));
        chained.countDown();
        assertThatThrownBy(stage::join)
                .isInstanceOf(CompletionException.class)
                .hasRootCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("use offer there");
        client.close();
    }

    @Test
    void manyThreadsAndAnEdgeThatFailsAtRandomCountEachEventOnce() throws Exception {
        long seed = Long.getLong("millrace.seed", System.nanoTime());
        System.out.println("millrace.seed=" + seed);
        Random random = new Random(seed);
        List<String> counted = Collections.synchronizedList(new ArrayList<>());
        Edge.Plan counts = (connection, body) -> {
            counted.addAll(Edge.tokens(body));
            Edge.accepted(connection, body);
        };
        Edge.Plan[] plans = IntStream.range(0, 400)
                .mapToObj(_ -> random.nextInt(3) == 0
                        ? Edge.reset()
                        : random.nextInt(3) == 0 ? Edge.status(503, "", "") : counts)
                .toArray(Edge.Plan[]::new);
        edge.then(plans).then(Collections.nCopies(4_000, counts).toArray(Edge.Plan[]::new));
        MillraceClient client = new MillraceClient(options(7).withCapacity(50).withInFlight(8));
        List<Thread> putting = IntStream.range(0, 8)
                .mapToObj(thread -> Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < 250; i++) {
                        put(client, thread + "-" + i);
                    }
                }))
                .toList();
        for (Thread thread : putting) {
            thread.join();
        }
        assertThat(client.closeWithin(FOREVER)).isEmpty();
        assertThat(counted).hasSize(2_000).doesNotHaveDuplicates();
        Statistics all = client.statistics();
        assertThat(List.of(all.taken(), all.accepted(), all.unanswered(), all.waiting()))
                .containsExactly(2_000L, 2_000L, 0L, 0L);
        assertThat(all.requests()).isEqualTo(edge.bodies().size());
    }

    private ClientOptions options(int batch) {
        return ClientOptions.of(edge.uri())
                .withBatch(batch, LONG)
                .withInFlight(batch == 1 ? 1 : 2)
                .withPauses(Duration.ofMillis(1), Duration.ofMillis(4))
                .withTimeouts(LONG, LONG);
    }

    private static List<CompletableFuture<Outcome>> put(MillraceClient client, String... tokens) {
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
        try {
            for (String token : tokens) {
                outcomes.add(client.put(Event.view(token)));
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return outcomes;
    }

    private static void assertUnanswered(CompletableFuture<Outcome> outcome, String message) {
        assertThatThrownBy(outcome::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(UnansweredException.class)
                .hasMessage(message);
    }

    @Test
    void anAddressWithAPathIsKept() {
        assertThat(ClientOptions.of(URI.create("https://edge.example")).edge())
                .isEqualTo(URI.create("https://edge.example/v1/events"));
        assertThat(ClientOptions.of(URI.create("https://edge.example/")).edge())
                .isEqualTo(URI.create("https://edge.example/v1/events"));
        assertThat(ClientOptions.of(URI.create("http://edge.example:8080/m/v1/events"))
                        .edge())
                .isEqualTo(URI.create("http://edge.example:8080/m/v1/events"));
    }

    @Test
    void anOptionOutOfItsRangeIsNamed() {
        ClientOptions options = ClientOptions.of(edge.uri());
        assertThatThrownBy(() -> ClientOptions.of(URI.create("ftp://x/")))
                .hasMessage("edge is ftp://x/; it takes an address of http or https");
        assertThatThrownBy(() -> options.withBatch(1_001, LONG)).hasMessage("batch is 1001; it takes 1 to 1000");
        assertThatThrownBy(() -> options.withCapacity(199)).hasMessage("capacity is 199; it takes 200 to 1000000");
        assertThatThrownBy(() -> options.withInFlight(0)).hasMessage("inFlight is 0; it takes 1 to 64");
        assertThatThrownBy(() -> options.withPauses(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .hasMessage("firstPause is PT2S; it takes PT0.001S to PT1S");
        assertThatThrownBy(() -> options.withTimeouts(Duration.ZERO, LONG))
                .hasMessage("timeout is PT0S; it takes PT0.001S to PT1H");
    }
}
