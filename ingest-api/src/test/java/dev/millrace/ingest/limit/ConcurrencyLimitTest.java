package dev.millrace.ingest.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {
    private static final int PERMITS = 2;

    private final AtomicLong now = new AtomicLong();

    /** Threads that have been made, to be run by the test when it likes. */
    private final List<Runnable> begun = new ArrayList<>();

    private final List<Integer> ran = new ArrayList<>();
    private final List<Boolean> late = new ArrayList<>();
    private final ConcurrencyLimit limit = new ConcurrencyLimit(PERMITS, this::recorded, now::get);

    private Thread recorded(Runnable body) {
        return new Thread() {
            @Override
            public synchronized void start() {
                begun.add(body);
            }
        };
    }

    @Test
    void beginsAFewAndTheOthersInTheirOrderWhenOneOfThoseHasEnded() {
        come(5);
        assertThat(begun).hasSize(PERMITS);
        assertThat(limit.waiting()).isEqualTo(3);
        begun.get(1).run();
        assertThat(begun).hasSize(3);
        begun.get(0).run();
        begun.get(2).run();
        assertThat(begun).hasSize(5);
        assertThat(limit.waiting()).isZero();
        begun.get(3).run();
        begun.get(4).run();
        assertThat(ran).containsExactly(1, 0, 2, 3, 4);
        come(3);
        assertThat(begun).as("every permit came back, and no more").hasSize(5 + PERMITS);
    }

    @Test
    void whoReleasesItsPermitLetsOneMoreBeginHoweverOftenItDoesSo() {
        limit.execute(() -> {
            Permit.current().release();
            Permit.current().release();
            assertThat(begun).hasSize(PERMITS + 1);
        });
        come(3);
        begun.getFirst().run();
        assertThat(begun).as("its end lets no further one begin").hasSize(PERMITS + 1);
    }

    @Test
    void noneIsBegunWhileThoseWhoHaveBeenWokenTakeAllPermits() {
        List<Permit> asleep = new ArrayList<>();
        for (int i = 0; i < PERMITS; i++) {
            limit.execute(() -> {
                Permit permit = Permit.current();
                asleep.add(permit);
                permit.release();
                permit.resume();
                permit.resume();
            });
        }
        come(3);
        begun.get(0).run();
        assertThat(begun).as("one was let in while it slept").hasSize(PERMITS + 1);
        begun.get(1).run();
        assertThat(begun).hasSize(PERMITS + 2);
        begun.get(2).run();
        begun.get(3).run();
        assertThat(begun).hasSize(PERMITS + 3);
        asleep.getFirst().release();
        asleep.getFirst().resume();
        come(2);
        assertThat(begun).as("who has ended takes nothing any more").hasSize(PERMITS + 4);
    }

    @Test
    void aTaskThatFailsGivesItsPermitBack() {
        limit.execute(() -> {
            throw new IllegalStateException("of the test");
        });
        come(2);
        assertThatThrownBy(begun.getFirst()::run).hasMessage("of the test");
        assertThat(begun).hasSize(3);
    }

    @Test
    void whoHoldsAPermitForTooLongLosesItToTheNextWhoComes() {
        come(PERMITS + 1);
        pass(ConcurrencyLimit.MOST_HELD.plusNanos(1));
        assertThat(begun).hasSize(PERMITS);
        come(1);
        assertThat(begun).as("both have lost theirs").hasSize(PERMITS + 2);
        come(1);
        begun.get(0).run();
        begun.get(1).run();
        assertThat(begun).as("and give nothing back").hasSize(PERMITS + 2);
        begun.get(2).run();
        assertThat(begun).hasSize(PERMITS + 3);
    }

    @Test
    void aLimitThatIsLiftedHoldsNobody() throws InterruptedException {
        come(PERMITS + 3);
        limit.lift(Duration.ZERO);
        assertThat(begun).hasSize(PERMITS + 3);
        come(4);
        assertThat(begun).hasSize(PERMITS + 7);
        assertThat(limit.waiting()).isZero();
    }

    @Test
    void whereNoThreadCanBeMadeTheTaskWaitsOn() {
        AtomicInteger made = new AtomicInteger();
        ConcurrencyLimit scarce = new ConcurrencyLimit(
                1,
                body -> {
                    if (made.getAndIncrement() == 0) {
                        throw new OutOfMemoryError("of the test");
                    }
                    return recorded(body);
                },
                now::get);
        assertThatThrownBy(() -> scarce.execute(() -> ran.add(0))).hasMessage("of the test");
        assertThat(scarce.waiting()).isEqualTo(1);
        scarce.execute(() -> ran.add(1));
        begun.get(0).run();
        begun.get(1).run();
        assertThat(ran).containsExactly(0, 1);
    }

    @Test
    void outsideOfALimitAPermitIsOfNoConsequence() {
        Permit.current().release();
        assertThat(Permit.current().cameTooLate()).isFalse();
        assertThat(Permit.current().waited()).isZero();
    }

    @Test
    void aBurstIsServedHoweverLongItTakesUpToASecond() {
        come(8);
        for (int i = 0; i < 8; i++) {
            begun.get(i).run();
            pass(ConcurrencyLimit.BURST.dividedBy(8));
        }
        assertThat(late).containsOnly(false).hasSize(8);
    }

    @Test
    void inAQueueThatLastsThoseWhoWaitedLongAreTooLateAndTheOthersAreServed() {
        come(6);
        pass(ConcurrencyLimit.BURST);
        begun.get(0).run();
        pass(Duration.ofNanos(1));
        come(1);
        begun.get(1).run();
        begun.get(2).run();
        begun.get(3).run();
        begun.get(4).run();
        begun.get(5).run();
        begun.get(6).run();
        assertThat(late).containsExactly(false, false, false, true, true, true, false);
    }

    @Test
    void whatTheSameTaskDoesAfterItsFirstRequestIsNotTooLate() {
        come(PERMITS + 1);
        List<Boolean> requests = new ArrayList<>();
        limit.execute(() -> {
            requests.add(Permit.current().cameTooLate());
            Permit.current().release();
            requests.add(Permit.current().cameTooLate());
        });
        pass(ConcurrencyLimit.BURST.plusNanos(1));
        for (int i = 0; i < begun.size(); i++) {
            begun.get(i).run();
        }
        assertThat(requests).containsExactly(true, false);
    }

    @Test
    void anEmptyQueueIsTheEndOfABurstAndALongPauseIsNone() {
        come(3);
        runAll();
        pass(Duration.ofHours(1));
        come(4);
        pass(ConcurrencyLimit.MOST_DELAY.plusNanos(1));
        runAll();
        assertThat(late).containsOnly(false).hasSize(7);
    }

    @Test
    void trustedConnectionsGoFirstButForOneInFourThatIsNewOrRepeats() {
        Object trusted = with(Standing.TRUSTED);
        Object repeating = with(Standing.REPEATING);
        come(PERMITS);
        runAll();
        int before = begun.size();
        List<String> order = new ArrayList<>();
        for (int i = 0; i < PERMITS; i++) {
            limit.execute(() -> {});
        }
        for (int i = 0; i < 20; i++) {
            limit.execute(of(repeating, () -> order.add("repeating")));
            limit.execute(of(new Object(), () -> order.add("new")));
            limit.execute(of(trusted, () -> order.add("trusted")));
        }
        assertThat(limit.waiting()).isEqualTo(60);
        for (Standing standing : Standing.values()) {
            assertThat(limit.waiting(standing)).as("%s", standing).isEqualTo(20);
        }
        for (int i = before; i < begun.size(); i++) {
            begun.get(i).run();
        }
        assertThat(limit.waiting()).isZero();
        assertThat(order).hasSize(60);
        List<String> early = order.subList(0, 16);
        assertThat(Collections.frequency(early, "repeating")).isEqualTo(2);
        assertThat(Collections.frequency(early, "new")).isEqualTo(2);
        assertThat(Collections.frequency(early, "trusted")).isEqualTo(12);
        assertThat(order.subList(50, 60)).as("when all others are through").containsOnly("repeating");
    }

    @Test
    void whatAConnectionBroughtLastIsWhatCounts() {
        Object connection = with(Standing.REPEATING);
        note(connection, Standing.TRUSTED);
        come(PERMITS);
        limit.execute(of(connection, () -> {}));
        assertThat(limit.waiting(Standing.TRUSTED)).isEqualTo(1);
        assertThat(limit.waiting(Standing.REPEATING)).isZero();
    }

    @Test
    void repetitionsThatWaitForLongMakeNobodyElseTooLate() {
        Object repeating = with(Standing.REPEATING);
        Object trusted = with(Standing.TRUSTED);
        come(PERMITS);
        int before = begun.size() - PERMITS;
        Set<String> tooLate = new TreeSet<>();
        limit.execute(
                of(repeating, () -> tooLate.add("repeating " + Permit.current().cameTooLate())));
        pass(ConcurrencyLimit.BURST);
        limit.execute(
                of(trusted, () -> tooLate.add("trusted " + Permit.current().cameTooLate())));
        pass(ConcurrencyLimit.MOST_DELAY.plusNanos(1));
        for (int i = before; i < begun.size(); i++) {
            begun.get(i).run();
        }
        assertThat(tooLate).containsExactly("repeating true", "trusted false");
    }

    /** A connection of this standing. */
    private Object with(Standing standing) {
        Object connection = new Object();
        note(connection, standing);
        return connection;
    }

    private void note(Object connection, Standing standing) {
        limit.execute(of(connection, () -> Permit.current().note(standing)));
        begun.getLast().run();
        late.add(false); // as those that come() counts
    }

    private static Runnable of(Object connection, Runnable task) {
        record Task(Object connection, Runnable task) implements Runnable, FromConnection {
            @Override
            public void run() {
                task.run();
            }
        }
        return new Task(connection, task);
    }

    @Test
    void underLoadNeverMoreThanItsPermitsAtATimeAndNoneIsForgotten() throws InterruptedException {
        int tasks = 20_000;
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(tasks);
        Phaser waits = new Phaser(1);
        ConcurrencyLimit real = new ConcurrencyLimit(PERMITS, Thread.ofVirtual().factory(), System::nanoTime);
        for (int sender = 0; sender < 4; sender++) {
            Thread.ofVirtual().start(() -> {
                for (int i = 0; i < tasks / 4; i++) {
                    boolean goesOn = i % 2 == 0;
                    real.execute(() -> {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        running.decrementAndGet();
                        if (goesOn) {
                            Permit.current().release();
                            waits.awaitAdvance(0);
                        }
                        ended.countDown();
                    });
                }
            });
        }
        while (ended.getCount() > tasks / 2) {
            Thread.onSpinWait();
        }
        waits.arrive();
        ended.await();
        assertThat(most).hasValueBetween(1, PERMITS);
        assertThat(real.waiting()).isZero();
    }

    private void come(int tasks) {
        for (int i = 0; i < tasks; i++) {
            int number = late.size() + limit.waiting() + begunAndNotRun();
            limit.execute(() -> {
                ran.add(number);
                late.add(Permit.current().cameTooLate());
            });
        }
    }

    private int begunAndNotRun() {
        return begun.size() - late.size();
    }

    private void runAll() {
        for (int i = late.size(); i < begun.size(); i++) {
            begun.get(i).run();
        }
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
