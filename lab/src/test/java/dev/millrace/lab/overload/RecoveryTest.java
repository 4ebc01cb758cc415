package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private static final double PER_SECOND = 200;
    private static final long NORMAL = 10;

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
        Arrays.fill(nanos, 0, 300, Score.NEVER);
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
        assertThat(Recovery.after(new long[] {1, 11, 1, 1, 11, 1, 1, 1}, 3, NORMAL))
                .hasValue(5 / 3.0);
    }

    private static OptionalDouble after(long[] nanos) {
        return Recovery.after(nanos, PER_SECOND, NORMAL);
    }

    private static long[] arrivals(int count) {
        long[] nanos = new long[count];
        Arrays.fill(nanos, NORMAL);
        return nanos;
    }
}
