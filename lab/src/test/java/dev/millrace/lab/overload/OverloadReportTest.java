package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.overload.OverloadReport.Balances;
import dev.millrace.lab.overload.OverloadReport.Followed;
import dev.millrace.lab.overload.OverloadReport.Load;
import dev.millrace.lab.overload.OverloadReport.Promise;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class OverloadReportTest {
    private static final double PEAK = 10_000;
    private static final Map<String, Long> SHED = Map.of("503 overloaded", 200L);

    @Test
    void aPromiseThatHoldsIsToldWithItsFigures() {
        OverloadReport report = report(
                List.of(load(50, 5_000, 5, Map.of(), null), load(300, 9_000, 1_000, SHED, 4.25)),
                null,
                List.of(flood(1, 10, null), flood(1.25, 20, "202: 5 (5 events duplicate, 0 counted)")));
        assertThat(report.promises()).allMatch(Promise::holds);
        assertThat(report.promises())
                .extracting(Promise::measured)
                .containsExactly(
                        "at 300 %: 503 overloaded: 200 of 300",
                        "at 300 %: 90 %",
                        "at 300 %: 1,000 ms",
                        "at 300 %: 440 after 400 MiB",
                        "at 300 %: 4.3 s",
                        "x 2.0",
                        "1.25 s with, 1.00 s without",
                        "exact");
    }

    @Test
    void aPromiseThatDoesNotHoldIsToldTooAndFailsNothing() {
        Load late = new Load(
                150,
                15_000,
                8_999,
                101,
                times(2_100),
                Map.of(Score.LATE, 1L),
                times(1),
                2_100,
                null,
                7,
                400,
                441,
                1,
                null,
                0);
        OverloadReport report =
                report(List.of(late), null, List.of(flood(1, 10, null), flood(1.26, Double.POSITIVE_INFINITY, "none")));
        assertThat(report.promises())
                .extracting(Promise::holds)
                .containsExactly(false, false, false, false, false, false, false, true);
        assertThat(report.promises())
                .extracting(Promise::measured)
                .contains("at 150 %: -", "x ∞ (over 1 % not accepted)", "1.26 s with, 1.00 s without");
        assertThat(report.text()).contains("Nothing was lost, nothing was paid twice.");
    }

    @Test
    void thePeakItselfIsJudgedToo() {
        OverloadReport report = report(List.of(load(100, 8_999, 1_000, SHED, null)), null, List.of());
        assertThat(report.promises()).extracting(Promise::holds).containsExactly(true, false, true, true, true);
    }

    @Test
    void aRefusalThatDoesNotSayWhenToComeAgainBreaksAPromise() {
        Map<String, Long> silent = Map.of("503 overloaded" + Score.WITHOUT_RETRY_AFTER, 1L);
        OverloadReport report = report(List.of(load(100, 9_000, 1, silent, null)), null, List.of());
        assertThat(report.promises().getFirst().holds()).isFalse();
    }

    @Test
    void balancesAreReadSoonAndTakeLittle() {
        OverloadReport good = report(List.of(), balances(4.9, 9_001), List.of());
        assertThat(good.promises()).allMatch(Promise::holds);
        assertThat(good.promises())
                .extracting(Promise::measured)
                .containsExactly("4.9 ms with 20 reads a second, 9.8 ms with 1,000 reads a second", "10 %", "exact");
        assertThat(report(List.of(), balances(5, 8_900), List.of()).promises())
                .extracting(Promise::holds)
                .containsExactly(false, false, true);
        assertThat(good.text())
                .contains("As many events as it takes: 10,000 (10,000-10,000)/s, with balances read 9,001")
                .contains("20 balances a second: 100 answered, p50 4.9 ms, p99 4.9 ms");
    }

    @Test
    void aRunThatLostSomethingFailsWhateverElseHolds() {
        OverloadReport report = new OverloadReport(
                machine(), "single", "always", 1, 10, peak(), List.of(), null, List.of(), List.of("a micro too many"));
        assertThat(report.promises()).extracting(Promise::holds).containsExactly(false);
        assertThat(report.text()).endsWith("FAILED:\n  a micro too many\n");
    }

    @Test
    void theTableAndTheJsonHaveEachLevelAndEachRunOfTheFlood() {
        OverloadReport report = report(
                List.of(load(50, 5_000, 5, Map.of(), null), load(300, 9_000, 1_000, SHED, 4.25)),
                null,
                List.of(flood(1, 10, null), flood(1.1, 20, "202: 5")));
        assertThat(report.text())
                .contains("single, aof always, 10 s each; peak 10,000 (10,000-10,000) events/s")
                .contains("50 %", "503 overloaded: 200", "all accepted; replays 202: 5");
        JsonNode json = JsonMapper.shared().readTree(report.json());
        assertThat(json.propertyNames())
                .containsExactly(
                        "machine",
                        "case",
                        "aof",
                        "seed",
                        "seconds",
                        "peak",
                        "levels",
                        "balances",
                        "flood",
                        "failures",
                        "promises");
        assertThat(json.path("levels")
                        .path(1)
                        .path("others")
                        .path("503 overloaded")
                        .asInt())
                .isEqualTo(200);
        assertThat(json.path("levels").path(1).path("backSeconds").asDouble()).isEqualTo(4.25);
        assertThat(json.path("promises").size()).isEqualTo(8);
    }

    private static OverloadReport report(List<Load> levels, @Nullable Balances balances, List<Load> flood) {
        return new OverloadReport(machine(), "single", "always", 1, 10, peak(), levels, balances, flood, List.of());
    }

    private static Machine machine() {
        return new Machine(2, "a processor", 1_024, "a system", "a java", List.of("redis"), 99);
    }

    private static Spread peak() {
        return new Spread(PEAK, PEAK, PEAK);
    }

    private static Load load(
            int percent, double accepted, double millis, Map<String, Long> others, @Nullable Double backSeconds) {
        return new Load(
                percent,
                PEAK * percent / 100,
                accepted,
                300,
                times(millis),
                others,
                times(1),
                millis,
                backSeconds,
                7,
                400,
                440,
                1,
                null,
                0);
    }

    private static Load flood(double redisSeconds, double p99, @Nullable String replays) {
        return new Load(
                30,
                3_000,
                3_000,
                100,
                times(p99),
                Map.of(),
                times(1),
                p99,
                null,
                7,
                400,
                440,
                redisSeconds,
                replays,
                0);
    }

    /** Read within so many milliseconds, by many within twice that; 10,000 events/s without reads, and so many with. */
    private static Balances balances(double p99, double with) {
        Load events = load(80, 8_000, 5, Map.of(), null);
        return new Balances(
                List.of(new Followed(20, 0, times(p99), events), new Followed(1_000, 0, times(2 * p99), events)),
                peak(),
                new Spread(with, with, with));
    }

    private static Percentiles times(double millis) {
        return new Percentiles(100, millis, millis, millis, millis);
    }
}
