package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YardsticksTest {
    private static final Case SINGLE = new Case("single", 1, 64);
    private static final Case PIPELINE = new Case("pipeline-64", 64, 4);
    private static final Case CLIENTS = new Case("clients-64", 1, 64);

    private final Result rawAlways = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1_000), 100_000);
    private final Result rawOff = result(new Scenario("raw-redis", PIPELINE, Aof.OFF, 1_000), 200_000);
    private final Result rawViral = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1), 125_000);
    private final Result noop = result(new Scenario("noop-http", SINGLE, null, 1_000), 20_000);
    private final Result rows = result(new Scenario("row-update", CLIENTS, null, 1_000), 1_000);
    private final Result viralRows = result(new Scenario("row-update", CLIENTS, null, 1), 500);

    @Test
    void aResultIsHeldAgainstWhatIsSetAlike() {
        Result batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        Result off = result(Rounds.batches("millrace", Aof.OFF, 1_000), 50_000);
        Result viral = result(Rounds.batches("millrace", Aof.ALWAYS, 1), 50_000);
        Result single = result(new Scenario("millrace", SINGLE, Aof.ALWAYS, 1), 10_000);
        Yardsticks yardsticks = new Yardsticks(
                List.of(rawAlways, rawOff, rawViral, noop, rows, viralRows, batches, off, viral, single));
        assertThat(yardsticks.ratios(batches)).isEqualTo(Map.of("raw-redis", 0.5, "row-update", 50.0));
        assertThat(yardsticks.ratios(off)).isEqualTo(Map.of("raw-redis", 0.25, "row-update", 50.0));
        assertThat(yardsticks.ratios(viral)).isEqualTo(Map.of("raw-redis", 0.4, "row-update", 100.0));
        assertThat(yardsticks.ratios(single))
                .isEqualTo(Map.of("raw-redis", 0.08, "noop-http", 0.5, "row-update", 20.0));
    }

    @Test
    void whatIsSettledIsHeldAgainstKafkaAndBatchesAgainstNaiveOnes() {
        Result batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        Result naive = result(Rounds.batches("naive-redis", Aof.ALWAYS, 1_000), 25_000);
        Result kafka = result(new Scenario("kafka", batches.scenario().shape(), null, 1_000), 100_000);
        assertThat(new Yardsticks(List.of(batches, naive, kafka)).ratios(batches))
                .isEqualTo(Map.of("naive-redis", 2.0, "kafka", 0.5));
    }

    @Test
    void theCpuOfRedisIsHeldAgainstOneIncrementAndAgainstEmptyLogs() {
        Result batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        Result remembered = result(Rounds.batches("millrace-remembered", Aof.ALWAYS, 1_000), 50_000);
        Yardsticks yardsticks = new Yardsticks(List.of(rawAlways, rawOff, noop, batches, remembered));
        assertThat(yardsticks.increments(batches)).contains(1.0);
        assertThat(yardsticks.increments(rawAlways)).isEmpty();
        assertThat(yardsticks.againstEmptyLogs(remembered)).contains(1.0);
        assertThat(yardsticks.againstEmptyLogs(batches)).isEmpty();
    }

    @Test
    void aYardstickIsNotHeldAgainstItselfNorAgainstWhatDidNotRun() {
        assertThat(new Yardsticks(List.of(rawAlways)).ratios(rawAlways)).isEmpty();
    }

    @Test
    void aRateThatWasGivenIsHeldAgainstNothing() {
        Result half = result(new Scenario("millrace", Peaks.halfOf(SINGLE), Aof.ALWAYS, 1_000), 5_000);
        Result noopHalf = result(new Scenario("noop-http", Peaks.halfOf(SINGLE), null, 1_000), 10_000);
        Result fixed = result(new Scenario("millrace", Peaks.FIXED, Aof.ALWAYS, 1_000), 2_000);
        Yardsticks yardsticks = new Yardsticks(List.of(rawAlways, noop, noopHalf, rows, half, fixed));
        assertThat(yardsticks.ratios(half)).isEmpty();
        assertThat(yardsticks.ratios(fixed)).isEmpty();
    }

    private static Result result(Scenario scenario, int eventsPerSecond) {
        return Result.of(scenario, List.of(Rounds.round(eventsPerSecond, 1_000)));
    }
}
