package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.command.Machine;
import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchReportTest {
    private static final BenchPlan PLAN = new BenchPlan(
            false,
            Set.of(),
            Set.of(),
            Set.of(),
            Duration.ofSeconds(20),
            2,
            Duration.ofSeconds(3),
            Duration.ofMinutes(1),
            42);
    private static final Machine MACHINE =
            new Machine(2, "a processor", 8_192, "Linux 6", "a VM 25", List.of("millrace: redis 7"), 90.5);

    @Test
    void aRunIsOneObjectOfMachineResultsAndFailures() {
        ScenarioFigures batches = new ScenarioFigures(
                Rounds.batches("millrace", Aof.ALWAYS, 1_000),
                List.of(Rounds.round(1_000, 500), Rounds.round(1_000, 500)));
        ScenarioFigures rows = new ScenarioFigures(
                new Scenario("row-update", new Case("clients-64", 1, 64), null, 1_000),
                List.of(Rounds.withoutRedis(1_000, 4_000, 999_000)));
        BenchReport report = BenchReport.of(PLAN, MACHINE, List.of(batches, rows), List.of("1 lost"));
        JsonNode json = JsonMapper.shared().readTree(report.json());
        assertThat(json.propertyNames())
                .containsExactly("machine", "results", "failures", "seed", "quick", "warmUpSeconds", "roundSeconds");
        assertThat(json.path("machine").toString())
                .isEqualTo("{\"cores\":2,\"processor\":\"a processor\",\"memoryMib\":8192,\"system\":\"Linux 6\","
                        + "\"java\":\"a VM 25\",\"servers\":[\"millrace: redis 7\"],\"seconds\":90.5}");
        assertThat(json.path("results").get(0).toString())
                .startsWith(
                        "{\"contestant\":\"millrace\",\"case\":\"batch-1000\",\"aof\":\"always\",\"creators\":1000,"
                                + "\"rounds\":2,\"eventsPerSecond\":2000,\"eventsPerSecondMin\":2000,"
                                + "\"eventsPerSecondMax\":2000,\"settledEventsPerSecond\":1923.08,\"requests\":2000,\"p50Ms\":500.")
                .contains(
                        "\"settleMs\":20,\"lost\":0,\"sentAgain\":4,\"ratios\":{\"row-update\":8},\"redisMicrosPerEvent\":2,"
                                + "\"cpuSecondsPerMillion\":{\"client\":250,\"redis\":500},"
                                + "\"statementsPerMillion\":4000,\"rowsPerMillion\":10000,\"bytesPerRemembered\":9}");
        assertThat(json.path("results").get(1).path("aof").isNull()).isTrue();
        assertThat(json.path("results").get(1).has("redisMicrosPerEvent")).isFalse();
        assertThat(json.path("results").get(1).path("bytesPerRemembered").isNull())
                .isTrue();
        assertThat(json.path("seed").asInt()).isEqualTo(42);
        assertThat(json.path("warmUpSeconds").asDouble()).isEqualTo(20);
        assertThat(json.path("roundSeconds").asDouble()).isEqualTo(3);
        assertThat(json.path("results").get(1).path("lost").asInt()).isEqualTo(1);
        assertThat(json.path("failures").get(0).asString()).isEqualTo("1 lost");
    }

    @Test
    void theTableShowsTheSame() {
        ScenarioFigures rows = new ScenarioFigures(
                new Scenario("row-update", new Case("clients-64", 1, 64), null, 1),
                List.of(Rounds.round(1_000, 4_000), Rounds.round(1_000, 1_000), Rounds.round(1_000, 2_000)));
        assertThat(BenchReport.of(PLAN, MACHINE, List.of(rows), List.of()).text())
                .startsWith("2 cores (a processor), 8,192 MiB, Linux 6, a VM 25\nmillrace: redis 7\n")
                .contains("row-update  clients-64  -           1       500  250  1,000      -       -      -")
                .contains("Seed 42, warmed up for 20 s, rounds of 3.0 s: the median one")
                .endsWith("1 results in 91 s. Nothing was lost, nothing was paid twice.\n");
    }
}
