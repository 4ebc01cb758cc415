package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** More than a node takes at once is refused at once, and taken when there is room again. */
class OverloadIT {
    private static OpenCounters counters;
    private static RunningIngest ingest;

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        ingest = new RunningIngest(
                RealServers.redisUrl(),
                "--millrace.redis-patience=60s",
                "--millrace.tally-timeout=60s",
                "--millrace.events-under-way=1000",
                "--millrace.bodies-under-way=1MB");
    }

    @AfterAll
    static void stop() {
        ingest.close();
        counters.close();
    }

    @Test
    void eventsBeyondTheirBudgetAre429OnAConnectionThatStays() {
        Semaphore events = ingest.part("eventBudget", Semaphore.class);
        String event = event("events");
        assertThat(events.tryAcquire(1_000)).isTrue();
        assertThat(ingest.metric("millrace_events_under_way")).isEqualTo(1_000);
        assertThat(ingest.metric("millrace_events_allowed")).isEqualTo(1_000);
        Answer refused = ingest.post(event, "text/plain", "Origin", "https://publisher.example");
        assertRefused(refused, 429, "too-many-requests");
        assertThat(refused.header("Connection")).as("it stays open").isEmpty();
        events.release(1_000);
        assertThat(ingest.post(event).status()).isEqualTo(202);
        givenBack("millrace_events_under_way");
        assertThat(counters.earned(1, "events")).isEqualTo(1_000);
    }

    @Test
    void bodiesBeyondTheirBudgetAre503() {
        Semaphore bodies = ingest.part("bodyBudget", Semaphore.class);
        String event = event("bodies");
        assertThat(bodies.tryAcquire(1_024)).isTrue();
        assertThat(ingest.metric("millrace_bodies_under_way_bytes")).isEqualTo(1 << 20);
        assertThat(ingest.metric("millrace_bodies_allowed_bytes")).isEqualTo(1 << 20);
        assertRefused(ingest.post(event, "text/plain", "Origin", "https://publisher.example"), 503, "overloaded");
        bodies.release(1_024);
        assertThat(ingest.post(event).status()).isEqualTo(202);
        givenBack("millrace_bodies_under_way_bytes");
        assertThat(counters.earned(1, "bodies")).isEqualTo(1_000);
    }

    /** An answer may arrive before its room is given back. */
    private static void givenBack(String underWay) {
        Await.until(() -> ingest.metric(underWay), held -> held == 0);
    }

    private static void assertRefused(Answer refused, int status, String code) {
        assertThat(refused.status()).as(refused.body()).isEqualTo(status);
        assertThat(refused.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(refused.json().get("code").asString()).isEqualTo(code);
        assertThat(refused.json().get("detail").asString()).contains("send the same events again");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(refused.header("Access-Control-Expose-Headers")).contains("Retry-After");
        assertThat(ingest.metric("millrace_requests_refused_total{code=\"" + code + "\"}"))
                .isEqualTo(1);
    }

    private static String event(String creator) {
        long now = counters.second();
        String token = Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                .formatted(creator, creator, now, now + 3_600));
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }
}
