package dev.millrace.ingest.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaneTest {
    @Test
    void aLaneTurnsAwayWhatDoesNotFitAndTakesItAgainLater() {
        Lane lane = new Lane(10);
        assertThat(lane.enter(7)).isTrue();
        assertThat(lane.enter(4)).isFalse();
        assertThat(lane.enter(3)).isTrue();
        assertThat(lane.occupied()).isEqualTo(10);
        assertThat(lane.enter(0)).isTrue();
        lane.leave(7);
        assertThat(lane.enter(4)).isTrue();
        assertThat(lane.occupied()).isEqualTo(7);
    }
}
