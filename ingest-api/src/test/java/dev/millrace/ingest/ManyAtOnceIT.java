package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.counters.Partition;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import io.lettuce.core.Range;
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
        for (int i = 0; i < 160; i++) {
            String batch = batch("twice", i);
            answers.add(one.postUntilTaken(batch, "application/x-ndjson"));
            answers.add(other.postUntilTaken(batch, "application/x-ndjson"));
        }
        assertThat(sum(answers, "accepted")).isEqualTo(160 * BATCH);
        assertThat(sum(answers, "duplicate")).isEqualTo(160 * BATCH);
        assertThat(counters.earned(1, "twice")).isEqualTo(160 * BATCH * 1_000);
        assertThat(counters.units(1, "demo|twice|/a|view|1")).isEqualTo(160 * BATCH);
    }

    /** What a node sends before it has read what the other has counted is taken back by the script, in part or as a whole. */
    @Test
    void sectionsThatAreTakenBackLeaveNoTrace() {
        long whole = 0;
        try (Monitor monitor = new Monitor(RealServers.redisUrl(), counters)) {
            for (int i = 0; i < 80; i += 2) {
                assertThat(one.post(batch("back", i)).count("accepted")).isEqualTo(BATCH);
                Answer half = other.post(batch("back", i) + "\n" + batch("back", i + 1));
                assertThat(half.count("duplicate")).isEqualTo(BATCH);
                assertThat(half.count("accepted")).isEqualTo(BATCH);
                long before = monitor.calls();
                assertThat(one.post(batch("back", i + 1)).count("duplicate")).isEqualTo(BATCH);
                whole += monitor.calls() - before;
            }
        }
        assertThat(whole).as("sections taken back as a whole").isPositive();
        assertThat(entriesWithWhatWasTakenBack())
                .as("sections taken back in part")
                .isPositive();
        assertThat(counters.earned(1, "back")).isEqualTo(80_000L * BATCH);
        assertThat(counters.units(1, "demo|back|/a|view|1")).isEqualTo(80L * BATCH);
    }

    private static long entriesWithWhatWasTakenBack() {
        return counters.redis().xrange(Partition.of("back").engage(1), Range.unbounded()).stream()
                .filter(entry -> entry.getBody().containsKey("t"))
                .count();
    }

    @Test
    void aNodeThatStartsLaterKnowsWhatWasCountedBefore() {
        List<String> batches =
                IntStream.range(0, 40).mapToObj(i -> batch("early", i)).toList();
        batches.forEach(batch -> assertThat(one.post(batch).count("accepted")).isEqualTo(BATCH));
        try (RunningIngest late = new RunningIngest(RealServers.redisUrl(), PATIENT);
                Monitor monitor = new Monitor(RealServers.redisUrl(), counters)) {
            assertThat(late.metric("millrace_index_identities"))
                    .as("what it has read when it is ready")
                    .isGreaterThanOrEqualTo(40 * BATCH);
            batches.forEach(
                    batch -> assertThat(late.post(batch).count("duplicate")).isEqualTo(BATCH));
            assertThat(monitor.calls()).isZero();
        }
        assertThat(counters.earned(1, "early")).isEqualTo(40 * BATCH * 1_000);
    }

    @Test
    void aFloodOfReplaysCostsRedisNoCall() {
        List<String> batches =
                IntStream.range(0, 20).mapToObj(i -> batch("replayed", i)).toList();
        batches.forEach(batch -> assertThat(one.post(batch).count("accepted")).isEqualTo(BATCH));
        try (Monitor monitor = new Monitor(RealServers.redisUrl(), counters)) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                answers.add(one.postUntilTaken(batches.get(i % 20), "application/x-ndjson"));
            }
            assertThat(sum(answers, "duplicate")).isEqualTo(400 * BATCH);
            assertThat(monitor.calls()).isZero();
            assertThat(one.post(batch("new", 1)).count("accepted")).isEqualTo(BATCH);
            assertThat(monitor.calls()).as("of what is new").isEqualTo(1);
        }
        assertThat(counters.earned(1, "replayed")).isEqualTo(20 * BATCH * 1_000);
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
        assertThat(counters.earned(1, "flushed")).isEqualTo(80 * BATCH * 1_000);
        assertThat(counters.units(1, "demo|flushed|/a|view|1")).isEqualTo(80 * BATCH);
    }

    @Test
    void aFullMemoryRefusesWholeBatchesUntouchedAndWhatWasCountedStays() {
        String counted = batch("full", 1);
        assertThat(one.post(counted).count("accepted")).isEqualTo(BATCH);
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
            assertThat(counters.earned(1, "full")).isEqualTo(BATCH * 1_000);
            assertThat(counters.redis().dbsize()).as("no key was written").isEqualTo(keys);
        } finally {
            counters.redis().configSet("maxmemory", "0");
        }
        Answer freed = other.post(more);
        assertThat(freed.count("accepted")).isEqualTo(2 * BATCH);
        assertThat(freed.count("duplicate")).isEqualTo(BATCH);
        assertThat(counters.earned(1, "full")).isEqualTo(3 * BATCH * 1_000);
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
