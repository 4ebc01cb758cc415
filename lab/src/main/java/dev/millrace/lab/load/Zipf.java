package dev.millrace.lab.load;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws ranks so that the k-th is drawn in proportion to 1/k: few creators and articles get most of the readers. Thread-safe
 * as far as the random generator is.
 */
public final class Zipf {
    private final double[] upTo;

    /** @param ranks how many there are */
    public Zipf(int ranks) {
        upTo = new double[ranks];
        double sum = 0;
        for (int rank = 0; rank < ranks; rank++) {
            sum += 1.0 / (rank + 1);
            upTo[rank] = sum;
        }
    }

    /** A rank from 0, the most popular, to the number of ranks - 1. */
    public int draw(RandomGenerator random) {
        double point = random.nextDouble() * upTo[upTo.length - 1];
        int found = Arrays.binarySearch(upTo, point);
        return Math.min(upTo.length - 1, found >= 0 ? found + 1 : -found - 1);
    }
}
