package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.local.server.Durability;
import dev.millrace.local.testing.RealServers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaStreamsTotalsIT {
    private static final int EVENTS = 3_000;

    @TempDir
    private Path home;

    @Test
    void eachEventIsInTheBalancesOnceByTheTimeTheRoundIsSettled() throws Exception {
        try (KafkaStreamsTotals contestant = new KafkaStreamsTotals(RealServers.place(home), Durability.RELAXED)) {
            SentTwice spread = play(contestant, "batch-100", 1_000);
            SentTwice viral = play(contestant, "batch-1000", 1);
            assertThat(spread.counted()).isEqualTo(spread.micros());
            assertThat(viral.counted()).isEqualTo(viral.micros());
            assertThat(spread.requests()).isEqualTo(2 * EVENTS / 100);
            assertThat(viral.requests()).isEqualTo(2 * EVENTS / 1_000);
            // Some commits of the sink, each at most a statement for the totals and one for the offsets.
            assertThat(viral.spent().statements()).isBetween(2L, 200L);
            assertThat(viral.spent().rowsWritten()).isBetween(2L, 200L);
        }
    }

    private static SentTwice play(Contestant contestant, String shape, int creators) throws Exception {
        return SentTwice.by(contestant, SentTwice.scenario(contestant, shape, creators), shape, EVENTS);
    }
}
