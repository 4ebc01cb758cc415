package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.server.Durability;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InsertRollupIT {
    private static final int EVENTS = 2_000;

    @TempDir
    private Path home;

    @Test
    void eachEventIsInTheBalancesOnceAndEachStatementAndRowIsCounted() throws Exception {
        try (InsertRollup contestant = InsertRollup.start(RealServers.place(home), Durability.RELAXED)) {
            SentTwice singles = play(contestant, "clients-8", 1_000);
            SentTwice batches = play(contestant, "batch-100", 1);
            assertThat(singles.counted()).isEqualTo(singles.micros());
            assertThat(batches.counted()).isEqualTo(batches.micros());
            assertThat(singles.requests()).isEqualTo(2 * EVENTS);
            assertThat(batches.requests()).isEqualTo(2 * EVENTS / 100);
            // Beside the inserts some roll-ups, which write each event once more and the balances of those that earned.
            assertThat(singles.spent().statements()).isBetween(2L * EVENTS + 2, 2L * EVENTS + 20);
            assertThat(batches.spent().statements()).isBetween(2L * EVENTS / 100 + 2, 2L * EVENTS / 100 + 20);
            assertThat(singles.spent().rowsWritten()).isBetween(2L * EVENTS + 1, 3L * EVENTS);
            assertThat(batches.spent().rowsWritten()).isBetween(2L * EVENTS + 1, 2L * EVENTS + 20);
        }
    }

    private static SentTwice play(Contestant contestant, String shape, int creators) throws Exception {
        return SentTwice.by(contestant, SentTwice.scenario(contestant, shape, creators), shape, EVENTS);
    }
}
