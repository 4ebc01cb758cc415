package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see while Redis is dead or frozen, and after. */
class DeadRedisIT {
    /** Keeps what it knows of a frozen Redis for as long as a slow machine may take for what comes next. */
    private static final String PATIENT = "--millrace.redis-patience=60s";

    @TempDir
    private Path home;

    private RedisServer redis;
    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        redis = RedisServer.start(RealServers.place(home), 0, Durability.ALWAYS);
        counters = new OpenCounters(url());
        ingest = new RunningIngest(url());
    }

    @AfterEach
    void stop() {
        ingest.close();
        counters.close();
        redis.kill();
    }

    @Test
    void aDeadRedisIs503UntilItIsBackAndConfirmedAndNothingIsPaidTwice() {
        String counted = event("counted");
        sendUntilCounted(counted);
        redis.kill();
        assertUnavailableInBoundedTime(event("retried"));
        assertThat(ingest.get("/actuator/health/liveness").status()).isEqualTo(200);

        redis.restart();
        await(
                () -> ingest.post(event("retried")),
                answer -> answer.json().get("detail").asString().contains("has not been compared"));
        counters.confirm();
        sendUntilCounted(event("retried"));
        assertThat(sendUntilCounted(counted).json().get("duplicate").asInt()).isEqualTo(1);
        assertThat(sendUntilCounted(event("retried")).json().get("duplicate").asInt())
                .isEqualTo(1);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(2_000);
    }

    @Test
    void aFrozenRedisIs503InBoundedTimeAndWhatItCountedLateIsPaidOnce() {
        sendUntilCounted(event("before"));
        redis.freeze();
        for (int i = 0; i < 3; i++) {
            assertUnavailableInBoundedTime(event("honest"));
        }
        redis.resume();
        sendUntilCounted(event("honest"));
        assertThat(sendUntilCounted(event("honest")).json().get("duplicate").asInt())
                .isEqualTo(1);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(2_000);
    }

    /** Judged by such a clock, a good token would be expired, and its sender would not send it again. */
    @Test
    void byAClockThatHasLeaptNothingIsJudged() {
        sendUntilCounted(event("before"));
        counters.names().forEach(n -> counters.redis().set(n.clock(), Long.toString(counters.second() - 40_000)));
        await(
                () -> ingest.post(event("meanwhile")),
                answer -> answer.json().get("detail").asString().contains("its clock can't be believed"));
        assertThat(ingest.get("/actuator/health/readiness").status()).isEqualTo(503);
        counters.confirm();
        sendUntilCounted(event("meanwhile"));
    }

    /** Long enough that the connection is given up and the next one is made to a Redis that takes it and says nothing. */
    @Test
    void aRedisThatStandsStillForLongIsFoundAgainByItselfAndEveryEventIsPaidOnce() {
        sendUntilCounted(event("before"));
        redis.freeze();
        List<String> refused = new ArrayList<>();
        await(
                () -> {
                    refused.add(event("refused-" + refused.size()));
                    assertUnavailableInBoundedTime(refused.getLast());
                    return ingest.metric("millrace_catalog_age_seconds");
                },
                age -> age > 6);
        redis.resume();
        refused.forEach(this::sendUntilCounted);
        refused.forEach(event -> assertThat(
                        sendUntilCounted(event).json().get("duplicate").asInt())
                .isEqualTo(1));
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_000L * (1 + refused.size()));
    }

    @Test
    void aFloodOfReplaysFillsOnlyItsOwnLane() {
        restart(PATIENT, "--millrace.tally-timeout=60s", "--millrace.suspects-lane-events=1000");
        String replays = IntStream.range(0, 1_000).mapToObj(i -> event("r" + i)).collect(Collectors.joining("\n"));
        assertThat(ingest.post(replays, "application/x-ndjson", "Prefer", "return=minimal")
                        .body())
                .isEqualTo("{\"accepted\":1000,\"duplicate\":0,\"rejected\":0}");
        redis.freeze();
        CompletableFuture<Answer> first = ingest.postAsync(replays, "application/x-ndjson");
        await(() -> ingest.metric("millrace_lane_events{lane=\"suspects\"}"), occupied -> occupied >= 900);
        Answer replay = ingest.post(event("r1"));
        assertThat(replay.status()).isEqualTo(429);
        assertThat(replay.json().get("code").asString()).isEqualTo("suspects-busy");
        assertThat(replay.header("Retry-After")).isEqualTo("1");
        assertThat(suspectsOf(batch("x", "r2")))
                .as("turned away by a look at three of them")
                .isEqualTo(1_000);
        assertThat(suspectsOf(batch("r2", "x"))).as("all of them looked at").isEqualTo(999);
        CompletableFuture<Answer> honest = ingest.postAsync(event("honest"), "application/json");
        redis.resume();
        assertThat(honest.join().body()).as("its lane is free").contains("\"accepted\":1");
        assertThat(first.join().json().get("duplicate").asInt()).isEqualTo(1_000);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_001_000);
    }

    /** A thousand replays, of which the second and the middle one are others. */
    private String batch(String second, String middle) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> i == 1 ? second : i == 500 ? middle : "r" + i)
                .map(this::event)
                .collect(Collectors.joining("\n"));
    }

    private double suspectsOf(String batch) {
        double before = ingest.metric("millrace_suspects_total");
        assertThat(ingest.post(batch, "application/x-ndjson").status()).isEqualTo(429);
        return ingest.metric("millrace_suspects_total") - before;
    }

    @Test
    void moreThanTheFastLaneTakesIsTurnedAwayAtOnce() {
        restart(PATIENT, "--millrace.tally-timeout=60s", "--millrace.fast-lane-events=1000");
        sendUntilCounted(event("before"));
        redis.freeze();
        String batch = IntStream.range(0, 1_000).mapToObj(i -> event("f" + i)).collect(Collectors.joining("\n"));
        CompletableFuture<Answer> first = ingest.postAsync(batch, "application/x-ndjson");
        await(() -> ingest.metric("millrace_lane_events{lane=\"fast\"}"), occupied -> occupied >= 900);
        Answer turnedAway = ingest.post(event("one more"), "application/json");
        assertThat(turnedAway.status()).isEqualTo(503);
        assertThat(turnedAway.json().get("code").asString()).isEqualTo("overloaded");
        assertThat(turnedAway.header("Retry-After")).isEqualTo("1");
        redis.resume();
        assertThat(first.join().json().get("accepted").asInt()).isEqualTo(1_000);
    }

    @Test
    void onShutdownWhatIsUnderWayIsAnswered() {
        restart(PATIENT, "--millrace.tally-timeout=60s");
        sendUntilCounted(event("before"));
        redis.freeze();
        CompletableFuture<Answer> underWay = ingest.postAsync(event("under-way"), "application/json");
        await(() -> ingest.metric("millrace_lane_events{lane=\"fast\"}"), occupied -> occupied == 1);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(ingest::closeServer);
        redis.resume();
        Answer answer = underWay.join();
        closing.join();
        long counted = counters.earned(1, "demo|c-1") / 1_000 - 1;
        assertThat(answer.status())
                .as("202 when it was counted; 503 only where the connection was given up before")
                .isIn(202, 503);
        if (answer.status() == 202) {
            assertThat(counted).isEqualTo(1);
        }
    }

    private void restart(String... settings) {
        ingest.close();
        ingest = new RunningIngest(url(), settings);
    }

    private String url() {
        return "redis://127.0.0.1:" + redis.port();
    }

    private String event(String jti) {
        long now = System.currentTimeMillis() / 1_000;
        return "{\"token\":\"%s\",\"type\":\"view\"}"
                .formatted(Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                        .formatted(jti, now, now + 600)));
    }

    /** 503 with the time to come again; bounded: far below the client's patience of 60 s, at 1.5 s by design. */
    private void assertUnavailableInBoundedTime(String event) {
        long asked = System.nanoTime();
        Answer answer = ingest.post(event);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(20));
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertThat(answer.header("Retry-After")).isEqualTo("2");
    }

    /** As a client does: the same event, again after a 503. */
    private Answer sendUntilCounted(String event) {
        return await(() -> ingest.post(event), answer -> answer.status() == 202);
    }

    /** Asks until the answer is as expected, at most 90 seconds. */
    private static <T> T await(java.util.function.Supplier<T> ask, java.util.function.Predicate<T> expected) {
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        T last = ask.get();
        while (!expected.test(last)) {
            assertThat(System.nanoTime()).as("last answer: %s", last).isLessThan(deadline);
            last = ask.get();
        }
        return last;
    }
}
