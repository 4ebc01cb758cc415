package dev.millrace.lab.overload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.load.Traffic;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final long BEGAN = -3_000_000; // System.nanoTime() may be below zero.
    private static final long MILLI = 1_000_000;
    private static final Arrivals.Phase LEVEL = new Arrivals.Phase(100, Duration.ofMillis(50));
    private static final Arrivals.Phase RETURN = new Arrivals.Phase(200, Duration.ofMillis(20));

    @Test
    void eachArrivalHasItsMomentAndPhasesFollowEachOther() {
        Arrivals arrivals = begun(tokens(9), LEVEL, RETURN);
        assertThat(arrivals.score(0).arrivals()).isEqualTo(5);
        assertThat(arrivals.score(1).arrivals()).isEqualTo(4);
        for (int arrival = 0; arrival < 9; arrival++) {
            long moment = arrival < 5 ? arrival * 10L : 50 + (arrival - 5) * 5L;
            assertThat(arrivals.next(at(moment) - 1)).isEqualTo(Traffic.NOTHING);
            assertThat(arrivals.untilNext(at(moment) - 1)).isEqualTo(1);
            assertThat(arrivals.next(at(moment))).isEqualTo(arrival);
        }
        assertThat(arrivals.next(at(1_000))).isEqualTo(Traffic.NOTHING);
        assertThat(arrivals.untilNext(at(1_000))).isEqualTo(Long.MAX_VALUE);
        assertThat(arrivals.isFinished()).as("nine are under way").isFalse();
    }

    @Test
    void timeCountsFromTheMomentAlsoWhileNoConnectionIsFree() {
        Arrivals arrivals = begun(tokens(5), LEVEL);
        assertThat(arrivals.next(at(30))).isZero(); // It was due at 0.
        arrivals.answered(0, MadeUpReply.accepted(1, 0, 0), at(37));
        assertThat(arrivals.score(0).times().maxMs()).isBetween(37.0, 37.1);
        assertThat(arrivals.score(0).millisForAll(20)).isEqualTo(37);
        assertThat(arrivals.score(0).millisForAll(40)).isInfinite();
        assertThat(arrivals.next(at(37))).isEqualTo(1);
        arrivals.answered(1, MadeUpReply.overloaded(1), at(38));
        assertThat(arrivals.score(0).refusals().maxMs()).isBetween(28.0, 28.1);
        assertThat(arrivals.score(0).refusals().requests()).isEqualTo(1);
    }

    @Test
    void anArrivalIsAnsweredOnceAndItsTokensServeTheNext() {
        TokenSupply tokens = tokens(1);
        Arrivals arrivals = begun(tokens, LEVEL);
        for (int arrival = 0; arrival < 4; arrival++) {
            assertThat(arrivals.next(at(40))).isEqualTo(arrival);
            arrivals.answered(arrival, MadeUpReply.overloaded(arrival == 2 ? 0 : 1), at(41));
        }
        assertThat(arrivals.next(at(41))).isEqualTo(4);
        arrivals.answered(4, MadeUpReply.accepted(1, 0, 0), at(60));
        assertThat(arrivals.isFinished()).isTrue();
        assertThat(tokens.sent()).isEqualTo(1);
        Score score = arrivals.score(0);
        assertThat(score.others()).isEqualTo(Map.of("503 overloaded", 3L, "503 overloaded without Retry-After", 1L));
        assertThat(score.times().requests()).isEqualTo(1);
        assertThat(score.acceptedInTime()).as("the level was over at 50 ms").isZero();
    }

    @Test
    void withoutTokensArrivalsWaitAndAreGivenUpAfterTheirPatience() {
        Arrivals arrivals = begun(tokens(1), LEVEL);
        long patience = Arrivals.PATIENCE.toMillis();
        assertThat(arrivals.next(at(0))).isZero();
        assertThat(arrivals.next(at(45))).isEqualTo(Traffic.NOTHING);
        assertThat(arrivals.untilNext(at(45))).isEqualTo((patience + 10 - 45) * MILLI);
        assertThat(arrivals.next(at(patience + 40))).isEqualTo(Traffic.NOTHING);
        assertThat(arrivals.score(0).others()).isEqualTo(Map.of(Score.LATE, 4L));
        assertThat(arrivals.isFinished()).isFalse();
        arrivals.unanswered(0, Traffic.Silence.BROKEN, at(patience + 40));
        assertThat(arrivals.score(0).others()).isEqualTo(Map.of(Score.LATE, 4L, Score.BROKEN, 1L));
        assertThat(arrivals.isFinished()).isTrue();
    }

    @Test
    void whatIsUnderWayHasItsDeadlineFromWhenItWasSent() {
        Arrivals arrivals = begun(tokens(5), LEVEL);
        assertThat(arrivals.next(at(5))).isZero();
        assertThat(arrivals.deadline(0)).isEqualTo(at(5) + Arrivals.PATIENCE.toNanos());
        arrivals.unanswered(0, Traffic.Silence.LATE, arrivals.deadline(0));
        assertThat(arrivals.score(0).others()).isEqualTo(Map.of(Score.LATE, 1L));
    }

    @Test
    void anAnswerThatNobodyExpectsIsKept() {
        TokenSupply tokens = tokens(5);
        Arrivals arrivals = begun(tokens, LEVEL);
        assertThat(arrivals.next(at(0))).isZero();
        arrivals.answered(0, new MadeUpReply(500, 0, "oops"), at(1));
        assertThat(arrivals.score(0).complaint()).isEqualTo("500 oops");
        assertThat(arrivals.next(at(10))).isEqualTo(1);
        arrivals.answered(1, new MadeUpReply(408, 0, ""), at(11));
        assertThat(arrivals.score(0).others()).isEqualTo(Map.of("unexpected", 1L, Score.LATE, 1L));
        assertThat(tokens.open()).hasSize(2);
    }

    private static Arrivals begun(TokenSupply supply, Arrivals.Phase... phases) {
        Arrivals arrivals = new Arrivals(List.of(phases), supply);
        arrivals.begin(BEGAN);
        return arrivals;
    }

    private static TokenSupply tokens(int count) {
        return TokenSupply.fresh(Collections.nCopies(count, ByteBuffer.allocate(1)));
    }

    private static long at(long millis) {
        return BEGAN + millis * MILLI;
    }
}
