package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChunksTest {
    @Test
    void aRunThatFailsIsFollowedBySmallerOnesAndThoseThatGoWellGrowAgain() {
        Chunks usual = new Chunks(500, 100, 1_000, 1_000_000);
        Chunks less = usual.less();
        assertThat(less.most()).isEqualTo(500_000);
        assertThat(less.less().less().less().less().most()).isEqualTo(100_000);
        assertThat(less.more(usual)).isEqualTo(usual);
        assertThat(usual.more(usual)).isEqualTo(usual);
    }

    @Test
    void whatIsSmallFromTheStartStaysSo() {
        Chunks small = new Chunks(10, 10, 100, 50);
        assertThat(small.less()).isEqualTo(small);
        assertThat(small.more(small)).isEqualTo(small);
    }
}
