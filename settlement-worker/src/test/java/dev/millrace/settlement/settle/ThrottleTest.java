package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ThrottleTest {
    private final AtomicInteger done = new AtomicInteger();

    @Test
    void nothingIsDoneWithinThePause() {
        Throttle action = new Throttle(done::incrementAndGet, Duration.ofHours(1));
        action.run();
        action.run();
        assertThat(done).hasValue(0);
    }

    @Test
    void afterThePauseItIsDoneEachTime() {
        Throttle action = new Throttle(done::incrementAndGet, Duration.ZERO);
        action.run();
        action.run();
        assertThat(done).hasValue(2);
    }
}
