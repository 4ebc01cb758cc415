package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class NowAndThenTest {
    private final AtomicInteger done = new AtomicInteger();

    @Test
    void nothingIsDoneWithinThePause() {
        NowAndThen action = new NowAndThen(done::incrementAndGet, Duration.ofHours(1));
        action.run();
        action.run();
        assertThat(done).hasValue(0);
    }

    @Test
    void afterThePauseItIsDoneEachTime() {
        NowAndThen action = new NowAndThen(done::incrementAndGet, Duration.ZERO);
        action.run();
        action.run();
        assertThat(done).hasValue(2);
    }
}
