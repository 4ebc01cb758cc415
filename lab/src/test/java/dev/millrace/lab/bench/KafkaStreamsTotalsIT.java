package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.stack.Stage;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class KafkaStreamsTotalsIT {
    private static final int EVENTS = 3_000;

    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    @TempDir
    private Path home;

    @Test
    void eachEventIsInTheBalancesOnceByTheTimeTheRoundIsSettled() throws Exception {
        try (KafkaStreamsTotals contestant = new KafkaStreamsTotals(new Stage(ROOT, home, _ -> {}))) {
            SentTwice spread = play(contestant, "batch-100", 1_000);
            SentTwice viral = play(contestant, "batch-1000", 1);
            assertThat(spread.counted()).isEqualTo(spread.micros());
            assertThat(viral.counted()).isEqualTo(viral.micros());
            assertThat(spread.requests()).isEqualTo(2 * EVENTS / 100);
            assertThat(viral.requests()).isEqualTo(2 * EVENTS / 1_000);
            // Some commits of the sink, each a statement for the totals.
            assertThat(viral.spent().statements()).isBetween(1L, 200L);
            assertThat(viral.spent().rowsWritten()).isBetween(1L, 200L);
        }
    }

    private static SentTwice play(Contestant contestant, String shape, int creators) throws Exception {
        return SentTwice.by(contestant, scenario(shape, creators), shape, EVENTS);
    }

    private static Scenario scenario(String shape, int creators) {
        return KafkaStreamsTotals.SCENARIOS.stream()
                .filter(scenario -> scenario.shape().name().equals(shape) && scenario.creators() == creators)
                .findFirst()
                .orElseThrow();
    }
}
