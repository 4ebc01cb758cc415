package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Ctl;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.server.Durability;
import dev.millrace.local.server.RedisServer;
import dev.millrace.local.testing.RealServers;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

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
        Await.until(
                () -> ingest.post(event("retried")),
                answer -> answer.json().get("detail").asString().contains("has not been compared"));
        counters.raise(61);
        counters.confirm();
        sendUntilCounted(event("retried"));
        assertThat(sendUntilCounted(counted).count("duplicate")).isEqualTo(1);
        assertThat(sendUntilCounted(event("retried")).count("duplicate")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).isEqualTo(2_000);
    }

    /** Without Redis nobody knows who a visitor is. */
    @Test
    void aDeadRedisExchangesNoPageToken() {
        counters.publish(new Catalog(
                2,
                Map.of(
                        "demo",
                        new Catalog.Publisher(
                                List.of(1),
                                List.of(),
                                Limits.NONE.withPages(true, Set.of(PageReaders.SITE), Limits.ALL_FILTERS))),
                OpenCounters.CATALOG.cards()));
        long now = counters.second();
        String token = Tokens.signed(
                "{\"sub\":\"c-1\",\"art\":\"/a\",\"pag\":true,\"iat\":%d,\"exp\":%d}".formatted(now, now + 600));
        Await.until(() -> exchange(token), answer -> answer.status() == 200);
        redis.kill();
        Answer refused = exchange(token);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertThat(refused.header("Retry-After")).isEqualTo("2");
        assertUnavailableInBoundedTime("{\"token\":\"%s\",\"type\":\"view\"}".formatted(token));
    }

    private Answer exchange(String token) {
        return ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/page"))
                .headers("Content-Type", "text/plain", "Origin", PageReaders.SITE)
                .POST(HttpRequest.BodyPublishers.ofString("{\"token\":\"%s\"}".formatted(token)))
                .build());
    }

    @Test
    void whatHadBeenCountedBeforeRedisDiedIsToldWhenItIsBack() {
        sendUntilCounted(event("before"));
        sendUntilCounted(event("before"));
        redis.kill();
        Answer refused = verdicts();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertUnavailableInBoundedTime(event("never"));
        redis.restart();
        Answer answer = Await.until(this::verdicts, found -> found.status() == 200);
        long accepted = 0;
        long duplicate = 0;
        for (JsonNode hour : answer.json().get("hours")) {
            accepted += hour.get("accepted").asLong();
            duplicate += hour.get("duplicate").asLong();
            assertThat(hour.get("rejected").size()).isZero();
        }
        assertThat(List.of(accepted, duplicate)).containsExactly(1L, 1L);
    }

    private Answer verdicts() {
        String secret = "demo.1:" + Tokens.secret("demo.1");
        return ingest.send(HttpRequest.newBuilder(ingest.uri("/v1/verdicts"))
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.US_ASCII)))
                .build());
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
        assertThat(sendUntilCounted(event("honest")).count("duplicate")).isEqualTo(1);
        assertThat(counters.earned(1, "c-1")).isEqualTo(2_000);
    }

    /** Judged by such a clock, a good token would be expired, and its sender would not send it again. */
    @Test
    void byAClockThatHasLeaptNothingIsJudged() {
        sendUntilCounted(event("before"));
        for (long off : new long[] {-40_000, 40_000}) {
            counters.setCtl(Ctl.CLOCK, Long.toString(counters.second() + off));
            Await.until(
                    () -> ingest.get("/actuator/health/readiness"),
                    answer -> answer.status() == 503 && answer.body().contains("Redis' clock says"));
            Answer answer = ingest.post(event("expired-by-such-a-clock"));
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.json().get("detail").asString()).contains("Redis' clock says");
            counters.confirm();
            sendUntilCounted(event("judged-" + off));
        }
        sendUntilCounted(event("expired-by-such-a-clock"));
        assertThat(counters.earned(1, "c-1")).isEqualTo(4_000);
    }

    /** Long enough that the connection is given up and the next one is made to a Redis that takes it and says nothing. */
    @Test
    void aRedisThatStandsStillForLongIsFoundAgainByItselfAndEveryEventIsPaidOnce() {
        sendUntilCounted(event("before"));
        redis.freeze();
        List<String> refused = new ArrayList<>();
        Await.until(
                () -> {
                    refused.add(event("refused-" + refused.size()));
                    assertUnavailableInBoundedTime(refused.getLast());
                    return ingest.metric("millrace_catalog_age_seconds");
                },
                age -> age > 6);
        redis.resume();
        refused.forEach(this::sendUntilCounted);
        refused.forEach(
                event -> assertThat(sendUntilCounted(event).count("duplicate")).isEqualTo(1));
        assertThat(counters.earned(1, "c-1")).isEqualTo(1_000L * (1 + refused.size()));
    }

    @Test
    void moreEventsThanMayBeUnderWayAreTurnedAwayAtOnce() {
        restart(PATIENT, "--millrace.tally-timeout=60s", "--millrace.events-under-way=1000");
        sendUntilCounted(event("before"));
        redis.freeze();
        String batch = IntStream.range(0, 1_000).mapToObj(i -> event("f" + i)).collect(Collectors.joining("\n"));
        CompletableFuture<Answer> first = ingest.postAsync(batch, "application/x-ndjson");
        Await.until(() -> ingest.metric("millrace_events_under_way"), underWay -> underWay == 1_000);
        Answer turnedAway = ingest.post(event("one more"), "application/json");
        assertThat(turnedAway.status()).isEqualTo(429);
        assertThat(turnedAway.json().get("code").asString()).isEqualTo("too-many-requests");
        assertThat(turnedAway.header("Retry-After")).isEqualTo("1");
        redis.resume();
        assertThat(first.join().count("accepted")).isEqualTo(1_000);
        assertThat(counters.earned(1, "c-1")).isEqualTo(1_001_000);
    }

    @Test
    void onShutdownWhatIsUnderWayIsAnswered() {
        restart(PATIENT, "--millrace.tally-timeout=60s");
        sendUntilCounted(event("before"));
        redis.freeze();
        CompletableFuture<Answer> underWay = ingest.postAsync(event("under-way"), "application/json");
        Await.until(() -> ingest.metric("millrace_events_under_way"), events -> events == 1);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(ingest::closeServer);
        redis.resume();
        Answer answer = underWay.join();
        closing.join();
        long counted = counters.earned(1, "c-1") / 1_000 - 1;
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
        return Await.until(() -> ingest.post(event), answer -> answer.status() == 202);
    }
}
