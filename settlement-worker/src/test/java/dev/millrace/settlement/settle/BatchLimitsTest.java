package dev.millrace.settlement.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.books.Staging;
import org.junit.jupiter.api.Test;

class BatchLimitsTest {
    @Test
    void aRunThatFailsIsFollowedBySmallerOnesAndThoseThatGoWellGrowAgain() {
        Batch.Limits usual = new Batch.Limits(500, 1_000_000, Staging.NAMES, Staging.CHARACTERS);
        Batch.Limits less = usual.less();
        assertThat(less.rows()).isEqualTo(500_000);
        assertThat(less.less().less().less().less().rows()).isEqualTo(100_000);
        assertThat(less.more(usual)).isEqualTo(usual);
        assertThat(usual.more(usual)).isEqualTo(usual);
    }

    @Test
    void whatIsSmallFromTheStartStaysSo() {
        Batch.Limits small = new Batch.Limits(10, 50, Staging.NAMES, Staging.CHARACTERS);
        assertThat(small.less()).isEqualTo(small);
        assertThat(small.more(small)).isEqualTo(small);
    }
}
