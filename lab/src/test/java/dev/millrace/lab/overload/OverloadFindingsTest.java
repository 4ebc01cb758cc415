package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.command.ProgressPrinter;
import dev.millrace.lab.command.Spread;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.load.Score;
import dev.millrace.lab.overload.OverloadFindings.Promise;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OverloadFindingsTest {
    private static final Spread PEAK = new Spread(10_000, 10_000, 10_000);
    private static final Map<String, Long> SHED = Map.of("503 overloaded", 200L);
    private static final Overload.Plan PLAN = new Overload.Plan(Duration.ofSeconds(10), Case.SINGLE, Aof.ALWAYS, 1);

    private final OverloadFindings findings = new OverloadFindings(PLAN, new ProgressPrinter(System.out, 0));

    @BeforeEach
    void setPeak() {
        findings.peak = PEAK;
    }

    @Test
    void aPromiseThatHoldsIsToldWithItsFigures() {
        findings.levels.add(load(50, 5_000, 5, Map.of(), null));
        findings.levels.add(load(300, 9_000, 1_000, SHED, 4.25));
        flood(1.25, 20);
        assertThat(findings.promises()).allMatch(Promise::holds);
        assertThat(findings.promises())
                .extracting(Promise::measured)
                .containsExactly(
                        "at 300 %: {503 overloaded=200} of 300",
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
        findings.levels.add(load(150, 8_999, 2_100, Map.of(Score.LATE, 1L), null, 441));
        flood(1.26, Double.POSITIVE_INFINITY);
        assertThat(findings.promises())
                .extracting(Promise::holds)
                .containsExactly(false, false, false, false, false, false, false, true);
        assertThat(findings.promises())
                .extracting(Promise::measured)
                .contains("at 150 %: -", "x ∞ (over 1 % not accepted)", "1.26 s with, 1.00 s without");
        assertThat(findings.report().isGood()).isTrue();
    }

    @Test
    void thePeakItselfIsJudgedToo() {
        findings.levels.add(load(100, 8_999, 1_000, SHED, null));
        assertThat(findings.promises()).extracting(Promise::holds).containsExactly(true, false, true, true, true);
    }

    @Test
    void aRefusalThatDoesNotSayWhenToComeAgainBreaksAPromise() {
        findings.levels.add(load(100, 9_000, 1, Map.of("503 overloaded" + Score.WITHOUT_RETRY_AFTER, 1L), null));
        assertThat(findings.promises().getFirst().holds()).isFalse();
    }

    @Test
    void balancesAreReadSoonAndTakeLittle() {
        balances(4.9, 9_001);
        assertThat(findings.promises()).allMatch(Promise::holds);
        assertThat(findings.promises())
                .extracting(Promise::measured)
                .containsExactly("4.9 ms with 20 balances/s, 9.8 ms with 1,000 balances/s", "10 %", "exact");
        assertThat(findings.report().text())
                .contains(
                        "As many events as it takes: 10,000 (10,000-10,000)/s, with balances read 9,001 (9,001-9,001)/s")
                .contains("20 balances/s          100    4.90    4.90    4.90");
    }

    @Test
    void balancesThatComeLateOrCostMuchBreakPromises() {
        balances(5, 8_900);
        assertThat(findings.promises()).extracting(Promise::holds).containsExactly(false, false, true);
    }

    @Test
    void aRunThatLostSomethingFailsWhateverElseHolds() {
        findings.failures.add("a micro too many");
        assertThat(findings.promises()).extracting(Promise::holds).containsExactly(false);
        assertThat(findings.report().isGood()).isFalse();
        assertThat(findings.report().failures()).containsExactly("a micro too many");
    }

    @Test
    void withoutAPeakNothingIsMeasured() {
        findings.peak = new Spread(0, 0, 0);
        assertThat(findings.report().text()).isEmpty();
    }

    @Test
    void theTableAndTheFieldsHaveEachLevelAndEachRunOfTheFlood() {
        findings.levels.add(load(50, 5_000, 5, Map.of(), null));
        findings.levels.add(load(300, 9_000, 1_000, SHED, 4.25));
        flood(1.1, 20);
        assertThat(findings.report().text())
                .contains("single, aof always; peak 10,000 (10,000-10,000) events/s")
                .contains("300 %", "503 overloaded 200", "replays       100");
        assertThat(findings.report().fields())
                .containsOnlyKeys(
                        "case",
                        "aof",
                        "seed",
                        "seconds",
                        "peak",
                        "levels",
                        "balances",
                        "withoutReads",
                        "withReads",
                        "flood",
                        "promises")
                .containsEntry("levels", findings.levels);
    }

    private static LoadFigures load(
            int percent, double accepted, double millis, Map<String, Long> others, @Nullable Double backSeconds) {
        return load(percent, accepted, millis, others, backSeconds, 440);
    }

    private static LoadFigures load(
            int percent,
            double accepted,
            double millis,
            Map<String, Long> others,
            @Nullable Double backSeconds,
            long mib) {
        return load(percent + " %", percent, accepted, millis, others, backSeconds, mib, 1, null);
    }

    private static LoadFigures load(
            String name,
            int percent,
            double accepted,
            double millis,
            Map<String, Long> others,
            @Nullable Double backSeconds,
            long mib,
            double redisSeconds,
            LoadFigures.@Nullable Beside beside) {
        Percentiles times = times(millis);
        return new LoadFigures(
                name,
                percent,
                0,
                accepted,
                300,
                times,
                others,
                times(1),
                millis,
                backSeconds,
                7,
                400,
                mib,
                redisSeconds,
                beside,
                0);
    }

    private void flood(double redisSeconds, double p99) {
        findings.flood.add(load(30, 3_000, 10, Map.of(), null));
        LoadFigures.Beside replays = new LoadFigures.Beside(times(1), Map.of(), 0, 5);
        findings.flood.add(load("replays", 30, 3_000, p99, Map.of(), null, 440, redisSeconds, replays));
    }

    /** Read within so many milliseconds, by many within twice that; 10,000 events/s without reads, and so many with. */
    private void balances(double p99, double with) {
        findings.balances.add(followed("20 balances/s", p99));
        findings.balances.add(followed("1,000 balances/s", 2 * p99));
        findings.unread = PEAK;
        findings.read = new Spread(with, with, with);
    }

    private static LoadFigures followed(String name, double p99) {
        return load(name, 80, 8_000, 5, Map.of(), null, 440, 1, new LoadFigures.Beside(times(p99), Map.of(), 0, 0));
    }

    private static Percentiles times(double millis) {
        return new Percentiles(100, millis, millis, millis, millis);
    }
}
