package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class YardsticksTest {
    private static final Case SINGLE = Case.SINGLE;
    private static final Case PIPELINE = new Case("pipeline-64", 64, 4);
    private static final Case CLIENTS = new Case("clients-64", 1, 64);

    private final ScenarioFigures rawAlways = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1_000), 100_000);
    private final ScenarioFigures rawOff = result(new Scenario("raw-redis", PIPELINE, Aof.OFF, 1_000), 200_000);
    private final ScenarioFigures rawViral = result(new Scenario("raw-redis", PIPELINE, Aof.ALWAYS, 1), 125_000);
    private final ScenarioFigures noop = result(new Scenario("noop-http", SINGLE, null, 1_000), 20_000);
    private final ScenarioFigures rows = result(new Scenario("row-update", CLIENTS, null, 1_000), 1_000);
    private final ScenarioFigures viralRows = result(new Scenario("row-update", CLIENTS, null, 1), 500);

    @Test
    void aResultIsHeldAgainstWhatIsSetAlike() {
        ScenarioFigures batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        ScenarioFigures off = result(Rounds.batches("millrace", Aof.OFF, 1_000), 50_000);
        ScenarioFigures viral = result(Rounds.batches("millrace", Aof.ALWAYS, 1), 50_000);
        ScenarioFigures single = result(new Scenario("millrace", SINGLE, Aof.ALWAYS, 1), 10_000);
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
        ScenarioFigures batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        ScenarioFigures naive = result(Rounds.batches("naive-redis", Aof.ALWAYS, 1_000), 25_000);
        ScenarioFigures kafka = result(new Scenario("kafka", batches.scenario().shape(), null, 1_000), 100_000);
        assertThat(new Yardsticks(List.of(batches, naive, kafka)).ratios(batches))
                .isEqualTo(Map.of("naive-redis", 2.0, "kafka", 0.5));
    }

    @Test
    void theCpuOfRedisIsHeldAgainstOneIncrementAndAgainstEmptyLogs() {
        ScenarioFigures batches = result(Rounds.batches("millrace", Aof.ALWAYS, 1_000), 50_000);
        ScenarioFigures remembered = result(Rounds.batches("millrace-remembered", Aof.ALWAYS, 1_000), 50_000);
        Yardsticks yardsticks = new Yardsticks(List.of(rawAlways, rawOff, noop, batches, remembered));
        assertThat(yardsticks.increments(batches)).isEqualTo(1.0);
        assertThat(yardsticks.increments(rawAlways)).isNull();
        assertThat(yardsticks.againstEmptyLogs(remembered)).isEqualTo(1.0);
        assertThat(yardsticks.againstEmptyLogs(batches)).isNull();
    }

    @Test
    void aYardstickIsNotHeldAgainstItselfNorAgainstWhatDidNotRun() {
        assertThat(new Yardsticks(List.of(rawAlways)).ratios(rawAlways)).isEmpty();
    }

    @Test
    void aRateThatWasGivenIsHeldAgainstNothing() {
        ScenarioFigures half = result(new Scenario("millrace", Scenario.HALF, Aof.ALWAYS, 1_000), 5_000);
        ScenarioFigures noopHalf = result(new Scenario("noop-http", Scenario.HALF, null, 1_000), 10_000);
        ScenarioFigures fixed = result(new Scenario("millrace", Scenario.FIXED, Aof.ALWAYS, 1_000), 2_000);
        Yardsticks yardsticks = new Yardsticks(List.of(rawAlways, noop, noopHalf, rows, half, fixed));
        assertThat(yardsticks.ratios(half)).isEmpty();
        assertThat(yardsticks.ratios(fixed)).isEmpty();
    }

    private static ScenarioFigures result(Scenario scenario, int eventsPerSecond) {
        return new ScenarioFigures(scenario, List.of(Rounds.round(eventsPerSecond, 1_000)));
    }
}
