package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.lab.load.Events;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EarningsTest {
    @Test
    void balancesHaveGrownByWhatEachCreatorWasSent() {
        Events events = Events.oneEach("a", 3, 2, 0);
        Earnings earned = Earnings.between(
                Map.of("c-1", 5_000L, "c-3", 2_000L), Map.of("c-1", 5_000L, "c-3", 3_000L, "c-4", 1_000L));
        assertThat(earned.micros()).isEqualTo(events.micros());
        assertThatCode(() -> earned.mustBe(Earnings.of(events))).doesNotThrowAnyException();
    }

    @Test
    void whoIsPaidWhatIsAnothersIsNamedThoughTheSumIsRight() {
        Earnings sent = new Earnings(Map.of("c-1", 1_000L, "c-2", 1_000L));
        assertThatThrownBy(() -> new Earnings(Map.of("c-1", 2_000L)).mustBe(sent))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageMatching(
                        "c-1 was paid 2,000 micros instead of 1,000|c-2 was paid 0 micros instead of 1,000");
        assertThatThrownBy(() -> new Earnings(Map.of("c-1", 1_000L, "c-2", 1_000L, "c-3", 1L)).mustBe(sent))
                .hasMessage("c-3 was paid 1 micros instead of 0");
    }
}
