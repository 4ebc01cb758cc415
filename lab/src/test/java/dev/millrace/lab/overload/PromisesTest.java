package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.report.Machine;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PromisesTest {
    private static final Memory FLAT = new Memory(300, 400, 440, 410, 200);

    @Test
    void whatHoldsIsToldWithItsFigures() {
        Outcome outcome = Outcomes.of(
                List.of(
                        Outcomes.level(50, 5_000, Outcomes.score(100, 5, 0), FLAT, null),
                        Outcomes.level(300, 9_000, Outcomes.score(100, 1_000, 200), FLAT, 4.25)),
                List.of(
                        Outcomes.flood(1, Outcomes.score(100, 10, 0), null),
                        Outcomes.flood(1.25, Outcomes.score(100, 20, 0), Outcomes.score(5, 1, 7))));
        assertThat(Promises.of(outcome)).allMatch(Promise::holds);
        assertThat(measured(outcome))
                .containsExactly(
                        "at 300 %: 503 overloaded: 200 of 300; 0 without Retry-After, 0 late, 0 broken",
                        "at 300 %: 90 %",
                        "at 300 %: 1,000 ms",
                        "at 300 %: 440 after 400 MiB, 200 of them alive",
                        "at 300 %: 4.3 s",
                        "x 2.0",
                        "1.25 s with, 1.00 s without",
                        "exact");
    }

    @Test
    void whatDoesNotHoldIsToldTooAndFailsNothing() {
        Score silent = Outcomes.score(100, 2_100, 0);
        silent.addLate();
        Outcome outcome = Outcomes.of(
                List.of(Outcomes.level(150, 8_999, silent, new Memory(300, 400, 441, 441, 200), null)),
                List.of(
                        Outcomes.flood(1, Outcomes.score(100, 10, 0), null),
                        Outcomes.flood(1.26, Outcomes.score(98, 10, 2), Outcomes.score(5, 1, 7))));
        assertThat(Promises.of(outcome).stream().map(Promise::holds))
                .containsExactly(false, false, false, false, false, false, false, true);
        assertThat(measured(outcome))
                .contains("at 150 %: not within 6 s", "x ∞ (over 1 % not accepted)", "1.26 s with, 1.00 s without");
        assertThat(outcome.isGood()).isTrue();
    }

    @Test
    void thePeakItselfIsJudgedToo() {
        Outcome outcome = Outcomes.of(
                List.of(Outcomes.level(100, 8_999, Outcomes.score(100, 1_000, 200), FLAT, null)), List.of());
        assertThat(Promises.of(outcome).stream().map(Promise::holds)).containsExactly(true, false, true, true, true);
        assertThat(measured(outcome)).contains("at 100 %: 90 %", "at 100 %: 1,000 ms");
    }

    @Test
    void balancesAreReadSoonAndTakeLittle() {
        Outcome good = Outcomes.of(List.of(), List.of(), Outcomes.balances(4.9, 9_001));
        assertThat(Promises.of(good)).allMatch(Promise::holds);
        assertThat(measured(good)).containsExactly("4.9 ms with 20 reads a second, 9.8 ms with 1,000", "10 %", "exact");
        Outcome bad = Outcomes.of(List.of(), List.of(), Outcomes.balances(5, 8_900));
        assertThat(Promises.of(bad).stream().map(Promise::holds)).containsExactly(false, false, true);
        Machine machine = new Machine(2, "a processor", 1_024, "a system", "a java");
        assertThat(Table.of(good, machine))
                .contains("with 20 balances a second: 8,000 events/s", "with 1,000 balances read a second 9,001/s");
        assertThat(JsonMapper.shared()
                        .readTree(ResultsJson.of(good, machine))
                        .path("balances")
                        .path("followed")
                        .path(0)
                        .path("reads")
                        .path("p99Ms")
                        .asDouble())
                .isEqualTo(4.9);
    }

    @Test
    void whatWasNotRunPromisesNothingButExactness() {
        Outcome outcome = Outcomes.of(List.of(), List.of(), "level of 50 %: 1 micros too many");
        assertThat(Promises.of(outcome)).extracting(Promise::holds).containsExactly(false);
        assertThat(outcome.isGood()).isFalse();
    }

    @Test
    void theTableAndTheJsonHaveALineForEachLevelAndEachRunOfTheFlood() {
        Outcome outcome = Outcomes.of(
                List.of(
                        Outcomes.level(50, 5_000, Outcomes.score(100, 5, 0), FLAT, null),
                        Outcomes.level(300, 9_000, Outcomes.score(100, 1_000, 200), FLAT, 4.25)),
                List.of(
                        Outcomes.flood(1, Outcomes.score(100, 10, 0), null),
                        Outcomes.flood(1.1, Outcomes.score(100, 20, 0), Outcomes.score(5, 1, 7))));
        Machine machine = new Machine(2, "a processor", 1_024, "a system", "a java");
        assertThat(Table.of(outcome, machine))
                .contains(
                        "single, aof always, 10 s each; peak 10,000 events/s (10,000-10,000)",
                        " 50 %      5,000       5,000     50 %",
                        "503 overloaded: 200",
                        "202: 5 (0 duplicates, 5 counted), 503 overloaded: 7; 0 late, 0 broken",
                        "redis 1.3",
                        "99 s. Nothing was lost, nothing was paid twice.");
        JsonNode json = JsonMapper.shared().readTree(ResultsJson.of(outcome, machine));
        assertThat(json.path("levels")
                        .path(1)
                        .path("shed")
                        .path("503 overloaded")
                        .asInt())
                .isEqualTo(200);
        assertThat(json.path("levels").path(1).path("backAfterSeconds").asDouble())
                .isEqualTo(4.25);
        assertThat(json.path("flood").path(1).path("replays").path("accepted").asInt())
                .isEqualTo(5);
        assertThat(json.path("promises").size()).isEqualTo(8);
    }

    @Test
    void aPercentileOfAllArrivalsCountsTheRefusedAsNever() {
        Score score = Outcomes.score(99, 7, 1);
        assertThat(score.millisForAll(99)).isEqualTo(7);
        assertThat(Outcomes.score(98, 7, 2).millisForAll(99)).isInfinite();
        assertThat(score.shed()).isEqualTo(Map.of("503 overloaded", 1L));
    }

    private static List<String> measured(Outcome outcome) {
        return Promises.of(outcome).stream().map(Promise::measured).collect(Collectors.toList());
    }
}
