package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

@Timeout(60)
class ScheduleConfigurationTest {
    @EnableScheduling
    private static final class Scheduling {}

    /** A settlement that has sealed its epochs is booked before the worker is gone. */
    @Test
    void aRunUnderWayHasItsConnectionsUntilItsEnd() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<String> end = new AtomicReference<>("");
        Connections redis = new Connections();
        Runnable settlement = () -> {
            began.countDown();
            end.set(await(goOn) && !redis.closed.get() ? "connected" : "cut off");
        };
        ThreadPoolTaskScheduler scheduler = ScheduleConfiguration.taskScheduler();
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.register(Scheduling.class);
            context.registerBean(Connections.class, () -> redis);
            context.registerBean(ThreadPoolTaskScheduler.class, () -> scheduler);
            context.registerBean(SchedulingConfigurer.class, () -> tasks -> {
                tasks.setTaskScheduler(scheduler);
                tasks.addFixedDelayTask(settlement, Duration.ofHours(1));
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
        RepeatedTask task = new RepeatedTask(
                "test",
                () -> {
                    if (runs.incrementAndGet() == 2) {
                        throw new AssertionError("of the test");
                    }
                },
                Ticker.systemTicker());
        assertThat(task.works()).as("before the first run").isFalse();
        for (boolean works : new boolean[] {true, false, true}) {
            task.run();
            assertThat(task.works()).isEqualTo(works);
        }
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
