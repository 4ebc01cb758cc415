package dev.millrace.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.lab.report.Machine;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class FindingsTest {
    private static final Machine MACHINE = new Machine(2, "any", 1_024, "Linux", "Java");

    @Test
    void theSlowestNumberOfCreatorsIsHeldAgainstTheFastestByMedians() {
        Map<Growth.Size, List<Growth.Round>> rounds = new LinkedHashMap<>();
        rounds.put(new Growth.Size(1_000, false), List.of(round(50_000), round(10), round(40_000)));
        rounds.put(new Growth.Size(100_000, false), List.of(round(30_000), round(30_000), round(90_000)));
        rounds.put(new Growth.Size(1_000, true), List.of(round(20_000)));
        rounds.put(new Growth.Size(100_000, true), List.of(round(10_000)));
        Growth growth = new Growth(rounds, List.of());
        assertThat(growth.loss(false)).isCloseTo(0.25, within(1e-9));
        assertThat(growth.loss(true)).isCloseTo(0.5, within(1e-9));
        assertThat(growth.text())
                .contains("The slowest is 25 % slower than the fastest, 50 % where", "100,000        empty    30,000");
    }

    @Test
    void rowsOfTheLedgerAndOfEngagementAreCountedApart() {
        Map<String, Long> rows =
                Map.of("posting", 101L, "balance", 101L, "engagement", 400L, "article_score", 300L, "journal", 1L);
        Work work = new Work(
                100,
                Duration.ofSeconds(60),
                5_000,
                20_200,
                30,
                10,
                1,
                rows,
                400,
                List.of(),
                List.of("a micro is missing"));
        assertThat(work.ledgerRows()).isEqualTo(202);
        assertThat(work.engagementRows()).isEqualTo(700);
        var json = JsonMapper.shared().readTree(new Findings(MACHINE, 7, List.of(work)).json());
        assertThat(json.path("database").path("ledgerRowsPercent").asDouble()).isEqualTo(1.0);
        assertThat(json.path("database").path("statementsPercent").asDouble()).isCloseTo(0.19802, within(1e-5));
        assertThat(json.path("failures").get(0).asString()).isEqualTo("database: a micro is missing");
    }

    @Test
    void aSettlementIsHeldAgainstTheSumOfItsCopies() {
        Map<String, BareCopy.Copied> copied = new LinkedHashMap<>();
        copied.put("posting", copied(100, 300));
        copied.put("balance", copied(50, 150));
        copied.put("engagement", copied(50, 50));
        Settlements.Round round = new Settlements.Round(
                "known",
                10,
                600,
                1.5,
                0,
                1,
                Map.of("posting", 10L),
                0,
                0,
                Map.of(),
                List.of(),
                copied,
                Settlements.Load.NONE);
        Settlements settlements = new Settlements("256m", 1, List.of(round), List.of());
        var json = JsonMapper.shared().readTree(new Findings(MACHINE, 7, List.of(settlements)).json());
        var first = json.path("settlement").path("rounds").get(0);
        assertThat(first.path("timesBareCopy").asDouble()).isEqualTo(3);
        assertThat(first.path("timesIndexedCopy").asDouble()).isEqualTo(1.2);
        assertThat(first.path("cpuTimesIndexedCopy").asDouble()).isEqualTo(0.5);
        assertThat(first.path("timesBareCopyOfLedger").asDouble()).isEqualTo(4);
    }

    @Test
    void aSteadyLoadFillsItsLastRequest() {
        assertThat(List.of(SteadyLoad.whole(1), SteadyLoad.whole(100), SteadyLoad.whole(101)))
                .containsExactly(100, 100, 200);
    }

    private static BareCopy.Copied copied(double bare, double indexed) {
        return new BareCopy.Copied(10, new BareCopy.Took(bare, 0.5), new BareCopy.Took(indexed, 1));
    }

    private static Growth.Round round(double eventsPerSecond) {
        return new Growth.Round(eventsPerSecond, 1);
    }
}
