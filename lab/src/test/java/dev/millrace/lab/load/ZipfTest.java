package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ZipfTest {
    private static final int RANKS = 1_000;
    private static final int DRAWS = 1_000_000;

    @Test
    void theKthRankIsDrawnInProportionToOneByK() {
        Zipf zipf = new Zipf(RANKS);
        SplittableRandom random = new SplittableRandom(1);
        int[] counts = new int[RANKS];
        for (int i = 0; i < DRAWS; i++) {
            counts[zipf.draw(random)]++;
        }
        double harmonic =
                IntStream.rangeClosed(1, RANKS).mapToDouble(k -> 1.0 / k).sum();
        for (int rank : new int[] {0, 1, 9, 99}) {
            double expected = DRAWS / harmonic / (rank + 1);
            assertThat((double) counts[rank]).isBetween(expected * 0.9, expected * 1.1);
        }
        assertThat(IntStream.of(counts).filter(count -> count == 0)).isEmpty();
    }

    @Test
    void aSingleRankIsAlwaysDrawn() {
        assertThat(new Zipf(1).draw(new SplittableRandom(1))).isZero();
    }
}
