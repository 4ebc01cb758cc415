package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.scheduling.support.SimpleTriggerContext;

@Timeout(60)
class WorkerScheduleTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration INTERVAL = Duration.ofSeconds(60);
    private static final Instant NOW = Instant.parse("2026-11-30T00:00:00Z");

    private final List<Boolean> looks = new ArrayList<>();

    @EnableScheduling
    private static final class Scheduling {}

    /** A settlement that has sealed its epochs is booked before the worker is gone. */
    @Test
    void aRunUnderWayHasItsConnectionsUntilItsEnd() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<String> end = new AtomicReference<>("");
        Connections redis = new Connections();
        WorkerSchedule.Task settlement = settling(() -> {
            began.countDown();
            end.set(await(goOn) && !redis.closed.get() ? "connected" : "cut off");
            return INTERVAL;
        });
        ThreadPoolTaskScheduler scheduler = WorkerSchedule.taskScheduler();
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.register(Scheduling.class);
            context.registerBean(Connections.class, () -> redis);
            context.registerBean(ThreadPoolTaskScheduler.class, () -> scheduler);
            context.registerBean(SchedulingConfigurer.class, () -> tasks -> {
                tasks.setTaskScheduler(scheduler);
                tasks.addTriggerTask(settlement, settlement);
            });
            context.refresh();
            assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
            Awaitility.await().until(() -> !scheduler.isRunning());
            assertThat(redis.closed).isFalse();
            goOn.countDown();
            closed.get(30, TimeUnit.SECONDS);
        }
        assertThat(end).hasValue("connected");
        assertThat(redis.closed).isTrue();
    }

    @Test
    void aFailureOfAnyKindEndsNoTask() {
        AtomicInteger runs = new AtomicInteger();
        WorkerSchedule.Task task = new WorkerSchedule.Task(
                "test",
                SECOND,
                () -> {
                    if (runs.incrementAndGet() == 2) {
                        throw new AssertionError("of the test");
                    }
                    return SECOND;
                },
                Ticker.systemTicker());
        assertThat(task.works()).as("before the first run").isFalse();
        for (boolean works : new boolean[] {true, false, true}) {
            task.run();
            assertThat(task.works()).isEqualTo(works);
        }
    }

    @Test
    void theDatabaseIsLeftAloneUntilSomethingIsDueAgain() {
        assertThat(pauseAfter(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(20));
        assertThat(looks).as("the watch looks each time").containsExactly(false);
    }

    @Test
    void neverForLongerThanAnInterval() {
        assertThat(pauseAfter(Duration.ofDays(1))).isEqualTo(INTERVAL);
    }

    @Test
    void whatIsDueAndCannotBeSettledIsTriedEachSecond() {
        assertThat(pauseAfter(Duration.ZERO)).isEqualTo(SECOND);
        assertThat(pauseAfter(Duration.ofSeconds(-3))).isEqualTo(SECOND);
        assertThat(looks).containsExactly(true, true);
    }

    @Test
    void afterAFailureTheNextSecondTries() {
        WorkerSchedule.Task task = settling(() -> {
            throw new IllegalStateException("of the test");
        });
        task.run();
        assertThat(pause(task)).isEqualTo(SECOND);
        assertThat(task.works()).isFalse();
        assertThat(looks).containsExactly(true);
    }

    @Test
    void theFirstRunIsAtOnce() {
        WorkerSchedule.Task task = settling(() -> INTERVAL);
        assertThat(task.nextExecution(new SimpleTriggerContext(Clock.fixed(NOW, ZoneOffset.UTC))))
                .isEqualTo(NOW);
    }

    private Duration pauseAfter(Duration untilDue) {
        WorkerSchedule.Task task = settling(() -> untilDue);
        task.run();
        return pause(task);
    }

    private WorkerSchedule.Task settling(Supplier<Duration> settleDue) {
        return new WorkerSchedule.Task(
                "settlement",
                SECOND,
                WorkerSchedule.settleAndLook(settleDue, looks::add, INTERVAL),
                Ticker.systemTicker());
    }

    private static Duration pause(WorkerSchedule.Task task) {
        return Duration.between(NOW, task.nextExecution(new SimpleTriggerContext(NOW, NOW, NOW)));
    }

    /** Ends with the beans, as the connections to both stores do. */
    private static final class Connections implements AutoCloseable {
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public void close() {
            closed.set(true);
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }
}
