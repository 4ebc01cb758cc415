package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Events;
import dev.millrace.lab.stack.Aof;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScenarioFiguresTest {
    private static final Scenario SCENARIO = Rounds.batches("millrace", Aof.ALWAYS, 1_000);

    @Test
    void figuresAreThoseOfTheMedianRoundAndCostsThoseOfAMillionEvents() {
        List<RoundFigures> rounds =
                List.of(Rounds.round(1_000, 1_000), Rounds.round(1_000, 500), Rounds.round(2_000, 250));
        ScenarioFigures result = new ScenarioFigures(SCENARIO, rounds);
        assertThat(result.eventsPerSecond()).isEqualTo(new Spread(1_000, 2_000, 8_000));
        assertThat(result.times().p50Ms()).isCloseTo(500, within(1.0));
        assertThat(result.times().p99Ms()).isCloseTo(990, within(1.0));
        assertThat(result.times().p999Ms()).isCloseTo(999, within(1.0));
        assertThat(result.settleMs()).isEqualTo(20);
        assertThat(result.times().requests()).isEqualTo(3_000);
        assertThat(result.settledPerSecond()).isCloseTo(1_000 / 0.52, within(0.01));
        assertThat(result.cpuSecondsPerMillion()).isEqualTo(Map.of("redis", 375.0, "client", 187.5));
        assertThat(result.statementsPerMillion()).isEqualTo(3_000);
        assertThat(result.rowsPerMillion()).isEqualTo(7_500);
        assertThat(result.redisMicros()).isEqualTo(2);
        assertThat(result.bytesPerRemembered()).isEqualTo(9);
        assertThat(result.lost()).isZero();
        assertThat(result.sentAgain()).isEqualTo(6);
    }

    @Test
    void aRoundThatPaysTooMuchHidesNoneThatPaysTooLittle() {
        RoundFigures short1 = Rounds.round(1_000, 100, 1_000 * Events.MICROS - 1);
        RoundFigures double3 = Rounds.round(1_000, 100, 1_003 * Events.MICROS);
        assertThat(short1.lost()).isEqualTo(1);
        assertThat(double3.lost()).isEqualTo(-3);
        assertThat(new ScenarioFigures(SCENARIO, List.of(short1, double3)).lost())
                .isEqualTo(1);
        assertThat(new ScenarioFigures(SCENARIO, List.of(double3)).lost()).isEqualTo(-3);
    }
}
