package dev.millrace.settlement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SettlementTurnTest {
    private static final Duration INTERVAL = Duration.ofSeconds(60);

    private final AtomicLong now = new AtomicLong(-5);
    private final Ticker ticker = new Ticker() {
        @Override
        public long read() {
            return now.get();
        }
    };
    private final AtomicInteger asked = new AtomicInteger();
    private final List<Boolean> looks = new ArrayList<>();
    private Duration until = INTERVAL;
    private final SettlementTurn turn = new SettlementTurn(
            () -> {
                asked.incrementAndGet();
                if (until.equals(Duration.ofSeconds(Long.MAX_VALUE))) {
                    throw new IllegalStateException("of the test");
                }
                return until;
            },
            looks::add,
            INTERVAL,
            ticker);

    @Test
    void nothingIsAskedUntilSomethingIsDueAgain() {
        until = Duration.ofSeconds(20);
        turn.run();
        pass(Duration.ofSeconds(20).minusNanos(1));
        turn.run();
        assertThat(asked).hasValue(1);
        pass(Duration.ofNanos(1));
        turn.run();
        assertThat(asked).hasValue(2);
        assertThat(looks).as("the watch looks each time").containsExactly(false, false);
    }

    @Test
    void neverForLongerThanAnInterval() {
        until = Duration.ofDays(1);
        turn.run();
        pass(INTERVAL);
        turn.run();
        assertThat(asked).hasValue(2);
    }

    @Test
    void whatIsDueAndCannotBeSettledIsTriedEachTurn() {
        for (Duration held : List.of(Duration.ZERO, Duration.ofSeconds(-3))) {
            until = held;
            turn.run();
        }
        turn.run();
        assertThat(asked).hasValue(3);
        assertThat(looks).containsExactly(true, true, true);
    }

    @Test
    void afterAFailureTheNextTurnTries() {
        until = Duration.ofSeconds(Long.MAX_VALUE);
        assertThatThrownBy(turn::run).hasMessage("of the test");
        until = INTERVAL;
        turn.run();
        assertThat(asked).hasValue(2);
        assertThat(looks).containsExactly(true, false);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }
}
