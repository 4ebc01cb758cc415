package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.token.Retention;
import dev.millrace.counters.Ctl;
import dev.millrace.counters.Partition;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.RejectionCode;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/**
 * The API against a real Redis, as a publisher's engineer uses it. It waits long for Redis here: a machine that stands
 * still for a while is no part of what is tested; {@link DeadRedisIT} has the short waits.
 */
@ExtendWith(OutputCaptureExtension.class)
class EventsIT {
    private static OpenCounters counters;
    private static RunningIngest ingest;

    /** Makes every test's events events of their own. */
    private static int tests;

    private static int probes;

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

    @BeforeEach
    void another() {
        tests++;
    }

    @Test
    void anEventSentTwiceIsPaidOnce() {
        String event = event(token(""), "view");
        Answer first = ingest.post(event);
        assertThat(first.status()).isEqualTo(202);
        assertThat(first.body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":0,\"filtered\":0,\"rejected\":0,\"results\":[{\"status\":\"accepted\"}]}");
        assertThat(ingest.post(event).body())
                .isEqualTo(
                        "{\"accepted\":0,\"duplicate\":1,\"filtered\":0,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"}]}");
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void twoHundredCopiesAtTheSameTimeArePaidOnce() {
        String event = event(token(""), "view");
        List<CompletableFuture<Answer>> answers = IntStream.range(0, 200)
                .mapToObj(i -> ingest.postUntilTaken(event, "application/json"))
                .toList();
        long accepted = answers.stream()
                .mapToLong(a -> a.join().json().get("accepted").asLong())
                .sum();
        long duplicate = answers.stream()
                .mapToLong(a -> a.join().json().get("duplicate").asLong())
                .sum();
        assertThat(accepted).isEqualTo(1);
        assertThat(duplicate).isEqualTo(199);
        assertThat(earned()).isEqualTo(1_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/x-ndjson", "text/plain", "text/plain;charset=UTF-8"})
    void everyBodyTypeTakesAnEventAnArrayAndLines(String contentType) {
        String a = event(token("a"), "view");
        String b = event(token("b"), "view");
        String c = event(token("c"), "view");
        assertThat(ingest.post(a, contentType).count("accepted")).isEqualTo(1);
        assertThat(ingest.post("[" + a + "," + b + "]", contentType).body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":1,\"filtered\":0,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"},{\"status\":\"accepted\"}]}");
        assertThat(ingest.post(b + "\n" + c + "\n" + c, contentType).body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":2,\"filtered\":0,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"},{\"status\":\"accepted\"},{\"status\":\"duplicate\"}]}");
        assertThat(earned()).isEqualTo(3_000);
    }

    @Test
    void eachBadEventGetsItsCodeAndTheRestOfTheBatchCounts() {
        String good = token("");
        List<String> events = List.of(
                event(good, "view"),
                event("nonsense", "view"),
                event(Tokens.signed("{\"alg\":\"none\",\"kid\":\"demo.1\"}", claims("", ""), "demo.1"), "view"),
                event(Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.1\"}", claims("", ""), "other.1"), "view"),
                event(Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.9\"}", claims("", ""), "demo.1"), "view"),
                event(Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.2\"}", claims("", ""), "demo.2"), "view"),
                event(token("", -4_000, -400), "view"),
                event(token("", 600, 900), "view"),
                event(token("", 0, 7_201), "view"),
                event(good, "nonsense"),
                event(good, "comment"),
                "{\"token\":\"" + good + "\",\"type\":\"reaction\",\"key\":\"hate\"}",
                "{\"token\":\"" + good + "\",\"type\":\"reaction\",\"key\":\"clap\"}",
                "{\"type\":\"view\"}");
        Answer answer = ingest.post("[" + String.join(",", events) + "]");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(verdicts(answer))
                .containsExactly(
                        "accepted",
                        "token-malformed",
                        "token-malformed",
                        "token-signature",
                        "key-unknown",
                        "key-revoked",
                        "token-expired",
                        "token-not-yet-valid",
                        "token-lifetime",
                        "type-unknown",
                        "type-not-granted",
                        "key-invalid",
                        "accepted",
                        "token-malformed");
        assertThat(answer.count("rejected")).isEqualTo(12);
        assertThat(earned()).isEqualTo(1_500);
    }

    @Test
    void whenEveryEventIsRejectedTheAnswerIsAProblemWithTheSameCounts() {
        Answer answer = ingest.post("[" + event("x", "view") + "," + event(token(""), "nonsense") + "]");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("code").asString()).isEqualTo("events-rejected");
        assertThat(answer.count("rejected")).isEqualTo(2);
        assertThat(answer.count("accepted")).isZero();
        assertThat(answer.json().get("results").get(1).get("code").asString()).isEqualTo("type-unknown");
        assertThat(earned()).isZero();
    }

    @Test
    void aSingleEventsProblemSaysWhatIsWrongWithIt() {
        Answer answer = ingest.post(event(token(""), "dance"));
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.json().get("detail").asString()).startsWith("type is \"dance\"; the types are [view, read,");
        assertThat(ingest.post("x", "application/x-www-form-urlencoded")
                        .json()
                        .get("detail")
                        .asString())
                .contains("-H 'Content-Type: application/json'");
    }

    @Test
    void whatCanNotBeReadIsRefusedAsAWholeAndNothingCounts() {
        String good = event(token(""), "view");
        assertProblem(ingest.post("garbage"), 400, "body-malformed");
        assertProblem(ingest.post(""), 400, "body-malformed");
        assertProblem(ingest.post("[]"), 400, "body-malformed");
        assertProblem(ingest.post(good + "\n{\"token\":"), 400, "body-malformed");
        assertProblem(ingest.post(good + "\n" + " ".repeat(600 * 1024)), 413, "body-too-large");
        assertProblem(
                ingest.post(String.join("\n", java.util.Collections.nCopies(1_001, good))), 413, "body-too-large");
        assertProblem(ingest.post(good, "application/x-www-form-urlencoded"), 415, "unsupported-media-type");
        for (String odd :
                List.of("application/json; charset=\"x", "application/json;charset=no-such", "x", "*/*", ";")) {
            assertProblem(ingest.post(good, odd), 415, "unsupported-media-type");
        }
        assertProblem(ingest.post(good, "application/json", "Content-Encoding", "gzip"), 415, "unsupported-media-type");
        Answer got = ingest.get("/v1/events");
        assertProblem(got, 405, "method-not-allowed");
        assertThat(got.header("Allow")).isEqualTo("POST");
        Answer fromPage = ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/events"))
                .header("Origin", "https://publisher.example")
                .build());
        assertProblem(fromPage, 405, "method-not-allowed");
        assertThat(fromPage.header("Allow")).isEqualTo("POST");
        assertProblem(ingest.get("/nowhere"), 404, "not-found");
        assertThat(earned()).isZero();
    }

    @Test
    void aClientThatWantsLittleGetsOnlyTheCounts() {
        Answer answer =
                ingest.post(event(token(""), "view"), "application/json", "Prefer", "respond-async, return=minimal");
        assertThat(answer.body()).isEqualTo("{\"accepted\":1,\"duplicate\":0,\"filtered\":0,\"rejected\":0}");
        assertThat(answer.header("Preference-Applied")).isEqualTo("return=minimal");
        String nothing = event("nothing", "view");
        Answer none = ingest.post(
                "[" + nothing + "," + nothing + "]", "application/json", "Prefer", "respond-async, return=minimal");
        assertThat(none.status()).isEqualTo(422);
        assertThat(none.header("Preference-Applied")).isEqualTo("return=minimal");
        assertThat(none.json().has("results")).isFalse();
        assertThat(none.detail())
                .isEqualTo("none of the 2 events counts; without Prefer: return=minimal each result says why");
    }

    @Test
    void aRequestIsTimedOnceUnderTheNameThatSpringBootGives() {
        String sample = "http_server_requests_seconds_count{error=\"none\",exception=\"none\",method=\"POST\","
                + "outcome=\"%s\",status=\"%d\",uri=\"/v1/events\"}";
        String accepted = sample.formatted("SUCCESS", 202);
        String malformed = sample.formatted("CLIENT_ERROR", 400);
        double acceptedBefore = ingest.metric(accepted);
        double malformedBefore = ingest.metric(malformed);
        ingest.post(event(token("timed"), "view"));
        ingest.post("{");
        assertThat(ingest.metricAbove(accepted, acceptedBefore) - acceptedBefore)
                .isEqualTo(1);
        assertThat(ingest.metricAbove(malformed, malformedBefore) - malformedBefore)
                .isEqualTo(1);
        assertThat(ingest.get("/actuator/prometheus").body().lines())
                .filteredOn(line -> line.startsWith("http_server_requests_seconds_count") && line.contains("events"))
                .allMatch(line -> line.contains("error=\"none\",exception=\"none\""));
    }

    @Test
    void anyPageMaySendEvents() {
        Answer preflight = ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/events"))
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .headers(
                        "Origin",
                        "https://publisher.example",
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        "content-type")
                .build());
        assertThat(preflight.status()).isEqualTo(200);
        assertThat(preflight.header("Access-Control-Allow-Origin")).isEqualTo("*");
        Answer answer = ingest.post(event(token(""), "view"), "text/plain", "Origin", "https://publisher.example");
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(answer.header("Access-Control-Allow-Credentials")).isEmpty();
    }

    @Test
    void aBatchFullOfDuplicatesCountsToTheMicro() {
        List<String> events = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            String token = token("n" + i);
            events.add(event(token, "view"));
            events.add(event(token, "view"));
            events.add("{\"token\":\"" + token + "\",\"type\":\"scroll\",\"key\":\"50\"}");
        }
        long eventsBefore = counters.earned(1, "#events");
        long microsBefore = counters.earned(1, "#micros");
        Answer answer = ingest.post(String.join("\n", events));
        assertThat(answer.count("accepted")).isEqualTo(600);
        assertThat(answer.count("duplicate")).isEqualTo(300);
        assertThat(earned()).isEqualTo(300 * 1_000 + 300 * 100);
        assertThat(counters.earned(1, "#events") - eventsBefore).isEqualTo(600);
        assertThat(counters.earned(1, "#micros") - microsBefore).isEqualTo(300 * 1_000 + 300 * 100);
        assertThat(counters.units(1, name("view"))).isEqualTo(300);
        assertThat(counters.units(1, name("scroll"))).isEqualTo(300);
    }

    @Test
    void sumsBeyondTheDigitsOfADoubleStayExact() {
        long beyond = (1L << 53) + 1;
        counters.redis().hset(partition().earn(1), creator(), Long.toString(beyond));
        counters.redis().hset(partition().earn(1), Ctl.EPOCH_MICROS, Long.toString(beyond));
        counters.redis().hset(partition().ctl(), Ctl.MICROS, Long.toString(beyond));
        ingest.post(IntStream.range(0, 300)
                .mapToObj(i -> event(token("n" + i), "view"))
                .collect(Collectors.joining("\n")));
        assertThat(earned()).isEqualTo(beyond + 300_000);
        assertThat(counters.redis().hget(partition().earn(1), Ctl.EPOCH_MICROS))
                .isEqualTo(Long.toString(beyond + 300_000));
        assertThat(counters.redis().hget(partition().ctl(), Ctl.MICROS)).isEqualTo(Long.toString(beyond + 300_000));
    }

    @Test
    void theLargestPossibleBatchIsSummedExactly() {
        Catalog dear = new Catalog(
                2,
                OpenCounters.CATALOG.publishers(),
                List.of(new RateCard(7, 0, Map.of("comment", new Rate(999_999_937, 1_000)))));
        counters.publish(dear);
        try {
            awaitStatusOfAView(422);
            String events = IntStream.range(0, 999)
                    .mapToObj(i ->
                            event(Tokens.signed(claims("dear" + i, ",\"evt\":[\"comment\"],\"qty\":999")), "comment"))
                    .collect(Collectors.joining("\n"));
            assertThat(ingest.post(events).count("accepted")).isEqualTo(999);
            assertThat(ingest.post(events).count("duplicate")).isEqualTo(999);
        } finally {
            counters.publish(new Catalog(3, OpenCounters.CATALOG.publishers(), OpenCounters.CATALOG.cards()));
            awaitStatusOfAView(202);
        }
        assertThat(earned()).isEqualTo(999L * 999 * 999_999_937);
    }

    /**
     * Sends views until one is answered so: only one of the two catalogues has a price for a view, so its status tells
     * which of them is in force. Fails after 90 s: the promise is two, and a busy machine is no broken promise.
     */
    private static void awaitStatusOfAView(int status) {
        long deadline = System.nanoTime() + 90_000_000_000L;
        while (true) {
            String claims = claims("probe" + ++probes, "").replace(creator(), "probe");
            if (ingest.post(event(Tokens.signed(claims), "view")).status() == status) {
                return;
            }
            assertThat(System.nanoTime())
                    .as("a change of the catalogue comes into force")
                    .isLessThan(deadline);
        }
    }

    @Test
    void anEventBelongsToTheEpochThatIsOpenWhenItIsCounted() {
        ingest.post(event(token("before"), "view"));
        counters.seal(OpenCounters.SPANS);
        try {
            assertThat(ingest.post(event(token("after"), "view")).count("accepted"))
                    .isEqualTo(1);
            assertThat(earned()).isEqualTo(1_000);
            assertThat(counters.earned(2, creator())).isEqualTo(1_000);
            assertThat(counters.units(2, name("view"))).isEqualTo(1);
            assertThat(ingest.post(event(token("before"), "view")).count("duplicate"))
                    .isEqualTo(1);
            counters.setCtl(Ctl.EPOCH, "1");
            assertUnavailable(ingest.post(event(token("set-back"), "view")), "marked as sealed");
            assertThat(earned()).isEqualTo(1_000);
        } finally {
            Partition.all().forEach(p -> counters.redis().hdel(p.earn(1), Ctl.SEALED));
            counters.setCtl(Ctl.EPOCH, "1");
            untilItCounts();
        }
    }

    @Test
    void whereRedisCanNotBeTrustedEventsAreRefusedAndNothingChanges() {
        Map<String, String> broken =
                Map.of(Ctl.EPOCH, "no epoch is open", Ctl.PROCESS, "has not been compared with the ledger");
        broken.forEach((field, why) -> {
            List<String> kept = counters.takeCtl(field);
            assertUnavailable(ingest.post(event(token(field), "view")), why);
            counters.giveCtl(field, kept);
            untilItCounts();
        });
        for (long off : new long[] {-40_000, 4_000}) {
            counters.setCtl(Ctl.CLOCK, Long.toString(counters.second() + off));
            assertUnavailable(ingest.post(event(token("clock"), "view")), "Redis' clock");
            counters.confirm();
            untilItCounts();
        }
        assertThat(earned()).isZero();
        assertThat(ingest.post(event(token("clock"), "view")).count("accepted")).isEqualTo(1);
    }

    /** As a worker opens counters that were lost: a later epoch, another lineage, older tokens refused. */
    @Test
    void afterAReopeningTokensFromBeforeItAreSupersededAndNewOnesCount() {
        String before = event(token("before", -100, 3_600), "view");
        assertThat(ingest.post(before).count("accepted")).isEqualTo(1);
        counters.open(7, 1);
        counters.confirm();
        try {
            long since = Long.parseLong(counters.redis().hget(partition().ctl(), Ctl.SINCE));
            while (counters.second() < since) {
                Thread.onSpinWait();
            }
            untilItCounts();
            Answer mixed = ingest.post(
                    event(token("late", -200, 3_600), "view") + "\n" + before + "\n" + event(token("new"), "view"));
            assertThat(verdicts(mixed)).containsExactly("token-superseded", "duplicate", "accepted");
            assertThat(ingest.post(event(token("late", -200, 3_600), "view")).status())
                    .isEqualTo(422);
            assertThat(counters.earned(7, creator())).isEqualTo(1_000);
            assertThat(earned()).as("the epoch before").isEqualTo(1_000);
        } finally {
            counters.open(1, 0);
            counters.setCtl(Ctl.SINCE, "0");
            counters.confirm();
            untilItCounts();
        }
    }

    @Test
    void aViewIsRememberedInTheShortLogAndAReactionInTheLongOne() {
        String token = token("");
        long shortBefore = logged(Retention.SHORT);
        long longBefore = logged(Retention.LONG);
        ingest.post(event(token, "view"));
        ingest.post("{\"token\":\"" + token + "\",\"type\":\"reaction\",\"key\":\"like\"}");
        assertThat(logged(Retention.SHORT) - shortBefore).isEqualTo(1);
        assertThat(logged(Retention.LONG) - longBefore).isEqualTo(1);
    }

    private static long logged(Retention retention) {
        String logged = counters.redis().hget(partition().ctl(), retention.wireName() + ".logged");
        return Long.parseLong(logged);
    }

    @Test
    void aNodeWhoseTokensLiveLongerThanTheyAreRememberedCountsNothing() {
        ingest.post(event(token("first"), "view"));
        counters.setCtl(Ctl.SPANS, "7319 2764800");
        try {
            Await.unready(ingest, "identities are remembered for 7319 s");
            assertUnavailable(ingest.post(event(token("second"), "view")), "MILLRACE_REMEMBER_SHORT");
        } finally {
            counters.confirm();
            untilItCounts();
        }
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void aCounterThatHoldsNoNumberRefusesBeforeAnythingIsWritten() {
        String event = event(token(""), "view");
        double corruptBefore = ingest.metric("millrace_counters_corrupt_total");
        String kept = partition().engage(1) + "-kept";
        boolean had = counters.redis().exists(partition().engage(1)) == 1;
        if (had) {
            counters.redis().rename(partition().engage(1), kept);
        }
        counters.redis().set(partition().engage(1), "nonsense");
        assertUnavailable(ingest.post(event), "is not what was written there");
        counters.redis().del(partition().engage(1));
        if (had) {
            counters.redis().rename(kept, partition().engage(1));
        }
        counters.redis().hset(partition().earn(1), creator(), "nonsense");
        assertUnavailable(ingest.post(event), "is not what was written there");
        assertThat(ingest.post(event(
                                Tokens.signed(claims("neighbour", "").replace(creator(), creatorOf(partition()))),
                                "view"))
                        .count("accepted"))
                .as("another creator's in the same partition")
                .isEqualTo(1);
        counters.redis().hdel(partition().earn(1), creator());
        String micros = counters.redis().hget(partition().ctl(), Ctl.MICROS);
        counters.redis().hset(partition().ctl(), Ctl.MICROS, "nonsense");
        assertUnavailable(ingest.post(event), "is not what was written there");
        counters.redis().hset(partition().ctl(), Ctl.MICROS, micros);
        assertThat(ingest.metric("millrace_counters_corrupt_total") - corruptBefore)
                .isEqualTo(3);
        assertThat(ingest.post(event).count("accepted")).isEqualTo(1);
        assertThat(earned()).isEqualTo(1_000);
    }

    /** Two page views of one visitor in one half hour have one jti. */
    @Test
    void ofTwoTokensWithOneJtiTheSecondCountsWhereTheFirstIsExpiredOrTooEarly() {
        String expired = event(token("expired", -4_000, -10), "view");
        String early = event(token("early", 80, 3_600), "view");
        assertThat(verdicts(ingest.post(expired + "\n" + event(token("expired"), "view"))))
                .containsExactly("token-expired", "accepted");
        assertThat(verdicts(ingest.post(early + "\n" + event(token("early"), "view") + "\n" + early)))
                .as("the script finds it too early")
                .containsExactly("token-not-yet-valid", "accepted", "duplicate");
        assertThat(earned()).isEqualTo(2_000);
        another();
        assertThat(verdicts(ingest.post(event(token("", -4_000, -10), "view")))).containsExactly("token-expired");
        assertThat(ingest.post(event(token(""), "view")).count("accepted")).isEqualTo(1);
        assertThat(verdicts(ingest.post(event(token("", -4_000, -10), "view")))).containsExactly("token-expired");
        assertThat(ingest.post(event(token(""), "view")).count("duplicate")).isEqualTo(1);
        assertThat(earned()).isEqualTo(1_000);
        another();
        assertThat(verdicts(ingest.post(event(token("", 80, 3_600), "view")))).containsExactly("token-not-yet-valid");
        assertThat(ingest.post(event(token(""), "view")).count("accepted")).isEqualTo(1);
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void theSameEventInTwoRequestsAtOnceCountsOnce() {
        List<String> events = IntStream.range(0, 200)
                .mapToObj(i -> event(token("n" + i), "view"))
                .toList();
        String forward = String.join("\n", events);
        String backward = String.join("\n", events.reversed());
        List<CompletableFuture<Answer>> answers = Stream.of(forward, backward, forward, backward)
                .map(body -> ingest.postUntilTaken(body, "application/x-ndjson"))
                .toList();
        assertThat(answers.stream().mapToInt(a -> a.join().count("accepted")).sum())
                .isEqualTo(200);
        assertThat(answers.stream().mapToInt(a -> a.join().count("duplicate")).sum())
                .isEqualTo(600);
        assertThat(earned()).isEqualTo(200_000);
    }

    @Test
    void aKeyThatIsNewerThanTheCatalogueIsToBeSentAgain() {
        String token = Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.9\"}", claims("", ""), "demo.9");
        assertUnavailable(ingest.post(event(token, "view")), "kid demo.9 is newer");
        assertThat(earned()).isZero();
    }

    @Test
    void aBodyThatBreaksOffIsNoFaultOfOurs() throws IOException {
        try (Socket client =
                new Socket(InetAddress.getLoopbackAddress(), ingest.uri("/").getPort())) {
            client.getOutputStream()
                    .write(
                            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"token\""
                                    .getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer)
                    .startsWith("HTTP/1.1 400")
                    .contains("application/problem+json")
                    .containsPattern("\"code\":\"(body|request)-malformed\""); // the server tells it first
        }
    }

    @Test
    void aFullMemoryRefusesBeforeAnythingIsWritten() {
        String event = event(token(""), "view");
        counters.redis().configSet("maxmemory", "1mb");
        try {
            assertUnavailable(ingest.post(event), "memory is full");
        } finally {
            counters.redis().configSet("maxmemory", "0");
        }
        assertThat(earned()).isZero();
        assertThat(ingest.post(event).count("accepted")).isEqualTo(1);
    }

    @Test
    void aRedisThatHasForgottenTheScriptGetsItAgain() {
        counters.redis().scriptFlush();
        assertThat(ingest.post(event(token(""), "view")).count("accepted")).isEqualTo(1);
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void receivedIsTheSumOfWhatBecameOfIt(CapturedOutput output) {
        String token = token("");
        String[] samples = {"received", "accepted", "duplicate", "unavailable"};
        double[] before = new double[samples.length];
        for (int i = 0; i < samples.length; i++) {
            before[i] = ingest.metric("millrace_events_" + samples[i] + "_total");
        }
        double rejectedBefore = rejected();
        ingest.post("[" + event(token, "view") + "," + event(token, "view") + "," + event(token, "x") + "]");
        List<String> epochs = counters.takeCtl(Ctl.EPOCH);
        ingest.post(event(token("uncounted"), "view"));
        counters.giveCtl(Ctl.EPOCH, epochs);
        double[] delta = new double[samples.length];
        for (int i = 0; i < samples.length; i++) {
            delta[i] = ingest.metric("millrace_events_" + samples[i] + "_total") - before[i];
        }
        assertThat(delta).containsExactly(4, 1, 1, 1);
        assertThat(rejected() - rejectedBefore).isEqualTo(1);
        untilItCounts();
        assertThat(output.getAll())
                .doesNotContain(token)
                .doesNotContain(Tokens.secret("demo.1"))
                .doesNotContain(token.substring(token.lastIndexOf('.')));
    }

    private static double rejected() {
        double sum = 0;
        for (RejectionCode code : RejectionCode.values()) {
            sum += ingest.metric("millrace_events_rejected_total{code=\"" + code.wireName() + "\"}");
        }
        return sum;
    }

    private static long earned() {
        return counters.earned(1, creator());
    }

    private static String name(String type) {
        return "demo|" + creator() + "|/a|" + type + "|1";
    }

    private static Partition partition() {
        return Partition.of(creator());
    }

    /** The code of each event, or its status where it has none. */
    private static List<String> verdicts(Answer answer) {
        List<String> verdicts = new ArrayList<>();
        answer.json()
                .get("results")
                .forEach(r -> verdicts.add(
                        r.has("code")
                                ? r.get("code").asString()
                                : r.get("status").asString()));
        return verdicts;
    }

    /** Until the node has seen of every log that it can count by it again. */
    private static void untilItCounts() {
        Await.until(() -> ingest.post(eventsOfEveryLog()), answer -> answer.status() == 202);
    }

    private static String eventsOfEveryLog() {
        return Partition.all().stream()
                .flatMap(partition -> {
                    String token =
                            Tokens.signed(claims("probe" + ++probes, "").replace(creator(), creatorOf(partition)));
                    return Stream.of(
                            event(token, "view"),
                            "{\"token\":\"" + token + "\",\"type\":\"reaction\",\"key\":\"like\"}");
                })
                .collect(Collectors.joining("\n"));
    }

    /** One that no test is about. */
    private static String creatorOf(Partition partition) {
        return IntStream.range(0, 10_000)
                .mapToObj(i -> "neighbour-" + i)
                .filter(name -> Partition.of(name).equals(partition))
                .findFirst()
                .orElseThrow();
    }

    private static String creator() {
        return "creator-" + tests;
    }

    private static String event(String token, String type) {
        return "{\"token\":\"" + token + "\",\"type\":\"" + type + "\"}";
    }

    private static String token(String jti) {
        return token(jti, 0, 3_600);
    }

    /** Times relative to Redis' clock. */
    private static String token(String jti, long iat, long exp) {
        long now = counters.second();
        return Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%d-%s\",\"iat\":%d,\"exp\":%d}"
                .formatted(creator(), tests, jti, now + iat, now + exp));
    }

    private static String claims(String jti, String more) {
        long now = counters.second();
        return "{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%d-%s\",\"iat\":%d,\"exp\":%d%s}"
                .formatted(creator(), tests, jti, now, now + 3_600, more);
    }

    private static void assertUnavailable(Answer answer, String why) {
        assertProblem(answer, 503, "counters-unavailable");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
        assertThat(answer.json().get("detail").asString()).contains(why);
    }

    private static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("code").asString()).isEqualTo(code);
        assertThat(answer.json().get("status").asInt()).isEqualTo(status);
    }
}
