package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.support.GenericApplicationContext;

@Timeout(60)
class CrankTest {
    private static final Duration PAUSE = Duration.ofHours(1);

    /** A settlement that has sealed its epochs is booked before the worker is gone. */
    @Test
    void aTurnUnderWayHasItsConnectionsUntilItsEnd() throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Boolean> connected = new AtomicReference<>();
        Connections redis = new Connections();
        try (GenericApplicationContext context = new GenericApplicationContext()) {
            context.registerBean(Connections.class, () -> redis);
            context.registerBean(
                    Crank.class,
                    () -> new Crank(
                            "test",
                            () -> {
                                began.countDown();
                                await(goOn);
                                connected.set(!redis.closed.get());
                            },
                            PAUSE));
            context.refresh();
            assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();
            Crank crank = context.getBean(Crank.class);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
            Awaitility.await().until(() -> !crank.isRunning());
            goOn.countDown();
            closed.get(30, TimeUnit.SECONDS);
        }
        assertThat(connected).hasValue(true);
        assertThat(redis.closed).isTrue();
    }

    @Test
    void nothingIsDoneBeforeItIsStartedAndNothingOnceItIsStopped() throws Exception {
        AtomicBoolean turned = new AtomicBoolean();
        Crank crank = new Crank("test", () -> turned.set(true), PAUSE);
        assertThat(crank.isRunning()).isFalse();
        crank.close();
        assertThat(turned).isFalse();

        CountDownLatch began = new CountDownLatch(1);
        Crank another = new Crank("test", began::countDown, PAUSE);
        another.start();
        assertThat(another.isRunning()).isTrue();
        assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();
        another.stop();
        assertThat(another.isRunning()).isFalse();
    }

    /** Ends with the beans, as the connections to both stores do. */
    private static final class Connections implements AutoCloseable {
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public void close() {
            closed.set(true);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
