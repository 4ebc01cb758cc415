package dev.millrace.ingest.tally;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.common.identity.Identity;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SentFilterTest {
    @Test
    void whatWasSentIsAlwaysSuspectedThroughOneRotation() {
        SentFilter filter = new SentFilter(1_000);
        LongStream.range(0, 1_500).forEach(i -> filter.sent(new Identity(i, ~i)));
        assertThat(LongStream.range(0, 1_500).filter(i -> filter.mayHaveSent(new Identity(i, ~i))))
                .hasSize(1_500);
    }

    @Test
    void whatWasNotSentIsSeldomSuspectedAndTheOldestIsForgotten() {
        SentFilter filter = new SentFilter(10_000);
        LongStream.range(0, 35_000).forEach(i -> filter.sent(new Identity(i, ~i)));
        assertThat(LongStream.range(1_000_000, 1_010_000)
                        .filter(i -> filter.mayHaveSent(new Identity(i, ~i)))
                        .count())
                .isLessThan(400);
        assertThat(LongStream.range(0, 10_000)
                        .filter(i -> filter.mayHaveSent(new Identity(i, ~i)))
                        .count())
                .isLessThan(400);
    }

    @Test
    void aFilterThatIsSwitchedOffSuspectsNobody() {
        SentFilter filter = new SentFilter(0);
        LongStream.range(0, 1_000).forEach(i -> filter.sent(new Identity(i, ~i)));
        assertThat(LongStream.range(0, 1_000).filter(i -> filter.mayHaveSent(new Identity(i, ~i))))
                .isEmpty();
    }

    @Test
    void whichSetsWereTouchedIsForgottenWithTheRedisProcess() {
        TouchedSets touched = new TouchedSets();
        touched.of("one");
        touched.in("sets:").add(1_023);
        touched.in("sets:").add(0);
        touched.of("one");
        assertThat(IntStream.range(0, 1_024).filter(touched.in("sets:")::contains))
                .containsExactly(0, 1_023);
        assertThat(touched.in("others:").contains(0)).isFalse();
        touched.of("another");
        assertThat(touched.in("sets:").contains(0)).isFalse();
        touched.in("sets:").add(5);
        touched.forget();
        assertThat(touched.in("sets:").contains(5)).isFalse();
    }

    @Test
    void aViewOfAPartitionOnlyEverMovesOn() {
        PartitionView view = new PartitionView(7, 2);
        assertThat(view.mayBecome(new PartitionView(8, 2))).isTrue();
        assertThat(view.mayBecome(new PartitionView(7, 2))).isTrue();
        assertThat(view.mayBecome(new PartitionView(6, 2))).isFalse();
        assertThat(view.mayBecome(new PartitionView(3, 3))).isTrue();
        assertThat(view.mayBecome(new PartitionView(9, 1))).isFalse();
    }
}
