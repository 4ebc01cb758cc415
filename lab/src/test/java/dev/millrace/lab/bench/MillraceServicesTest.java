package dev.millrace.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.lab.load.Events;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each creator is held against what was sent of that creator. */
class MillraceServicesTest {
    @Test
    void balancesHaveGrownByWhatEachCreatorWasSent() {
        Events events = Events.oneEach("a", 3, 2, 0);
        Map<String, Long> earned = MillraceServices.grown(
                Map.of("c-1", 5_000L, "c-3", 2_000L), Map.of("c-1", 5_000L, "c-3", 3_000L, "c-4", 1_000L));
        assertThat(earned).isEqualTo(Map.of("c-3", 1_000L, "c-4", 1_000L)).isEqualTo(events.microsByCreator());
        assertThatCode(() -> MillraceServices.mustBe(earned, events.microsByCreator()))
                .doesNotThrowAnyException();
    }

    @Test
    void whoIsPaidWhatIsAnothersIsNamedThoughTheSumIsRight() {
        Map<String, Long> sent = Map.of("c-1", 1_000L, "c-2", 1_000L);
        assertThatThrownBy(() -> MillraceServices.mustBe(Map.of("c-1", 2_000L), sent))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("c-1=(2000, 1000)")
                .hasMessageContaining("only on right={c-2=1000}");
        assertThatThrownBy(() -> MillraceServices.mustBe(Map.of("c-1", 1_000L, "c-2", 1_000L, "c-3", 1L), sent))
                .hasMessageContaining("only on left={c-3=1}");
    }
}
