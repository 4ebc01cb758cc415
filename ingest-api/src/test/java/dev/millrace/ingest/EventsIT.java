package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.CatalogJson;
import dev.millrace.common.catalog.Rate;
import dev.millrace.common.catalog.RateCard;
import dev.millrace.common.counters.CounterKeys;
import dev.millrace.common.identity.Identity;
import dev.millrace.common.identity.IdentityHash;
import dev.millrace.common.token.EventType;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Code;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.Moments;
import dev.millrace.local.testing.RealServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
                .isEqualTo("{\"accepted\":1,\"duplicate\":0,\"rejected\":0,\"results\":[{\"status\":\"accepted\"}]}");
        assertThat(ingest.post(event).body())
                .isEqualTo("{\"accepted\":0,\"duplicate\":1,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"}]}");
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
        assertThat(ingest.post(a, contentType).json().get("accepted").asInt()).isEqualTo(1);
        assertThat(ingest.post("[" + a + "," + b + "]", contentType).body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":1,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"},{\"status\":\"accepted\"}]}");
        assertThat(ingest.post(b + "\n" + c + "\n" + c, contentType).body())
                .isEqualTo(
                        "{\"accepted\":1,\"duplicate\":2,\"rejected\":0,\"results\":[{\"status\":\"duplicate\"},{\"status\":\"accepted\"},{\"status\":\"duplicate\"}]}");
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
                event(Tokens.signed("{\"alg\":\"HS256\",\"kid\":\"demo.9\"}", claims("", ""), "demo.9"), "view"),
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
        List<String> codes = new ArrayList<>();
        answer.json()
                .get("results")
                .forEach(r -> codes.add(
                        r.has("code")
                                ? r.get("code").asString()
                                : r.get("status").asString()));
        assertThat(codes)
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
        assertThat(answer.json().get("rejected").asInt()).isEqualTo(12);
        assertThat(earned()).isEqualTo(1_500);
    }

    @Test
    void whenEveryEventIsRejectedTheAnswerIsAProblemWithTheSameCounts() {
        Answer answer = ingest.post("[" + event("x", "view") + "," + event(token(""), "nonsense") + "]");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().get("code").asString()).isEqualTo("events-rejected");
        assertThat(answer.json().get("rejected").asInt()).isEqualTo(2);
        assertThat(answer.json().get("accepted").asInt()).isZero();
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
        assertThat(answer.body()).isEqualTo("{\"accepted\":1,\"duplicate\":0,\"rejected\":0}");
        assertThat(answer.header("Preference-Applied")).isEqualTo("return=minimal");
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
        assertThat(ingest.metric(accepted) - acceptedBefore).isEqualTo(1);
        assertThat(ingest.metric(malformed) - malformedBefore).isEqualTo(1);
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
        assertThat(answer.json().get("accepted").asInt()).isEqualTo(600);
        assertThat(answer.json().get("duplicate").asInt()).isEqualTo(300);
        assertThat(earned()).isEqualTo(300 * 1_000 + 300 * 100);
        assertThat(counters.earned(1, "#events") - eventsBefore).isEqualTo(600);
        assertThat(counters.earned(1, "#micros") - microsBefore).isEqualTo(300 * 1_000 + 300 * 100);
        assertThat(counters.engaged(1, "demo|" + creator() + "|/a|view|1")).isEqualTo(300);
        assertThat(counters.engaged(1, "demo|" + creator() + "|/a|scroll|1")).isEqualTo(300);
    }

    @Test
    void sumsBeyondTheDigitsOfADoubleStayExact() {
        long beyond = (1L << 53) + 1;
        counters.names().forEach(n -> counters.redis().hset(n.earn(1), "demo|" + creator(), Long.toString(beyond)));
        ingest.post(IntStream.range(0, 300)
                .mapToObj(i -> event(token("n" + i), "view"))
                .collect(Collectors.joining("\n")));
        assertThat(earned()).isEqualTo(16 * beyond + 300_000);
    }

    @Test
    void theLargestPossibleBatchIsSummedExactly() {
        Catalog dear = new Catalog(
                2,
                OpenCounters.CATALOG.publishers(),
                List.of(new RateCard(7, 0, Map.of("comment", new Rate(999_999_937, 1_000)))));
        counters.redis().set(CounterKeys.CATALOG, CatalogJson.write(dear));
        try {
            awaitStatusOfAView(422);
            String events = IntStream.range(0, 999)
                    .mapToObj(i ->
                            event(Tokens.signed(claims("dear" + i, ",\"evt\":[\"comment\"],\"qty\":999")), "comment"))
                    .collect(Collectors.joining("\n"));
            assertThat(ingest.post(events).json().get("accepted").asInt()).isEqualTo(999);
            assertThat(ingest.post(events).json().get("duplicate").asInt()).isEqualTo(999);
        } finally {
            counters.redis().set(CounterKeys.CATALOG, CatalogJson.write(OpenCounters.CATALOG));
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
        for (int probe = 0; ; probe++) {
            String claims = claims("probe" + status + "-" + probe, "").replace(creator(), "probe");
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
        counters.names().forEach(names -> counters.redis().set(names.epoch(), "2"));
        try {
            assertThat(ingest.post(event(token("after"), "view"))
                            .json()
                            .get("accepted")
                            .asInt())
                    .isEqualTo(1);
            assertThat(earned()).isEqualTo(1_000);
            assertThat(counters.earned(2, "demo|" + creator())).isEqualTo(1_000);
            assertThat(ingest.post(event(token("before"), "view"))
                            .json()
                            .get("duplicate")
                            .asInt())
                    .isEqualTo(1);
            counters.names().forEach(names -> counters.redis().set(names.epoch(), "1"));
            assertUnavailable(
                    ingest.post(event(token("after"), "view")), "Redis is older than what this node has seen");
        } finally {
            counters.names().forEach(names -> {
                counters.redis().set(names.epoch(), "1");
                counters.redis().incr(names.opening());
            });
        }
        assertThat(ingest.post(event(token("reopened"), "view"))
                        .json()
                        .get("accepted")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void whereRedisCanNotBeTrustedEventsAreRefusedAndNothingChanges() {
        Map<String, String> broken =
                Map.of("epoch", "no epoch is open", "run", "has not been compared with the ledger");
        broken.forEach((key, why) -> {
            List<String> kept = counters.names().stream()
                    .map(n -> counters.redis().getdel(key.equals("epoch") ? n.epoch() : n.run()))
                    .toList();
            assertUnavailable(ingest.post(event(token(key), "view")), why);
            for (int i = 0; i < kept.size(); i++) {
                CounterKeys names = counters.names().get(i);
                counters.redis().set(key.equals("epoch") ? names.epoch() : names.run(), kept.get(i));
            }
        });
        for (long off : new long[] {-40_000, 4_000}) {
            counters.names().forEach(n -> counters.redis().set(n.clock(), Long.toString(counters.second() + off)));
            assertUnavailable(ingest.post(event(token("clock"), "view")), "Redis' clock says");
            counters.confirm();
        }
        counters.names().forEach(n -> counters.redis().hset(n.earn(1), "#sealed", "1"));
        assertUnavailable(ingest.post(event(token("sealed"), "view")), "marked as sealed");
        counters.names().forEach(n -> counters.redis().hdel(n.earn(1), "#sealed"));
        assertThat(earned()).isZero();
    }

    /** As a worker re-opens counters that were lost: a later epoch, the next opening, older tokens refused. */
    @Test
    void afterAReopeningTokensFromBeforeItAreSupersededAndNewOnesCount() {
        String before = event(token("before", -100, 3_600), "view");
        assertThat(ingest.post(before).json().get("accepted").asInt()).isEqualTo(1);
        long opening =
                Long.parseLong(counters.redis().get(counters.names().getFirst().opening()));
        long since = counters.second() - 50;
        reopen(7, opening + 1, since);
        try {
            Answer superseded = ingest.post(before);
            assertThat(superseded.status()).isEqualTo(422);
            assertThat(superseded.json().get("results").get(0).get("code").asString())
                    .isEqualTo("token-superseded");
            Answer late = ingest.post(event(token("late", -200, 3_600), "view") + "\n" + event(token("new"), "view"));
            assertThat(late.json().get("results").get(0).get("code").asString()).isEqualTo("token-superseded");
            assertThat(late.json().get("results").get(1).get("status").asString())
                    .isEqualTo("accepted");
            assertThat(counters.earned(7, "demo|" + creator())).isEqualTo(1_000);
            assertThat(earned()).as("the epoch before").isEqualTo(1_000);
        } finally {
            reopen(1, opening + 2, 0);
        }
    }

    /** A wiped Redis may be opened again at the epoch it had: only the opening tells that the sets a node knows are new ones. */
    @Test
    void afterAReopeningAtTheSameEpochSetsGetTheirExpiryAgain() {
        Moments.awayFromTheEndOf(Duration.ofMinutes(130));
        String event = event(token(""), "view");
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
        counters.redis().del(seen(0));
        counters.names().forEach(names -> counters.redis().incr(names.opening()));
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
        assertThat(counters.redis().ttl(seen(0))).isPositive();
    }

    private static void reopen(long epoch, long opening, long since) {
        counters.names().forEach(names -> {
            counters.redis().set(names.epoch(), Long.toString(epoch));
            counters.redis().set(names.opening(), Long.toString(opening));
            counters.redis().set(names.since(), Long.toString(since));
        });
    }

    @Test
    void anIdentityIsRememberedThroughTheNextGenerationAndItsSetExpiresOneSpanLater() {
        Moments.awayFromTheEndOf(Duration.ofMinutes(130));
        String event = event(token(""), "view");
        ingest.post(event);
        String set = seen(0);
        assertThat(counters.redis().expiretime(set)).isEqualTo((counters.second() / 7_800 + 2) * 7_800);
        assertThat(counters.redis().objectEncoding(set)).isEqualTo("intset");

        counters.redis().rename(set, seen(-1));
        assertThat(ingest.post(event).json().get("duplicate").asInt()).isEqualTo(1);
        counters.redis().del(seen(-1));
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
    }

    @Test
    void aSetGetsItsExpiryAlsoWhereItsFirstEventIsADuplicateOrExpired() {
        Moments.awayFromTheEndOf(Duration.ofMinutes(130));
        String event = event(token(""), "view");
        counters.redis().sadd(seen(-1), Long.toString(identity("").fingerprint()));
        counters.redis().expire(seen(-1), 100);
        counters.redis().del(seen(0));
        assertThat(ingest.post(event).json().get("duplicate").asInt()).isEqualTo(1);
        counters.redis().del(seen(-1));
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
        assertThat(counters.redis().ttl(seen(0))).isPositive();
    }

    @Test
    void aNodeSetToOtherSpansIsRefused() {
        ingest.post(event(token("first"), "view"));
        counters.names().forEach(n -> counters.redis().set(n.spans(), "9000 2764800"));
        assertUnavailable(
                ingest.post(event(token("second"), "view")), "identities are remembered for 9000 2764800 s here");
        counters.names().forEach(n -> counters.redis().set(n.spans(), "7800 2764800"));
        assertThat(earned()).isEqualTo(1_000);
    }

    @Test
    void aCounterThatHoldsNoNumberRefusesBeforeAnythingIsWritten() {
        String event = event(token(""), "view");
        counters.names()
                .forEach(n -> counters.redis().hset(n.engage(1), "demo|" + creator() + "|/a|view|1", "nonsense"));
        assertUnavailable(ingest.post(event), "holds no number");
        counters.names().forEach(n -> counters.redis().hdel(n.engage(1), "demo|" + creator() + "|/a|view|1"));
        counters.names().forEach(n -> counters.redis().hset(n.earn(1), "demo|" + creator(), "nonsense"));
        assertUnavailable(ingest.post(event), "holds no number");
        counters.names().forEach(n -> counters.redis().hdel(n.earn(1), "demo|" + creator()));
        List<Map<String, String>> totals = counters.names().stream()
                .map(n -> counters.redis().hgetall(n.total()))
                .toList();
        counters.names().forEach(n -> counters.redis().hset(n.total(), "#events", "nonsense"));
        assertUnavailable(ingest.post(event), "holds no number");
        for (int p = 0; p < totals.size(); p++) {
            counters.redis().del(counters.names().get(p).total());
            if (!totals.get(p).isEmpty()) {
                counters.redis().hset(counters.names().get(p).total(), totals.get(p));
            }
        }
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
        assertThat(earned()).isEqualTo(1_000);
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
            assertThat(answer).startsWith("HTTP/1.1 400").contains("body-malformed");
        }
    }

    /** A byte each fifth of a second would take a quarter of an hour. */
    @Test
    void whoseBodyTricklesInIsTurnedAwayAfterTenSecondsAndTheConnectionEnds() throws IOException {
        try (Socket client =
                new Socket(InetAddress.getLoopbackAddress(), ingest.uri("/").getPort())) {
            client.setSoTimeout(200);
            String head =
                    "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n";
            client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            assertThat(untilItEnds(client)).startsWith("HTTP/1.1 408").contains("\"code\":\"body-timeout\"");
        }
    }

    /** What comes, while a byte goes out whenever nothing does. */
    private static String untilItEnds(Socket client) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            int next = 0;
            while (next >= 0) {
                try {
                    next = client.getInputStream().read();
                    if (next >= 0) {
                        answer.write(next);
                    }
                } catch (SocketTimeoutException e) {
                    client.getOutputStream().write(' ');
                }
            }
        } catch (SocketException e) {
            // It was closed with something of ours unread: the end, too.
        }
        return answer.toString(StandardCharsets.UTF_8);
    }

    /** This test's identity of a view with this jti. */
    private static Identity identity(String jti) {
        return new IdentityHash(Tokens.MASTER_KEY).calculation().of("demo", tests + "-" + jti, EventType.VIEW, "");
    }

    /** The set of seen events of {@link #identity}, so many generations from now. */
    private static String seen(int generations) {
        Identity identity = identity("");
        return new CounterKeys(identity.partition())
                .seen(7_800, counters.second() / 7_800 + generations, identity.bucket());
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
        assertThat(ingest.post(event).json().get("accepted").asInt()).isEqualTo(1);
    }

    @Test
    void aRedisThatHasForgottenTheScriptGetsItAgain() {
        counters.redis().scriptFlush();
        assertThat(ingest.post(event(token(""), "view")).json().get("accepted").asInt())
                .isEqualTo(1);
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
        counters.names().forEach(n -> counters.redis().rename(n.epoch(), n.epoch() + "-away"));
        ingest.post(event(token, "view"));
        counters.names().forEach(n -> counters.redis().rename(n.epoch() + "-away", n.epoch()));
        double[] delta = new double[samples.length];
        for (int i = 0; i < samples.length; i++) {
            delta[i] = ingest.metric("millrace_events_" + samples[i] + "_total") - before[i];
        }
        assertThat(delta).containsExactly(4, 1, 1, 1);
        assertThat(rejected() - rejectedBefore).isEqualTo(1);
        assertThat(output.getAll())
                .doesNotContain(token)
                .doesNotContain(Tokens.secret("demo.1"))
                .doesNotContain(token.substring(token.lastIndexOf('.')));
    }

    private static double rejected() {
        double sum = 0;
        for (Code code : Code.values()) {
            sum += ingest.metric("millrace_events_rejected_total{code=\"" + code.wireName() + "\"}");
        }
        return sum;
    }

    private static long earned() {
        return counters.earned(1, "demo|" + creator());
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
