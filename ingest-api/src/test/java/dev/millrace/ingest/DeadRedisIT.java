package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients see while Redis is dead or frozen, and after. */
class DeadRedisIT {
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
        assertThat(ingest.post(counted).json().get("accepted").asInt()).isEqualTo(1);
        redis.kill();
        long asked = System.nanoTime();
        Answer dead = ingest.post(event("retried"));
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
        assertThat(dead.status()).isEqualTo(503);
        assertThat(dead.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertThat(dead.header("Retry-After")).isEqualTo("2");
        assertThat(ingest.get("/actuator/health/liveness").status()).isEqualTo(200);

        redis.restart();
        await(
                () -> ingest.post(event("retried")),
                answer -> answer.json().get("detail").asString().contains("has not been compared"));
        counters.confirm();
        await(() -> ingest.post(event("retried")), answer -> answer.status() == 202);
        assertThat(ingest.post(counted).json().get("duplicate").asInt()).isEqualTo(1);
        assertThat(ingest.post(event("retried")).json().get("duplicate").asInt())
                .isEqualTo(1);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(2_000);
    }

    @Test
    void aFrozenRedisIs503InBoundedTimeAndWhatItCountedLateIsPaidOnce() {
        assertThat(ingest.post(event("before")).status()).isEqualTo(202);
        redis.freeze();
        for (int i = 0; i < 3; i++) {
            long asked = System.nanoTime();
            Answer frozen = ingest.post(event("honest"));
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(2));
            assertThat(frozen.json().get("code").asString()).isEqualTo("counters-unavailable");
        }
        redis.resume();
        await(() -> ingest.post(event("honest")), answer -> answer.status() == 202);
        assertThat(ingest.post(event("honest")).json().get("duplicate").asInt()).isEqualTo(1);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(2_000);
    }

    @Test
    void aFloodOfReplaysFillsOnlyItsOwnLane() {
        restart("--millrace.suspects-lane-events=1000", "--millrace.tally-timeout=20s");
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
        assertThat(ingest.post(event("honest")).json().get("code").asString())
                .as("not suspects-busy")
                .isEqualTo("counters-unavailable");
        redis.resume();
        first.join();
        await(() -> ingest.post(event("honest")), answer -> answer.status() == 202);
        assertThat(counters.earned(1, "demo|c-1")).isEqualTo(1_001_000);
    }

    @Test
    void onShutdownWhatIsUnderWayIsAnswered() {
        restart("--millrace.tally-timeout=20s");
        assertThat(ingest.post(event("before")).status()).isEqualTo(202);
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

    /** Asks until the answer is as expected, at most ten seconds. */
    private static <T> void await(java.util.function.Supplier<T> ask, java.util.function.Predicate<T> expected) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        T last = ask.get();
        while (!expected.test(last)) {
            assertThat(System.nanoTime()).as("last answer: %s", last).isLessThan(deadline);
            last = ask.get();
        }
    }
}
