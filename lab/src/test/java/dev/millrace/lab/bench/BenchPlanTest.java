package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Case;
import dev.millrace.lab.stack.Aof;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BenchPlanTest {
    private static final Scenario BATCHES_OFF = Rounds.batches("millrace", Aof.OFF, 1_000);
    private static final Scenario BATCHES_ALWAYS = Rounds.batches("millrace", Aof.ALWAYS, 1);
    private static final Scenario SINGLE_OFF = new Scenario("millrace", Case.SINGLE, Aof.OFF, 1_000);
    private static final Scenario SINGLE_ALWAYS = new Scenario("millrace", Case.SINGLE, Aof.ALWAYS, 1_000);
    private static final Scenario ROWS = new Scenario("row-update", new Case("clients-64", 1, 64), null, 1);

    private static final Scenario FEW_ROWS = new Scenario("row-update", new Case("clients-8", 1, 8), null, 1);

    @Test
    void aFirstLookLeavesOutSmallCasesAndTheOtherSettingsOfRedisButForLargeBatches() {
        BenchPlan quick = plan(true, Set.of(), Set.of());
        assertThat(quick.takes(BATCHES_OFF)).isTrue();
        assertThat(quick.takes(Rounds.batches("millrace", Aof.OFF, 1))).isFalse();
        assertThat(quick.takes(BATCHES_ALWAYS)).isTrue();
        assertThat(quick.takes(SINGLE_OFF)).isFalse();
        assertThat(quick.takes(ROWS)).isTrue();
        assertThat(quick.takes(new Scenario("millrace", Scenario.FIXED, Aof.EVERYSEC, 1_000)))
                .as("the same rate for everybody")
                .isTrue();
        assertThat(quick.takes(FEW_ROWS)).isFalse();
        assertThat(quick.takes(Rounds.batches("naive-redis", Aof.ALWAYS, 1_000)))
                .isTrue();
        assertThat(quick.takes(Rounds.batches("naive-redis", Aof.OFF, 1_000))).isFalse();
        assertThat(quick.takes(Rounds.batches("naive-redis", Aof.ALWAYS, 1))).isFalse();
        assertThat(plan(false, Set.of(), Set.of()).takes(FEW_ROWS)).isTrue();
        assertThat(plan(true, Set.of("clients-8"), Set.of()).takes(FEW_ROWS))
                .as("asked for")
                .isTrue();
        assertThat(plan(false, Set.of(), Set.of()).takes(SINGLE_OFF)).isTrue();
        assertThat(plan(true, Set.of(), Set.of(Aof.OFF)).takes(SINGLE_OFF))
                .as("asked for")
                .isTrue();
    }

    @Test
    void onlyTheCasesAndSettingsThatAreAskedForAreMeasured() {
        BenchPlan plan = plan(false, Set.of("batch-1000", "clients-64"), Set.of(Aof.ALWAYS));
        assertThat(plan.takes(BATCHES_ALWAYS)).isTrue();
        assertThat(plan.takes(BATCHES_OFF)).isFalse();
        assertThat(plan.takes(SINGLE_ALWAYS)).isFalse();
        assertThat(plan.takes(ROWS)).as("has no such setting").isTrue();
    }

    @Test
    void halfOfAPeakTakesTheCaseThatShowsThePeak() {
        assertThat(plan(false, Set.of("single-half-peak"), Set.of()).takes(SINGLE_ALWAYS))
                .isTrue();
    }

    private static BenchPlan plan(boolean quick, Set<String> cases, Set<Aof> aofs) {
        return new BenchPlan(
                quick, Set.of(), cases, aofs, Duration.ZERO, 1, Duration.ofSeconds(1), Duration.ofMinutes(1), 1);
    }
}
