package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Report;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResultTest {
    private static final Case SINGLE = Case.SINGLE;
    private static final Case PIPELINE = new Case("pipeline-64", 64, 4);
    private static final Case CLIENTS = new Case("clients-64", 1, 64);

    private final Result rawAlways = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1_000), 100_000);
    private final Result rawOff = result(new Scenario("raw-redis", PIPELINE, Aof.OFF, 1_000), 200_000);
    private final Result rawViral = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1), 125_000);
    private final Result noop = result(new Scenario("noop-http", SINGLE, null, 1_000), 20_000);
    private final Result rows = result(new Scenario("row-update", CLIENTS, null, 1_000), 1_000);
    private final Result viralRows = result(new Scenario("row-update", CLIENTS, null, 1), 500);
    private final Result batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);

    @Test
    void ratesAreThoseOfTheMedianRoundAndCostsThoseOfAMillionEvents() {
        Map<String, @Nullable Object> row = new Result(
                        batches.scenario(),
                        List.of(Rounds.round(1_000, 1_000), Rounds.round(1_000, 500), Rounds.round(2_000, 250)))
                .row(List.of());
        assertThat(row.keySet())
                .containsExactly(
                        "contestant",
                        "case",
                        "aof",
                        "creators",
                        "rounds",
                        "eventsPerSecond",
                        "eventsPerSecondMin",
                        "eventsPerSecondMax",
                        "settledEventsPerSecond",
                        "requests",
                        "p50Ms",
                        "p99Ms",
                        "p999Ms",
                        "settleMs",
                        "lost",
                        "sentAgain",
                        "ratios",
                        "redisMicrosPerEvent",
                        "cpuSecondsPerMillion",
                        "statementsPerMillion",
                        "rowsPerMillion",
                        "bytesPerRemembered");
        assertThat(row)
                .containsEntry("contestant", "millrace")
                .containsEntry("case", "batch-1000")
                .containsEntry("aof", "always")
                .containsEntry("creators", 1_000)
                .containsEntry("rounds", 3)
                .containsEntry("eventsPerSecond", 2_000.0)
                .containsEntry("eventsPerSecondMin", 1_000.0)
                .containsEntry("eventsPerSecondMax", 8_000.0)
                .containsEntry("settledEventsPerSecond", 1_000 / 0.52)
                .containsEntry("requests", 3_000L)
                .containsEntry("settleMs", 20.0)
                .containsEntry("lost", 0L)
                .containsEntry("sentAgain", 6L)
                .containsEntry("redisMicrosPerEvent", 2.0)
                .containsEntry("cpuSecondsPerMillion", Map.of("redis", 375.0, "client", 187.5))
                .containsEntry("statementsPerMillion", 3_000.0)
                .containsEntry("rowsPerMillion", 7_500.0)
                .containsEntry("bytesPerRemembered", 9.0);
        assertThat((Double) row.get("p50Ms")).isCloseTo(500, within(1.0));
        assertThat((Double) row.get("p99Ms")).isCloseTo(990, within(1.0));
        assertThat((Double) row.get("p999Ms")).isCloseTo(999, within(1.0));
    }

    @Test
    void whatHasNoRedisHasNoFiguresOfRedis() {
        Result without = new Result(rows.scenario(), List.of(Rounds.withoutRedis(1_000, 4_000, 999_000)));
        assertThat(without.row(List.of(rawAlways, without)))
                .doesNotContainKeys("redisMicrosPerEvent", "redisIncrements", "redisAgainstEmptyLogs")
                .containsEntry("aof", null)
                .containsEntry("bytesPerRemembered", null)
                .containsEntry("lost", 1L);
    }

    @Test
    void aRoundThatPaysTooMuchHidesNoneThatPaysTooLittle() {
        Result.Measured short1 = Rounds.round(1_000, 100, 1_000 * Events.MICROS - 1);
        Result.Measured double3 = Rounds.round(1_000, 100, 1_003 * Events.MICROS);
        assertThat(short1.lost()).isEqualTo(1);
        assertThat(double3.lost()).isEqualTo(-3);
        assertThat(new Result(batches.scenario(), List.of(short1, double3)).row(List.of()))
                .containsEntry("lost", 1L);
        assertThat(new Result(batches.scenario(), List.of(double3)).row(List.of()))
                .containsEntry("lost", -3L);
    }

    @Test
    void aResultIsHeldAgainstWhatIsSetAlike() {
        Result off = result(Rounds.batches("millrace", Aof.OFF, 1_000), 50_000);
        Result viral = result(Rounds.batches("millrace", Aof.ALWAYS, 1), 50_000);
        Result single = result(new Scenario("millrace", SINGLE, Aof.ALWAYS, 1), 10_000);
        List<Result> all = List.of(rawAlways, rawOff, rawViral, noop, rows, viralRows, batches, off, viral, single);
        assertThat(ratios(batches, all)).isEqualTo(Map.of("raw-redis", 0.5, "row-update", 50.0));
        assertThat(ratios(off, all)).isEqualTo(Map.of("raw-redis", 0.25, "row-update", 50.0));
        assertThat(ratios(viral, all)).isEqualTo(Map.of("raw-redis", 0.4, "row-update", 100.0));
        assertThat(ratios(single, all)).isEqualTo(Map.of("raw-redis", 0.08, "noop-http", 0.5, "row-update", 20.0));
    }

    @Test
    void whatIsSettledIsHeldAgainstKafkaAndBatchesAgainstNaiveOnes() {
        Result naive = result(Rounds.batches("naive-redis", Aof.ALWAYS, 1_000), 25_000);
        Result kafka = result(new Scenario("kafka", batches.scenario().shape(), null, 1_000), 100_000);
        assertThat(ratios(batches, List.of(batches, naive, kafka))).isEqualTo(Map.of("naive-redis", 2.0, "kafka", 0.5));
    }

    @Test
    void theCpuOfRedisIsHeldAgainstOneIncrementAndAgainstEmptyLogs() {
        Result remembered = result(Rounds.batches("millrace-remembered", Aof.ALWAYS, 1_000), 50_000);
        List<Result> all = List.of(rawAlways, rawOff, noop, batches, remembered);
        assertThat(batches.row(all)).containsEntry("redisIncrements", 1.0).doesNotContainKey("redisAgainstEmptyLogs");
        assertThat(rawAlways.row(all)).doesNotContainKey("redisIncrements");
        assertThat(remembered.row(all)).containsEntry("redisAgainstEmptyLogs", 1.0);
    }

    @Test
    void aYardstickIsNotHeldAgainstItselfNorAgainstWhatDidNotRun() {
        assertThat(ratios(rawAlways, List.of(rawAlways))).isEqualTo(Map.of());
    }

    @Test
    void aRateThatWasGivenIsHeldAgainstNothing() {
        Result half = result(new Scenario("millrace", Scenario.HALF, Aof.ALWAYS, 1_000), 5_000);
        Result noopHalf = result(new Scenario("noop-http", Scenario.HALF, null, 1_000), 10_000);
        Result fixed = result(new Scenario("millrace", Scenario.FIXED, Aof.ALWAYS, 1_000), 2_000);
        List<Result> all = List.of(rawAlways, noop, noopHalf, rows, half, fixed);
        assertThat(ratios(half, all)).isEqualTo(Map.of());
        assertThat(ratios(fixed, all)).isEqualTo(Map.of());
    }

    @Test
    void theReportIsOfAllResults() {
        BenchPlan plan = new BenchPlan(
                false,
                Set.of(),
                Set.of(),
                Set.of(),
                Duration.ofSeconds(20),
                2,
                Duration.ofSeconds(3),
                Duration.ofMinutes(1),
                42);
        Machine machine = new Machine(2, "a processor", 8_192, "Linux 6", "a VM 25", List.of("redis 7"), 90.5);
        Result viral = new Result(
                viralRows.scenario(),
                List.of(Rounds.round(1_000, 4_000), Rounds.round(1_000, 1_000), Rounds.round(1_000, 2_000)));
        Report report = Bench.report(plan, machine, List.of(viral), List.of());
        assertThat(report.fields())
                .containsOnlyKeys("results", "seed", "quick", "warmUpSeconds", "roundSeconds")
                .containsEntry("seed", 42L)
                .containsEntry("quick", false)
                .containsEntry("warmUpSeconds", 20.0)
                .containsEntry("roundSeconds", 3.0);
        assertThat(report.text())
                .startsWith("Seed 42, warmed up for 20 s, rounds of 3.0 s: the median one")
                .contains("row-update  clients-64  -           1       500  250  1,000      -       -      -")
                .endsWith("\n");
        assertThat(Bench.report(plan, machine, List.of(), List.of()).isGood()).isFalse();
    }

    private static @Nullable Object ratios(Result result, List<Result> all) {
        return result.row(all).get("ratios");
    }

    private static Result result(Scenario scenario, int eventsPerSecond) {
        return new Result(scenario, List.of(Rounds.round(eventsPerSecond, 1_000)));
    }
}
