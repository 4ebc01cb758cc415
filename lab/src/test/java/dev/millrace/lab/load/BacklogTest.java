package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class BacklogTest {
    private static final long BEGAN = -5; // System.nanoTime() may be below zero.

    @Test
    void inAnOpenLoopARequestIsDueAtItsMomentAndItsTimeCountsFromThen() {
        Backlog backlog = new Backlog(3, new Drive.OpenLoop(1_000), BEGAN);
        assertThat(backlog.next(BEGAN)).isZero();
        assertThat(backlog.next(BEGAN)).isEqualTo(Backlog.NOTHING);
        assertThat(backlog.untilNext(BEGAN)).isEqualTo(1_000_000);
        long late = BEGAN + 5_000_000;
        assertThat(backlog.next(late)).isEqualTo(1);
        assertThat(backlog.next(late)).isEqualTo(2);
        assertThat(backlog.since(2)).isEqualTo(BEGAN + 2_000_000);
        assertThat(backlog.untilNext(late)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatIsNotSentWhenTheLoopIsOverIsLeftOutAndTheRestIsWaitedFor() {
        AtomicBoolean over = new AtomicBoolean();
        Backlog backlog = new Backlog(3, new Drive.Until(new Drive.OpenLoop(1_000), over::get), BEGAN);
        assertThat(backlog.next(BEGAN)).isZero();
        backlog.endWhereOver();
        assertThat(backlog.untilNext(BEGAN)).isEqualTo(1_000_000);
        over.set(true);
        backlog.endWhereOver();
        assertThat(backlog.next(Long.MAX_VALUE - 10)).isEqualTo(Backlog.NOTHING);
        assertThat(backlog.untilNext(BEGAN)).isEqualTo(Long.MAX_VALUE);
        assertThat(backlog.isFinished()).isFalse();
        backlog.finish();
        assertThat(backlog.isFinished()).isTrue();
    }

    @Test
    void inAClosedLoopARequestIsAlwaysDueAndItsTimeCountsFromWhenItIsTaken() {
        Backlog backlog = new Backlog(1, new Drive.ClosedLoop(), BEGAN);
        assertThat(backlog.untilNext(7)).isZero();
        assertThat(backlog.next(7)).isZero();
        assertThat(backlog.since(0)).isEqualTo(7);
    }

    @Test
    void aRepetitionWaitsForItsTimeAndItsOwnTimeGoesOn() {
        Backlog backlog = new Backlog(1, new Drive.ClosedLoop(), BEGAN);
        assertThat(backlog.next(7)).isZero();
        backlog.repeat(0, 1_000);
        assertThat(backlog.next(999)).isEqualTo(Backlog.NOTHING);
        assertThat(backlog.untilNext(999)).isEqualTo(1);
        assertThat(backlog.next(1_000)).isZero();
        assertThat(backlog.since(0)).isEqualTo(7);
        assertThat(backlog.isFinished()).isFalse();
        backlog.finish();
        assertThat(backlog.isFinished()).isTrue();
    }

    @Test
    void aRateIsAboveZero() {
        assertThatThrownBy(() -> new Drive.OpenLoop(0)).hasMessage("a rate of 0.0 requests/s; it takes more than 0");
    }
}
