package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Maps;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Spent;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import dev.millrace.local.testing.RedisCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A publisher's budget at the edge. A view costs 1,000 micros. */
class BudgetIT {
    private static final long DAY = Duration.ofDays(1).toSeconds();
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final List<RunningIngest> nodes = new ArrayList<>();
    private @Nullable OpenCounters counters;
    private long revision = 1;

    @BeforeEach
    void open() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
    }

    @AfterEach
    void close() {
        nodes.forEach(RunningIngest::close);
        counters().close();
    }

    private OpenCounters counters() {
        return Objects.requireNonNull(counters);
    }

    private static Limits budget(@Nullable Long day, @Nullable Long total, @Nullable Long corrected) {
        return new Limits(null, null, day, total, null, null, null, null, corrected);
    }

    /** The limits of demo; other has none. */
    private void limit(Limits limits) {
        limit(Map.of("demo", limits, "other", Limits.NONE));
    }

    private void limit(Map<String, Limits> limits) {
        counters()
                .publish(new Catalog(
                        ++revision,
                        Maps.transformValues(limits, of -> new Catalog.Publisher(List.of(1), List.of(), of)),
                        OpenCounters.CATALOG.cards()));
    }

    /** The worker's note in each partition: the same of demo in all of them. */
    private void note(Map<String, Long> micros) {
        for (Partition partition : Partition.all()) {
            assertThat(Spent.note(counters().link(partition), partition, 1, 0, micros))
                    .isTrue();
        }
    }

    private RunningIngest node() {
        return node(RealServers.redisUrl());
    }

    private RunningIngest node(String url) {
        RunningIngest node = new RunningIngest(url, "--millrace.redis-patience=60s", "--millrace.tally-timeout=60s");
        nodes.add(node);
        return node;
    }

    private String view(String publisher, String creator) {
        return view(publisher, creator, "j-" + NUMBERS.incrementAndGet());
    }

    private String view(String publisher, String creator, String jti) {
        long now = counters().second();
        String token = Tokens.signed(
                "{\"alg\":\"HS256\",\"kid\":\"%s.1\"}".formatted(publisher),
                "{\"sub\":\"%s\",\"art\":\"/a\",\"jti\":\"%s\",\"iat\":%d,\"exp\":%d}"
                        .formatted(creator, jti, now, now + 3_600),
                publisher + ".1");
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }

    /** Views of as many creators, hence in many partitions. */
    private String views(int events) {
        return IntStream.range(0, events).mapToObj(i -> view("demo", "c-" + i)).collect(Collectors.joining("\n"));
    }

    private long spent() {
        return counters().earned(1, "$" + counters().second() / DAY + "|demo");
    }

    private static int of(Answer answer, String code) {
        return (int) answer.json()
                .get("results")
                .valueStream()
                .filter(result -> result.get("code") != null
                        && result.get("code").asString().equals(code))
                .count();
    }

    @Test
    void itIsSpentToTheLastMicroAndNothingBeyond() {
        limit(budget(null, 10_500L, null));
        note(Map.of());
        RunningIngest node = node();
        Answer batch = node.post(views(20));
        assertThat(batch.status()).as(batch.body()).isEqualTo(202);
        assertThat(batch.count("accepted")).isEqualTo(10);
        assertThat(of(batch, "publisher-over-budget")).isEqualTo(10);
        assertThat(batch.json().get("results").get(19).get("retry").asBoolean()).isTrue();
        Answer refused = node.post(view("demo", "c-1"));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("Retry-After")).isEqualTo("60");
        assertThat(refused.detail()).isEqualTo("publisher demo has spent its budget");
        assertThat(node.post(view("other", "c-1")).count("accepted")).isEqualTo(1);
        assertThat(spent()).isEqualTo(10_000);
        Supplier<Double> ratio =
                () -> node.metric("millrace_publisher_budget_ratio{budget=\"total\",publisher=\"demo\"}");
        Await.until(ratio, part -> part == 1); // 500 micros are left, too few for a view

        limit(budget(null, 10_500L, 500L));
        Await.until(() -> node.post(view("demo", "c-1")), answer -> answer.status() == 202);
        assertThat(node.post(view("demo", "c-1")).status()).isEqualTo(429);
        assertThat(spent()).isEqualTo(11_000);

        limit(budget(null, 22_000L, null));
        // Until the next look what was counted during one may be in twice.
        Await.until(ratio, part -> part == 0.5);
    }

    @Test
    void ofVeryManyPublishersTheMetricShowsThoseThatSpendMostOfTheirBudgets() {
        Map<String, Limits> limits = new TreeMap<>();
        for (int i = 0; i < 600; i++) {
            limits.put("a-%03d".formatted(i), budget(null, 10_000L, null));
            limits.put("test-%03d".formatted(i), budget(null, 10_000L, null));
        }
        limits.put("z", budget(null, 10_000L, null));
        limit(limits);
        note(Map.of("z", 500L, "test-599", 600L));
        RunningIngest node = node();
        Await.until(
                () -> node.metric("millrace_publisher_budget_ratio{budget=\"total\",publisher=\"z\"}"),
                part -> part == 0.8);
        assertThat(node.get("/actuator/prometheus")
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("millrace_publisher_budget_ratio{")))
                .hasSize(1_000);
    }

    @Test
    void oneAfterTheOtherIsSpentToTheLastMicro() {
        limit(budget(40_000L, null, null));
        note(Map.of());
        RunningIngest node = node();
        for (int i = 0; i < 40; i++) {
            assertThat(node.post(view("demo", "c-" + i)).status())
                    .as("event %d", i)
                    .isEqualTo(202);
        }
        assertThat(node.post(view("demo", "c-1")).status()).isEqualTo(429);
        assertThat(spent()).isEqualTo(40_000);
    }

    @Test
    void duplicatesAndRefusedEventsCostNothing() {
        limit(budget(3_000L, null, null));
        note(Map.of());
        RunningIngest node = node();
        RunningIngest other = node();
        String event = view("demo", "c-1", "once");
        assertThat(node.post(event + "\n" + event + "\n" + event).count("duplicate"))
                .isEqualTo(2);
        for (int i = 0; i < 5; i++) {
            assertThat(other.post(event).count("duplicate")).isEqualTo(1);
            assertThat(node.post(event).count("duplicate")).isEqualTo(1);
        }
        assertThat(node.post("{\"token\":\"x\",\"type\":\"view\"}").status()).isEqualTo(422);
        assertThat(node.post(view("demo", "c-2") + "\n" + view("demo", "c-3")).count("accepted"))
                .isEqualTo(2);
        assertThat(node.post(view("demo", "c-4")).status()).isEqualTo(429);
        assertThat(spent()).isEqualTo(3_000);
    }

    /** What is settled stands in the ledger. The worker notes it in Redis, also after Redis was wiped. */
    @Test
    void settledMoneyIsSpent() {
        limit(budget(null, 10_000L, null));
        long sixteenth = 500;
        note(Map.of("demo", sixteenth));
        RunningIngest node = node();
        assertThat(node.post(views(5)).count("accepted")).isEqualTo(2);
        assertThat(spent()).isEqualTo(2_000);
    }

    @Test
    void aNewDayHasABudgetOfItsOwn() {
        long today = counters().second() / DAY;
        limit(budget(5_000L, null, null));
        note(Map.of("demo", 4_000L, "demo|" + (today - 1), 4_000L));
        String yesterday = "$" + (today - 1) + "|demo";
        counters().redis().hset(Partition.of(3).earn(1), Map.of(yesterday, "4000", "#day", "" + (today - 1)));
        RunningIngest node = node();
        assertThat(node.post(views(20)).count("accepted")).isEqualTo(5);
        limit(budget(5_000L, 16 * 4_000L + 4_000 + 5_000 + 2_000, null));
        note(Map.of("demo", 4_000L, "demo|" + (today - 1), 4_000L));
        assertThat(node.post(views(20)).status()).as("the day's still holds").isEqualTo(429);
        limit(budget(null, 16 * 4_000L + 4_000 + 5_000 + 2_000, null));
        Await.until(() -> node.post(views(20)), answer -> answer.status() == 202);
        assertThat(spent()).isEqualTo(7_000);
    }

    @Test
    void aBudgetBelowWhatIsSpentRefusesAllUntilItIsRaised() {
        limit(budget(null, 10_000L, null));
        note(Map.of());
        RunningIngest node = node();
        assertThat(node.post(views(8)).count("accepted")).isEqualTo(8);
        limit(budget(null, 3_000L, null));
        Await.until(() -> node.post(view("demo", "c-1")), answer -> answer.status() == 429);
        long before = spent();
        assertThat(node.post(views(8)).status()).isEqualTo(429);
        limit(Limits.NONE);
        Await.until(() -> node.post(view("demo", "c-1")), answer -> answer.status() == 202);
        assertThat(spent()).isEqualTo(before + 1_000);
    }

    @Test
    void whereItIsNotKnownWhatIsSpentTheEventIsToBeSentAgain() {
        limit(budget(null, 10_000L, null));
        RunningIngest node = new RunningIngest(RealServers.redisUrl());
        nodes.add(node);
        Answer unknown = node.post(view("demo", "c-1"));
        assertThat(unknown.status()).isEqualTo(503);
        assertThat(unknown.detail()).contains("it is not known what publisher demo has spent of its budget");
        assertThat(node.post(view("other", "c-1")).count("accepted")).isEqualTo(1);
        note(Map.of());
        Await.until(() -> node.post(view("demo", "c-1")), answer -> answer.status() == 202);
        assertThat(spent()).isEqualTo(1_000);
        Partition lost = Partition.of("c-1");
        counters().redis().del(lost.spent());
        Await.until(() -> node.post(view("demo", "c-1")), answer -> answer.status() == 503);
        String elsewhere = IntStream.range(2, 100)
                .mapToObj(i -> "c-" + i)
                .filter(creator -> !Partition.of(creator).equals(lost))
                .findFirst()
                .orElseThrow();
        assertThat(node.post(view("demo", elsewhere)).count("accepted")).isEqualTo(1);
    }

    /** A thief at full speed, at one node and at two: what is counted is what was accepted, and no more than the budget beside what two nodes had under way. */
    @Test
    void aThiefAtFullSpeedSpendsTheBudget() {
        long budget = 10_000_000;
        limit(budget(null, budget, null));
        note(Map.of());
        RunningIngest one = node();
        long accepted = flood(List.of(one));
        assertThat(accepted * 1_000).isEqualTo(budget);
        assertThat(spent()).isEqualTo(budget);

        limit(budget(null, 2 * budget, null));
        Await.until(() -> one.post(view("demo", "c-1")), answer -> answer.status() == 202);
        RunningIngest two = node();
        long more = flood(List.of(one, two)) + 1;
        long beyond = spent() - 2 * budget;
        System.out.printf("beyond a budget of %d micros, two nodes counted %d%n", budget, beyond);
        assertThat(spent()).isEqualTo(budget + more * 1_000);
        assertThat(beyond).isBetween(0L, budget / 10);
    }

    /** Sends batches of new views until all of them are refused; how many were accepted. */
    private long flood(List<RunningIngest> at) {
        List<CompletableFuture<Long>> senders = new ArrayList<>();
        for (int sender = 0; sender < 4 * at.size(); sender++) {
            RunningIngest node = at.get(sender % at.size());
            senders.add(CompletableFuture.supplyAsync(() -> {
                long accepted = 0;
                while (true) {
                    Answer answer = node.post(views(100), "application/x-ndjson");
                    if (answer.status() == 429) {
                        return accepted;
                    }
                    accepted += answer.count("accepted");
                }
            }));
        }
        return senders.stream().mapToLong(CompletableFuture::join).sum();
    }

    @Test
    void aSuspendedPublishersBatchInFlightCountsOrIsRefusedAsAWhole() {
        note(Map.of());
        limit(Limits.NONE);
        RunningIngest node = node();
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(node.postAsync(views(50), "application/x-ndjson"));
            if (i == 20) {
                limit(new Limits(true, null, null, null, null, null, null, null, null));
            }
        }
        AtomicInteger probes = new AtomicInteger();
        Await.until(() -> node.post(view("demo", "c-1")), answer -> {
            probes.addAndGet(answer.status() == 202 ? 1 : 0);
            return answer.status() == 422;
        });
        long accepted = probes.get();
        for (CompletableFuture<Answer> answer : answers) {
            int counted = answer.join().count("accepted");
            assertThat(counted).isIn(0, 50);
            accepted += counted;
        }
        assertThat(spent()).isEqualTo(accepted * 1_000);
        long before = spent();
        assertThat(node.post(views(10)).status()).isEqualTo(422);
        assertThat(spent()).isEqualTo(before);
    }

    @Test
    void aClusterHasBudgetsToo(@TempDir Path home) {
        counters().close();
        try (RedisCluster cluster = RedisCluster.start(home, 1, 0, Duration.ofSeconds(60))) {
            counters = new OpenCounters(cluster.url());
            limit(budget(null, 10_000L, null));
            note(Map.of("demo", 100L));
            RunningIngest node = node(cluster.url());
            Answer batch = node.post(views(20));
            assertThat(batch.count("accepted")).isEqualTo(8);
            assertThat(of(batch, "publisher-over-budget")).isEqualTo(12);
            assertThat(spent()).isEqualTo(8_000);
            nodes.remove(node);
            node.close();
        } finally {
            counters().close();
            counters = new OpenCounters(RealServers.redisUrl());
        }
    }
}
