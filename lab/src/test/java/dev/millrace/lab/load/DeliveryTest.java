package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Collections;
import org.junit.jupiter.api.Test;

/** Requests that are repeated until they are acknowledged. */
class DeliveryTest {
    private static final long BEGAN = -5; // System.nanoTime() may be below zero.

    @Test
    void atAFixedRateARequestIsDueAtItsMomentAndItsTimeCountsFromThen() {
        Delivery delivery = openLoop();
        assertThat(delivery.next(BEGAN)).isZero();
        assertThat(delivery.next(BEGAN)).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.untilNext(BEGAN)).isEqualTo(1_000_000);
        long late = BEGAN + 5_000_000;
        assertThat(delivery.next(late)).isEqualTo(1);
        assertThat(delivery.next(late)).isEqualTo(2);
        assertThat(delivery.untilNext(late)).isEqualTo(Delivery.NEVER);
        delivery.answered(2, MadeUpReply.ACCEPTED, late);
        assertThat(delivery.score(2, 3).times().getMaxValue()).isBetween(3_000_000L, 3_003_000L);
    }

    @Test
    void whatIsNotSentWhenItIsStoppedIsLeftOutAndTheRestIsWaitedFor() {
        Delivery delivery = openLoop();
        assertThat(delivery.next(BEGAN)).isZero();
        delivery.stop();
        assertThat(delivery.next(Long.MAX_VALUE - 10)).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.untilNext(BEGAN)).isEqualTo(Delivery.NEVER);
        assertThat(delivery.isFinished()).isFalse();
        delivery.answered(0, MadeUpReply.ACCEPTED, 7);
        assertThat(delivery.isFinished()).isTrue();
        assertThat(delivery.score().arrivals()).isEqualTo(1);
    }

    @Test
    void inAClosedLoopARequestIsAlwaysDueAndItsTimeCountsFromWhenItIsTaken() {
        Delivery delivery = closedLoop();
        assertThat(delivery.untilNext(7)).isZero();
        assertThat(delivery.next(7)).isZero();
        delivery.answered(0, MadeUpReply.ACCEPTED, 17);
        assertThat(delivery.score().times().getMaxValue()).isEqualTo(10);
    }

    @Test
    void aRepetitionWaitsForItsTimeAndItsOwnTimeGoesOn() {
        Delivery delivery = closedLoop();
        assertThat(delivery.next(7)).isZero();
        delivery.answered(0, MadeUpReply.overloaded(1), 20);
        assertThat(delivery.next(1_000_000_019)).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.untilNext(1_000_000_019)).isEqualTo(1);
        assertThat(delivery.next(1_000_000_020)).isZero();
        assertThat(delivery.isFinished()).isFalse();
        delivery.answered(0, MadeUpReply.ACCEPTED, 1_000_000_107);
        assertThat(delivery.isFinished()).isTrue();
        assertThat(delivery.sentAgain()).isEqualTo(1);
        assertThat(delivery.score().times().getMaxValue()).isBetween(1_000_000_100L, 1_001_000_000L);
    }

    @Test
    void nobodyGivesUp() {
        Delivery delivery = closedLoop();
        assertThat(delivery.next(7)).isZero();
        assertThat(delivery.isLate(7, Long.MAX_VALUE)).isFalse();
        delivery.unanswered(0, false, 8);
        assertThat(delivery.next(8)).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.next(10_000_008)).isZero();
        delivery.answered(0, new MadeUpReply(408, 0, ""), 10_000_009);
        assertThat(delivery.isFinished()).isFalse();
        assertThat(delivery.sentAgain()).isEqualTo(2);
    }

    @Test
    void anEventThatNeverCountsIsAComplaint() {
        Delivery delivery = closedLoop();
        assertThat(delivery.next(7)).isZero();
        delivery.answered(0, MadeUpReply.accepted(2, 3, 1), 8);
        assertThat(delivery.counted()).isEqualTo(2);
        assertThat(delivery.duplicates()).isEqualTo(3);
        assertThat(delivery.complaint()).isEqualTo(MadeUpReply.accepted(2, 3, 1).body());
    }

    @Test
    void aRateIsAboveZero() {
        assertThatThrownBy(() -> Delivery.evenly(0, 1)).hasMessage("a rate of 0.0 requests/s; it takes more than 0");
    }

    private static Delivery closedLoop() {
        Delivery delivery = Delivery.closedLoop(Collections.nCopies(1, ByteBuffer.allocate(0)));
        delivery.begin(BEGAN);
        return delivery;
    }

    /** Three requests, a millisecond from one to the next. */
    private static Delivery openLoop() {
        Delivery delivery = Delivery.openLoop(
                Collections.nCopies(3, ByteBuffer.allocate(0)), Delivery.evenly(1_000, 3), Delivery.OnRefusal.REPEAT);
        delivery.begin(BEGAN);
        return delivery;
    }
}
