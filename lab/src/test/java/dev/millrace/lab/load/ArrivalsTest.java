package dev.millrace.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Arrivals that are sent once each; their senders leave when there is no answer in time. */
class ArrivalsTest {
    private static final long BEGAN = -3_000_000; // System.nanoTime() may be below zero.
    private static final long MILLI = 1_000_000;
    private static final long PATIENCE = TimeUnit.NANOSECONDS.toMillis(Delivery.PATIENCE);
    private static final int ARRIVALS = 5;

    @Test
    void eachArrivalHasItsMoment() {
        Delivery delivery = begun(ARRIVALS);
        for (int arrival = 0; arrival < ARRIVALS; arrival++) {
            long moment = arrival * 10L;
            assertThat(delivery.next(at(moment) - 1)).isEqualTo(Delivery.NOTHING);
            assertThat(delivery.untilNext(at(moment) - 1)).isEqualTo(1);
            assertThat(delivery.next(at(moment))).isEqualTo(arrival);
        }
        assertThat(delivery.next(at(1_000))).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.untilNext(at(1_000))).isEqualTo(Delivery.NEVER);
        assertThat(delivery.isFinished()).as("five are under way").isFalse();
    }

    @Test
    void timeCountsFromTheMomentAlsoWhileNoConnectionIsFree() {
        Delivery delivery = begun(ARRIVALS);
        assertThat(delivery.next(at(30))).isZero(); // It was due at 0.
        delivery.answered(0, MadeUpReply.ACCEPTED, at(37));
        assertThat(delivery.score(0, 1).times().getMaxValue()).isBetween(37 * MILLI, 37 * MILLI + MILLI / 10);
        assertThat(delivery.next(at(37))).isEqualTo(1);
        delivery.answered(1, MadeUpReply.overloaded(1), at(38));
        assertThat(delivery.score(1, 2).refusals().getMaxValue()).isBetween(28 * MILLI, 28 * MILLI + MILLI / 10);
        assertThat(delivery.score(1, 2).refusals().getTotalCount()).isEqualTo(1);
    }

    @Test
    void anArrivalIsAnsweredOnceAndItsRequestServesTheNext() {
        Delivery delivery = begun(1);
        for (int arrival = 0; arrival < 4; arrival++) {
            assertThat(delivery.next(at(40))).isEqualTo(arrival);
            delivery.answered(arrival, MadeUpReply.overloaded(arrival == 2 ? 0 : 1), at(41));
        }
        assertThat(delivery.next(at(41))).isEqualTo(4);
        delivery.answered(4, MadeUpReply.ACCEPTED, at(60));
        assertThat(delivery.isFinished()).isTrue();
        assertThat(delivery.sent()).hasSize(1);
        assertThat(delivery.open()).isEmpty();
        Score score = delivery.score();
        assertThat(score.others()).isEqualTo(Map.of("503 overloaded", 3L, "503 overloaded without Retry-After", 1L));
        assertThat(score.accepted()).isEqualTo(1);
        assertThat(score.acceptedBy(at(59))).isZero();
        assertThat(score.acceptedBy(at(60))).isEqualTo(1);
    }

    @Test
    void whatWasRefusedGoesOutAgainBeforeWhatNeverDid() {
        Delivery delivery = begun(ARRIVALS);
        assertThat(request(delivery, 0)).isZero();
        assertThat(request(delivery, 1)).isEqualTo(1);
        delivery.answered(0, MadeUpReply.overloaded(1), at(50));
        assertThat(request(delivery, 2)).isZero();
        assertThat(request(delivery, 3)).isEqualTo(2);
        assertThat(delivery.sent()).hasSize(3);
    }

    @Test
    void whatWasSentAndNotAcknowledgedIsOpen() {
        Delivery delivery = begun(ARRIVALS);
        IntStream.range(0, 3)
                .forEach(arrival -> assertThat(request(delivery, arrival)).isEqualTo(arrival));
        delivery.answered(0, MadeUpReply.ACCEPTED, at(50));
        delivery.answered(1, MadeUpReply.overloaded(1), at(50));
        delivery.unanswered(2, true, at(50));
        assertThat(delivery.open()).extracting(request -> request.get(0)).containsExactly((byte) 1, (byte) 2);
        assertThat(request(delivery, 3)).isEqualTo(1);
        assertThat(request(delivery, 4))
                .as("what has no answer never goes out again")
                .isEqualTo(3);
    }

    @Test
    void requestsThatAreLeftAloneAreSentInTurnsWithoutEnd() {
        Delivery replays = begun(2, Delivery.OnRefusal.LEAVE);
        for (int arrival = 0; arrival < ARRIVALS; arrival++) {
            assertThat(request(replays, arrival)).isEqualTo(arrival % 2);
            replays.answered(arrival, MadeUpReply.overloaded(1), at(50));
        }
        assertThat(replays.isFinished()).isTrue();
    }

    @Test
    void withoutRequestsArrivalsWaitAndAreGivenUpAfterTheirPatience() {
        Delivery delivery = begun(1);
        assertThat(delivery.next(at(0))).isZero();
        assertThat(delivery.next(at(45))).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.untilNext(at(45))).isEqualTo((PATIENCE + 10 - 45) * MILLI);
        assertThat(delivery.next(at(PATIENCE + 40))).isEqualTo(Delivery.NOTHING);
        assertThat(delivery.score().others()).isEqualTo(Map.of(Score.LATE, 4L));
        assertThat(delivery.isFinished()).isFalse();
        delivery.unanswered(0, false, at(PATIENCE + 40));
        assertThat(delivery.score().others()).isEqualTo(Map.of(Score.LATE, 4L, Score.BROKEN, 1L));
        assertThat(delivery.isFinished()).isTrue();
    }

    @Test
    void theSenderOfWhatIsUnderWayLeavesSoLongAfterItWasSent() {
        Delivery delivery = begun(ARRIVALS);
        assertThat(delivery.isLate(at(5), at(PATIENCE + 5) - 1)).isFalse();
        assertThat(delivery.isLate(at(5), at(PATIENCE + 5))).isTrue();
    }

    @Test
    void anAnswerThatNobodyExpectsIsKept() {
        Delivery delivery = begun(ARRIVALS);
        assertThat(delivery.next(at(0))).isZero();
        delivery.answered(0, new MadeUpReply(500, 0, "oops"), at(1));
        assertThat(delivery.complaint()).isEqualTo("500 oops");
        assertThat(delivery.next(at(10))).isEqualTo(1);
        delivery.answered(1, new MadeUpReply(408, 0, ""), at(11));
        assertThat(delivery.score(0, 2).others()).isEqualTo(Map.of("unexpected", 1L, Score.LATE, 1L));
        assertThat(delivery.open()).hasSize(2);
    }

    /** The request that an arrival is sent as. */
    private static int request(Delivery delivery, int arrival) {
        assertThat(delivery.next(at(50))).isEqualTo(arrival);
        return delivery.bytes(arrival).get(0);
    }

    private static Delivery begun(int requests) {
        return begun(requests, Delivery.OnRefusal.REUSE);
    }

    /** Five arrivals, ten milliseconds from one to the next; each request is a byte, its number. */
    private static Delivery begun(int requests, Delivery.OnRefusal onRefusal) {
        List<ByteBuffer> bytes = IntStream.range(0, requests)
                .mapToObj(request -> ByteBuffer.wrap(new byte[] {(byte) request}))
                .toList();
        Delivery delivery = Delivery.openLoop(bytes, Delivery.evenly(100, ARRIVALS), onRefusal);
        delivery.begin(BEGAN);
        return delivery;
    }

    private static long at(long millis) {
        return BEGAN + millis * MILLI;
    }
}
