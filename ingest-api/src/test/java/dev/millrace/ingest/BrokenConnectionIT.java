package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    private static final Pattern CALLS = Pattern.compile("(?m)^cmdstat_eval(?:sha)?:calls=(\\d+)");

    private Relay relay;
    private OpenCounters counters;
    private RunningIngest ingest;

    @BeforeEach
    void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        relay = new Relay(RealServers.redisUrl());
        ingest = ingest("--millrace.tally-timeout=60s");
        learnEveryEpoch();
    }

    private RunningIngest ingest(String timeout) {
        return new RunningIngest(relay.url(), "--millrace.redis-patience=60s", timeout);
    }

    /** A node asks a partition for its epoch at its first event; what is lost here shall be a call that counts. */
    private void learnEveryEpoch() {
        assertThat(ingest.post(events("first", 400)).json().get("accepted").asInt())
                .isEqualTo(400);
    }

    @AfterEach
    void stop() {
        ingest.close();
        relay.close();
        counters.close();
    }

    @Test
    void aBatchWhoseReplyWasLostComesBackAsDuplicatesAndIsPaidOnce() {
        ingest.close();
        ingest = ingest("--millrace.tally-timeout=2s");
        assertThat(ingest.post(events("first", 400)).json().get("duplicate").asInt())
                .isEqualTo(400);
        String batch = events("lost", 200);
        relay.mode(Relay.Mode.LOSE_REPLIES);
        assertUnavailable(ingest.post(batch), "did not answer within 2000 ms");
        until(() -> earned() == 600_000);
        relay.mode(Relay.Mode.PASS);
        relay.breakConnections();
        Answer again = untilAnswered(batch);
        assertThat(again.json().get("duplicate").asInt()).isEqualTo(200);
        assertThat(again.json().get("accepted").asInt()).isZero();
        assertExactly(600);
    }

    @Test
    void aConnectionThatBreaksBehindTheRequestFailsItAndNothingIsReplayed() {
        String batch = events("executed", 200);
        relay.mode(Relay.Mode.LOSE_REPLIES);
        CompletableFuture<Answer> underWay = ingest.postAsync(batch, "application/x-ndjson");
        until(() -> earned() == 600_000);
        long calls = calls();
        relay.mode(Relay.Mode.PASS);
        relay.breakConnections();
        assertUnavailable(underWay.join(), "the connection to it broke");
        assertThat(untilAnswered(events("probe", 1)).json().get("accepted").asInt())
                .isEqualTo(1);
        assertThat(calls()).as("the probe's and no other").isEqualTo(calls + 1);
        assertThat(ingest.post(batch).json().get("duplicate").asInt()).isEqualTo(200);
        assertExactly(601);
    }

    @Test
    void aConnectionThatBreaksBeforeTheRequestFailsItAndNothingIsReplayed() {
        String batch = events("never-sent", 200);
        relay.mode(Relay.Mode.LOSE_REQUESTS);
        CompletableFuture<Answer> underWay = ingest.postAsync(batch, "application/x-ndjson");
        until(() -> relay.lostRequests().contains("EVALSHA"));
        long calls = calls();
        relay.mode(Relay.Mode.PASS);
        relay.breakConnections();
        assertUnavailable(underWay.join(), "the connection to it broke");
        assertThat(untilAnswered(events("probe", 1)).json().get("accepted").asInt())
                .isEqualTo(1);
        assertThat(calls()).as("the probe's and no other").isEqualTo(calls + 1);
        assertThat(earned()).isEqualTo(401_000);
        assertThat(ingest.post(batch).json().get("accepted").asInt()).isEqualTo(200);
        assertExactly(601);
    }

    /** How often the script was called. */
    private long calls() {
        Matcher matcher = CALLS.matcher(counters.redis().info("commandstats"));
        long calls = 0;
        while (matcher.find()) {
            calls += Long.parseLong(matcher.group(1));
        }
        return calls;
    }

    private long earned() {
        return counters.earned(1, "demo|c-1");
    }

    private void assertExactly(long events) {
        assertThat(earned()).isEqualTo(events * 1_000);
        assertThat(counters.earned(1, "#micros")).isEqualTo(events * 1_000);
        assertThat(counters.earned(1, "#events")).isEqualTo(events);
        assertThat(counters.engaged(1, "demo|c-1|/a|view|1")).isEqualTo(events);
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
