package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two nodes before one Redis, and what befalls that Redis while they are busy: each event is paid once. */
class ManyAtOnceIT {
    private static final String[] PATIENT = {"--millrace.redis-patience=60s", "--millrace.tally-timeout=60s"};
    private static final int BATCH = 25;

    private static OpenCounters counters;
    private static RunningIngest one;
    private static RunningIngest other;

    @BeforeAll
    static void start() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
        one = new RunningIngest(RealServers.redisUrl(), PATIENT);
        other = new RunningIngest(RealServers.redisUrl(), PATIENT);
    }

    @AfterAll
    static void stop() {
        other.close();
        one.close();
        counters.close();
    }

    @Test
    void theSameTokensAtTwoNodesAtTheSameTimeArePaidOnce() {
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String batch = batch("twice", i);
            answers.add(one.postUntilTaken(batch, "application/x-ndjson"));
            answers.add(other.postUntilTaken(batch, "application/x-ndjson"));
        }
        assertThat(sum(answers, "accepted")).isEqualTo(40 * BATCH);
        assertThat(sum(answers, "duplicate")).isEqualTo(40 * BATCH);
        assertThat(counters.earned(1, "demo|twice")).isEqualTo(40 * BATCH * 1_000);
        assertThat(counters.engaged(1, "demo|twice|/a|view|1")).isEqualTo(40 * BATCH);
    }

    @Test
    void aScriptCacheFlushedInTheMidstOfTrafficCostsNothing() {
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            answers.add((i % 2 == 0 ? one : other).postUntilTaken(batch("flushed", i), "application/x-ndjson"));
            counters.redis().scriptFlush();
        }
        while (!answers.stream().allMatch(CompletableFuture::isDone)) {
            counters.redis().scriptFlush();
        }
        assertThat(sum(answers, "accepted")).isEqualTo(80 * BATCH);
        assertThat(counters.earned(1, "demo|flushed")).isEqualTo(80 * BATCH * 1_000);
        assertThat(counters.engaged(1, "demo|flushed|/a|view|1")).isEqualTo(80 * BATCH);
    }

    @Test
    void aFullMemoryRefusesWholeBatchesUntouchedAndWhatWasCountedStays() {
        String counted = batch("full", 1);
        assertThat(one.post(counted).json().get("accepted").asInt()).isEqualTo(BATCH);
        long keys = counters.redis().dbsize();
        String more = counted + "\n" + batch("full", 2) + "\n" + batch("full", 3);
        counters.redis().configSet("maxmemory", "1mb");
        try {
            for (RunningIngest node : List.of(one, other)) {
                Answer full = node.post(more);
                assertThat(full.status()).isEqualTo(503);
                assertThat(full.json().get("detail").asString()).contains("memory is full");
                assertThat(full.header("Retry-After")).isEqualTo("2");
            }
            assertThat(counters.earned(1, "demo|full")).isEqualTo(BATCH * 1_000);
            assertThat(counters.redis().dbsize()).as("no key was written").isEqualTo(keys);
        } finally {
            counters.redis().configSet("maxmemory", "0");
        }
        Answer freed = other.post(more);
        assertThat(freed.json().get("accepted").asInt()).isEqualTo(2 * BATCH);
        assertThat(freed.json().get("duplicate").asInt()).isEqualTo(BATCH);
        assertThat(counters.earned(1, "demo|full")).isEqualTo(3 * BATCH * 1_000);
    }

    /** Every answer must be 202. */
    private static long sum(List<CompletableFuture<Answer>> answers, String name) {
        return answers.stream()
                .map(CompletableFuture::join)
                .peek(answer -> assertThat(answer.status()).as(answer.body()).isEqualTo(202))
                .mapToLong(answer -> answer.json().get(name).asLong())
                .sum();
    }

    private static String batch(String creator, int number) {
        long now = counters.second();
        return IntStream.range(0, BATCH)
                .mapToObj(
                        i -> Tokens.signed("{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s-%d-%d\",\"iat\":%d,\"exp\":%d}"
                                .formatted(creator, creator, number, i, now, now + 3_600)))
                .map("{\"token\":\"%s\",\"type\":\"view\"}"::formatted)
                .collect(Collectors.joining("\n"));
    }
}
