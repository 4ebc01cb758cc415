package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class DeliveryTest {
    private static final long BEGAN = -5; // System.nanoTime() may be below zero.

    private final Histogram nanos = new Histogram(3);

    @Test
    void atAFixedRateARequestIsDueAtItsMomentAndItsTimeCountsFromThen() {
        Delivery delivery = begun(3, new Pace(1_000));
        assertThat(delivery.next(BEGAN)).isZero();
        assertThat(delivery.next(BEGAN)).isEqualTo(Traffic.NOTHING);
        assertThat(delivery.untilNext(BEGAN)).isEqualTo(1_000_000);
        long late = BEGAN + 5_000_000;
        assertThat(delivery.next(late)).isEqualTo(1);
        assertThat(delivery.next(late)).isEqualTo(2);
        assertThat(delivery.untilNext(late)).isEqualTo(Traffic.NEVER);
        delivery.answered(2, new MadeUp(200, 0), late);
        assertThat(nanos.getMaxValue()).isBetween(3_000_000L, 3_003_000L);
    }

    @Test
    void whatIsNotSentWhenItIsOverIsLeftOutAndTheRestIsWaitedFor() {
        AtomicBoolean over = new AtomicBoolean();
        Delivery delivery = begun(3, new Pace(1_000, over::get));
        assertThat(delivery.next(BEGAN)).isZero();
        over.set(true);
        assertThat(delivery.next(Long.MAX_VALUE - 10)).isEqualTo(Traffic.NOTHING);
        assertThat(delivery.untilNext(BEGAN)).isEqualTo(Traffic.NEVER);
        assertThat(delivery.isFinished()).isFalse();
        delivery.answered(0, new MadeUp(200, 0), 7);
        assertThat(delivery.isFinished()).isTrue();
    }

    @Test
    void inAClosedLoopARequestIsAlwaysDueAndItsTimeCountsFromWhenItIsTaken() {
        Delivery delivery = begun(1, Pace.CLOSED_LOOP);
        assertThat(delivery.untilNext(7)).isZero();
        assertThat(delivery.next(7)).isZero();
        delivery.answered(0, new MadeUp(200, 0), 17);
        assertThat(nanos.getMaxValue()).isEqualTo(10);
    }

    @Test
    void aRepetitionWaitsForItsTimeAndItsOwnTimeGoesOn() {
        Delivery delivery = begun(1, Pace.CLOSED_LOOP);
        assertThat(delivery.next(7)).isZero();
        delivery.answered(0, new MadeUp(503, 1), 20);
        assertThat(delivery.next(1_000_000_019)).isEqualTo(Traffic.NOTHING);
        assertThat(delivery.untilNext(1_000_000_019)).isEqualTo(1);
        assertThat(delivery.next(1_000_000_020)).isZero();
        assertThat(delivery.isFinished()).isFalse();
        delivery.answered(0, new MadeUp(200, 0), 1_000_000_107);
        assertThat(delivery.isFinished()).isTrue();
        assertThat(nanos.getMaxValue()).isBetween(1_000_000_100L, 1_001_000_000L);
    }

    @Test
    void aRateIsAboveZero() {
        assertThatThrownBy(() -> new Pace(0)).hasMessage("a rate of 0.0 requests/s; it takes more than 0");
    }

    private Delivery begun(int requests, Pace pace) {
        Delivery delivery =
                new Delivery(Collections.nCopies(requests, ByteBuffer.allocate(0)), pace, true, nanos, null);
        delivery.begin(BEGAN);
        return delivery;
    }

    private record MadeUp(int status, int retryAfter) implements Traffic.Reply {
        @Override
        public ByteBuffer body() {
            return ByteBuffer.allocate(0);
        }
    }
}
