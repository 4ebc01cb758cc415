package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What was sent to Redis when the connection broke has an unknown outcome: it fails, nobody but the client sends it again,
 * and what the client sends again is paid once.
 */
class BrokenConnectionIT {
    private Relay relay;
    private OpenCounters counters;
    private RunningIngest ingest;
    private Monitor monitor;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        relay = new Relay(RealServers.redisUrl());
        ingest = ingest("--millrace.tally-timeout=60s");
        monitor = new Monitor(RealServers.redisUrl(), counters);
        countSome();
    }

    private RunningIngest ingest(String timeout) {
        return new RunningIngest(relay.url(), "--millrace.redis-patience=60s", timeout);
    }

    /** Redis knows the script from now on: what is lost is a call that counts. */
    private void countSome() {
        assertThat(ingest.post(events("first", 400)).count("accepted")).isEqualTo(400);
    }

    @AfterEach
    void stop() {
        ingest.close();
        monitor.close();
        relay.close();
        counters.close();
    }

    @Test
    void aBatchWhoseReplyWasLostComesBackAsDuplicatesAndIsPaidOnce() {
        ingest.close();
        ingest = ingest("--millrace.tally-timeout=2s");
        assertThat(ingest.post(events("first", 400)).count("duplicate")).isEqualTo(400);
        String batch = events("lost", 200);
        relay.mode(Relay.Mode.LOSE_REPLIES);
        assertUnavailable(ingest.post(batch), "did not answer within 2000 ms");
        until(() -> earned() == 600_000);
        relay.mode(Relay.Mode.PASS);
        relay.breakConnections();
        Answer again = untilAnswered(batch);
        assertThat(again.count("duplicate")).isEqualTo(200);
        assertThat(again.count("accepted")).isZero();
        assertExactly(600);
    }

    @Test
    void aConnectionThatBreaksBehindTheRequestFailsItAndNothingIsReplayed() {
        String batch = events("executed", 200);
        relay.mode(Relay.Mode.LOSE_REPLIES);
        CompletableFuture<Answer> underWay = ingest.postAsync(batch, "application/x-ndjson");
        until(() -> earned() == 600_000);
        long calls = monitor.calls();
        relay.breakConnections(); // before anything passes: the reply may be on its way to the relay
        relay.mode(Relay.Mode.PASS);
        assertUnavailable(underWay.join(), "the connection to it broke");
        assertThat(untilAnswered(events("probe", 1)).count("accepted")).isEqualTo(1);
        assertThat(monitor.calls()).as("the probe's and no other").isEqualTo(calls + 1);
        assertThat(ingest.post(batch).count("duplicate")).isEqualTo(200);
        assertExactly(601);
    }

    @Test
    void aConnectionThatBreaksBeforeTheRequestFailsItAndNothingIsReplayed() {
        String batch = events("never-sent", 200);
        relay.mode(Relay.Mode.LOSE_REQUESTS);
        CompletableFuture<Answer> underWay = ingest.postAsync(batch, "application/x-ndjson");
        until(() -> relay.lostRequests().contains(Monitor.hash()));
        long calls = monitor.calls();
        relay.mode(Relay.Mode.PASS);
        relay.breakConnections();
        assertUnavailable(underWay.join(), "the connection to it broke");
        assertThat(untilAnswered(events("probe", 1)).count("accepted")).isEqualTo(1);
        assertThat(monitor.calls()).as("the probe's and no other").isEqualTo(calls + 1);
        assertThat(earned()).isEqualTo(401_000);
        assertThat(ingest.post(batch).count("accepted")).isEqualTo(200);
        assertExactly(601);
    }

    @Test
    void whatWasCountedWithoutAnAnswerIsADuplicateAtAnotherNodeToo() {
        String batch = events("executed", 200);
        relay.mode(Relay.Mode.LOSE_REPLIES);
        CompletableFuture<Answer> underWay = ingest.postAsync(batch, "application/x-ndjson");
        until(() -> earned() == 600_000);
        try (RunningIngest other = new RunningIngest(RealServers.redisUrl())) {
            assertThat(other.post(batch + "\n" + events("new", 1)).body())
                    .startsWith("{\"accepted\":1,\"duplicate\":200,\"filtered\":0,\"rejected\":0");
        }
        relay.breakConnections();
        assertUnavailable(underWay.join(), "the connection to it broke");
        assertExactly(601);
    }

    private long earned() {
        return counters.earned(1, "c-1");
    }

    private void assertExactly(long events) {
        assertThat(earned()).isEqualTo(events * 1_000);
        assertThat(counters.earned(1, "#micros")).isEqualTo(events * 1_000);
        assertThat(counters.earned(1, "#events")).isEqualTo(events);
        assertThat(counters.units(1, "demo|c-1|/a|view|1")).isEqualTo(events);
    }

    private static void assertUnavailable(Answer answer, String why) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        assertThat(answer.json().get("code").asString()).isEqualTo("counters-unavailable");
        assertThat(answer.json().get("detail").asString()).contains(why);
        assertThat(answer.header("Retry-After")).isEqualTo("2");
    }

    /** As a client does: the same events, again after a 503. */
    private Answer untilAnswered(String batch) {
        long deadline = deadline();
        Answer answer = ingest.post(batch);
        while (answer.status() != 202) {
            assertUnavailable(answer, "");
            assertThat(System.nanoTime()).as(answer.body()).isLessThan(deadline);
            answer = ingest.post(batch);
        }
        return answer;
    }

    private static void until(BooleanSupplier so) {
        long deadline = deadline();
        while (!so.getAsBoolean()) {
            assertThat(System.nanoTime()).as("it is so at last").isLessThan(deadline);
        }
    }

    private static long deadline() {
        return System.nanoTime() + 90_000_000_000L;
    }

    private String events(String name, int count) {
        long now = counters.second();
        return IntStream.range(0, count)
                .mapToObj(i -> Tokens.signed("{\"sub\":\"c-1\",\"art\":\"/a\",\"jti\":\"%s-%d\",\"iat\":%d,\"exp\":%d}"
                        .formatted(name, i, now, now + 3_600)))
                .map("{\"token\":\"%s\",\"type\":\"view\"}"::formatted)
                .collect(Collectors.joining("\n"));
    }
}
