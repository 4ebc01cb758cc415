package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.stack.Aof;
import dev.millrace.lab.stack.Stage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NaiveRedisIT {
    private static final int EVENTS = 2_000;

    /** Surefire says where the module is; the root is the folder above it. */
    private static final Path ROOT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .resolve("..")
            .normalize();

    @TempDir
    private Path home;

    @Test
    void naiveRedisCountsEachEventOnce() throws Exception {
        try (NaiveRedis contestant = new NaiveRedis(new Stage(ROOT, home, _ -> {}))) {
            SentTwice round = playAll(contestant);
            assertThat(round.spent().remembered()).isEqualTo(EVENTS);
            assertThat(round.spent().redisBytes()).isBetween(60L * EVENTS, 300L * EVENTS);
        }
    }

    /** Among many creators every setting, and a single one with requests of a single event; the last round. */
    private static SentTwice playAll(NaiveRedis contestant) throws Exception {
        List<SentTwice> rounds = new ArrayList<>();
        for (Scenario scenario : NaiveRedis.SCENARIOS) {
            boolean viral = scenario.creators() == 1;
            if (viral ? isSingle(scenario) : scenario.shape().batch() == 1_000) {
                rounds.add(play(contestant, scenario, "r" + rounds.size()));
            }
        }
        return rounds.getLast();
    }

    private static boolean isSingle(Scenario scenario) {
        return scenario.shape().batch() == 1 && scenario.aof() == Aof.ALWAYS;
    }

    private static SentTwice play(NaiveRedis contestant, Scenario scenario, String name) throws Exception {
        SentTwice round = SentTwice.by(contestant, scenario, name, EVENTS);
        assertThat(round.counted()).as(scenario.toString()).isEqualTo(round.micros());
        assertThat(round.requests())
                .isEqualTo(2L * Math.ceilDiv(EVENTS, scenario.shape().batch()));
        // One row for each counter that was not 0 when the counters were taken.
        assertThat(round.spent().rowsWritten())
                .isEqualTo(round.spent().statements())
                .isPositive();
        assertThat(round.spent().statements()).isLessThan(EVENTS);
        return round;
    }
}
