package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** When a server is back to normal after a level, and percentiles of all arrivals. */
class ScoreTest {
    private static final double PER_SECOND = 200;
    private static final long NORMAL = 10;

    /** An arrival that was not accepted. */
    private static final long NEVER = Long.MAX_VALUE;

    @Test
    void aServerThatIsNormalFromTheFirstArrivalIsBackAtOnce() {
        assertThat(after(arrivals(1_000))).hasValue(0);
    }

    @Test
    void itIsBackWhenASecondBeginsOfWhichOneInAHundredIsSlow() {
        long[] nanos = arrivals(1_000);
        Arrays.fill(nanos, 0, 500, 11);
        assertThat(after(nanos)).hasValue(498 / PER_SECOND);
    }

    @Test
    void oneThatFallsBackWasNotBackBefore() {
        long[] nanos = arrivals(1_000);
        Arrays.fill(nanos, 400, 403, 11);
        assertThat(after(nanos)).hasValue(401 / PER_SECOND);
    }

    @Test
    void whoIsRefusedIsSlow() {
        long[] nanos = arrivals(1_000);
        Arrays.fill(nanos, 0, 300, NEVER);
        assertThat(after(nanos)).hasValue(298 / PER_SECOND);
    }

    @Test
    void lessThanASecondShowsNothing() {
        long[] nanos = arrivals(400);
        Arrays.fill(nanos, 0, 300, 11);
        assertThat(after(nanos)).isEmpty();
        assertThat(after(arrivals(199))).isEmpty();
    }

    @Test
    void atFewArrivalsASecondAllHaveToBeNormal() {
        assertThat(score(new long[] {1, 11, 1, 1, 11, 1, 1, 1}).normalAfter(3, NORMAL))
                .hasValue(5 / 3.0);
    }

    private static OptionalDouble after(long[] nanos) {
        return score(nanos).normalAfter(PER_SECOND, NORMAL);
    }

    @Test
    void aPercentileOfAllArrivalsCountsTheRefusedAsNever() {
        long[] nanos = new long[100];
        Arrays.fill(nanos, 7_000_000);
        nanos[3] = NEVER;
        assertThat(score(nanos).millisForAll(99)).isBetween(7.0, 7.01);
        nanos[4] = NEVER;
        assertThat(score(nanos).millisForAll(99)).isInfinite();
    }

    /** Of arrivals that were accepted after so long each, but for those of {@link #NEVER}. */
    private static Score score(long[] nanos) {
        Score score = new Score(nanos.length);
        for (int i = 0; i < nanos.length; i++) {
            score.due(i, i);
            if (nanos[i] == NEVER) {
                score.refused(i, i + 1, "503 overloaded");
            } else {
                score.accepted(i, i + nanos[i]);
            }
        }
        return score;
    }

    private static long[] arrivals(int count) {
        long[] nanos = new long[count];
        Arrays.fill(nanos, NORMAL);
        return nanos;
    }
}
