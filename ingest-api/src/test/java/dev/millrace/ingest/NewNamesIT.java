package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Limits;
import dev.millrace.counters.Names;
import dev.millrace.counters.Names.Name;
import dev.millrace.counters.Partition;
import dev.millrace.counters.Spent;
import dev.millrace.ingest.RunningIngest.Answer;
import dev.millrace.ingest.verify.Tokens;
import dev.millrace.local.testing.RealServers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** New creators and articles a day. */
class NewNamesIT {
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private OpenCounters counters;

    @BeforeEach
    void open() {
        RealServers.flushRedis();
        counters = new OpenCounters(RealServers.redisUrl());
    }

    @AfterEach
    void close() {
        counters.close();
    }

    private void limit(@Nullable Integer creators, @Nullable Integer articles, @Nullable Long budget) {
        Limits limits = new Limits(null, null, null, budget, null, null, creators, articles, null);
        counters.publish(new Catalog(
                2,
                Map.of(
                        "demo", new Catalog.Publisher(List.of(1), List.of(), limits),
                        "other", new Catalog.Publisher(List.of(1), List.of())),
                OpenCounters.CATALOG.cards()));
    }

    /** What the worker does: these names are in the ledger. */
    private void load(Name... names) {
        for (Partition partition : Partition.all()) {
            Names.add(counters.link(partition), partition, "demo", List.of(names));
            Names.complete(counters.link(partition), partition, "demo");
        }
    }

    private static RunningIngest node() {
        return new RunningIngest(
                RealServers.redisUrl(), "--millrace.redis-patience=60s", "--millrace.tally-timeout=60s");
    }

    private String view(String creator, String article) {
        return view("demo", creator, article);
    }

    private String view(String publisher, String creator, String article) {
        return view(publisher, creator, article, "");
    }

    private String view(String publisher, String creator, String article, String more) {
        long now = counters.second();
        String token = Tokens.signed(
                "{\"alg\":\"HS256\",\"kid\":\"%s.1\"}".formatted(publisher),
                "{\"sub\":\"%s\",\"art\":\"%s\",\"jti\":\"j-%d\",\"iat\":%d,\"exp\":%d%s}"
                        .formatted(creator, article, NUMBERS.incrementAndGet(), now, now + 3_600, more),
                publisher + ".1");
        return "{\"token\":\"%s\",\"type\":\"view\"}".formatted(token);
    }

    private String views(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> view("c-" + i, "/a")).collect(Collectors.joining("\n"));
    }

    @Test
    void newCreatorsAreRefusedBeyondTheLimitAndOldOnesNever() {
        limit(3, null, null);
        load(Name.of("c-100"), Name.of("c-101"));
        try (RunningIngest node = node()) {
            assertThat(node.post(views(100, 102)).count("accepted")).isEqualTo(2);
            Answer batch = node.post(views(0, 10));
            assertThat(batch.count("accepted")).isEqualTo(3);
            assertThat(batch.json().get("results").toString())
                    .contains("{\"status\":\"rejected\",\"code\":\"publisher-creators\","
                            + "\"detail\":\"publisher demo has paid as many new creators today as it may\"}");
            assertThat(node.post(views(0, 10)).count("accepted"))
                    .as("three are known by now")
                    .isEqualTo(3);
            assertThat(node.post(view("c-101", "/b")).count("accepted")).isEqualTo(1);
            Answer refused = node.post(view("c-50", "/a"));
            assertThat(refused.status()).as("it is final").isEqualTo(422);
            assertThat(node.post(view("other", "c-50", "/a")).count("accepted")).isEqualTo(1);
        }
        try (RunningIngest restarted = node()) {
            assertThat(restarted.post(view("c-51", "/a")).status()).isEqualTo(422);
            assertThat(restarted.post(views(0, 10)).count("accepted")).isEqualTo(3);
        }
    }

    @Test
    void newArticlesAreRefusedBeyondTheLimit() {
        limit(null, 2, null);
        load(Name.of("c-1", "/old"));
        try (RunningIngest node = node()) {
            Answer batch = node.post(String.join(
                    "\n",
                    view("c-1", "/old"),
                    view("c-1", "/1"),
                    view("c-1", "/2"),
                    view("c-1", "/3"),
                    view("c-2", "/1"),
                    view("c-1", "/1")));
            assertThat(batch.count("accepted")).isEqualTo(4);
            assertThat(batch.json().get("results").get(3).get("detail").asString())
                    .isEqualTo("publisher demo has paid as many new articles today as it may");
        }
    }

    @Test
    void untilTheWorkerHasLoadedTheNamesAllPass() {
        limit(0, 0, null);
        try (RunningIngest node = node()) {
            assertThat(node.post(views(0, 5)).count("accepted")).isEqualTo(5);
            load();
            assertThat(node.post(views(0, 5)).status()).isEqualTo(422);
        }
    }

    /** It pays nobody, so it neither takes a place nor makes a name known. */
    @Test
    void whatIsFilteredUsesUpNoName() {
        limit(1, 1, null);
        load();
        try (RunningIngest node = node()) {
            String byThemselves = IntStream.range(0, 5)
                    .mapToObj(i -> view("demo", "c-" + i, "/" + i, ",\"vis\":\"c-" + i + "\""))
                    .collect(Collectors.joining("\n"));
            assertThat(node.post(byThemselves).count("filtered")).isEqualTo(5);
            assertThat(node.post(view("c-9", "/9")).count("accepted")).isEqualTo(1);
            assertThat(node.post(view("c-0", "/0")).status()).isEqualTo(422);
            assertThat(node.post(byThemselves).count("filtered"))
                    .as("also when no name is left")
                    .isEqualTo(5);
        }
    }

    @Test
    void whatIsRefusedBeginsNoVisit() {
        limit(1, null, null);
        load();
        try (RunningIngest node = node()) {
            assertThat(node.post(view("demo", "c-1", "/a", ",\"vis\":\"v-1\"")).count("accepted"))
                    .isEqualTo(1);
            assertThat(node.post(view("demo", "c-2", "/a", ",\"vis\":\"v-2\"")).status())
                    .isEqualTo(422);
            assertThat(node.post(view("demo", "c-1", "/a", ",\"vis\":\"v-3\"")).count("accepted"))
                    .isEqualTo(1);
            Await.until(() -> counters.units(1, "demo|c-1|/a|view^|1"), begun -> begun == 2);
            assertThat(counters.units(1, "demo|c-2|/a|view^|1")).isZero();
        }
    }

    @Test
    void whatIsRefusedCostsNoBudget() {
        limit(1, null, 2_000L);
        load();
        for (Partition partition : Partition.all()) {
            Spent.note(counters.link(partition), partition, 1, 0, Map.of());
        }
        try (RunningIngest node = node()) {
            assertThat(node.post(views(0, 5)).count("accepted")).isEqualTo(1);
            assertThat(node.post(view("c-0", "/a")).count("accepted")).isEqualTo(1);
            assertThat(node.post(view("c-0", "/a")).status()).isEqualTo(429);
        }
    }

    @Test
    void manyRequestsAtOnceExceedNoLimit() {
        limit(50, null, null);
        load();
        try (RunningIngest node = node()) {
            List<CompletableFuture<Answer>> answers = IntStream.range(0, 20)
                    .mapToObj(i -> node.postAsync(views(10 * i, 10 * i + 10), "application/x-ndjson"))
                    .toList();
            long accepted = answers.stream()
                    .mapToLong(answer -> answer.join().count("accepted"))
                    .sum();
            assertThat(accepted).isEqualTo(50);
        }
    }
}
