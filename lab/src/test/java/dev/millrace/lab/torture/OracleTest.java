package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That the oracle finds what must not be. */
class OracleTest {
    private static final Cell CELL = new Cell(7, 1);
    private static final Cell OTHER = new Cell(7, 2);

    private final Oracle oracle = new Oracle();

    @BeforeEach
    void acknowledgeThreeThousandMicros() {
        Sums sums = sums(CELL, 1_000, 1_000, 1_000);
        oracle.sending(sums);
        oracle.acknowledged(sums);
    }

    @Test
    void aLedgerThatHoldsWhatWasSentHasNoDifference() {
        assertThat(oracle.compare(Map.of(CELL, 3_000L))).isEmpty();
    }

    @Test
    void aLostMicroIsFound() {
        assertThat(oracle.compare(Map.of(CELL, 2_999L)))
                .containsExactly(new Difference("creator-7 from publisher-1", "3000 micros", 2_999));
    }

    @Test
    void aDoublePaymentIsFound() {
        assertThat(oracle.compare(Map.of(CELL, 4_000L)))
                .containsExactly(new Difference("creator-7 from publisher-1", "3000 micros", 4_000));
    }

    @Test
    void moneyOfTheWrongPublisherOrCreatorIsFound() {
        assertThat(oracle.compare(Map.of(OTHER, 3_000L))).hasSize(2);
        assertThat(oracle.compare(Map.of(CELL, 3_000L, new Cell(8, 1), 1L))).hasSize(1);
    }

    @Test
    void aMissingLedgerIsFound() {
        assertThat(oracle.compare(Map.of())).hasSize(1);
    }

    @Test
    void whereAnAnswerIsMissingOnlyTheBoundsAreKnown() {
        Sums open = sums(CELL, 500);
        oracle.sending(open);
        oracle.unanswered(open);
        assertThat(oracle.compare(Map.of(CELL, 3_000L))).isEmpty();
        assertThat(oracle.compare(Map.of(CELL, 3_500L))).isEmpty();
        assertThat(oracle.compare(Map.of(CELL, 2_999L)))
                .containsExactly(new Difference("creator-7 from publisher-1", "3000 to 3500 micros", 2_999));
        assertThat(oracle.compare(Map.of(CELL, 3_501L))).hasSize(1);
    }

    @Test
    void whatIsSentAndNeitherAcknowledgedNorGivenUpMustBeThere() {
        oracle.sending(sums(CELL, 500));
        assertThat(oracle.compare(Map.of(CELL, 3_000L))).hasSize(1);
    }

    @Test
    void aBalanceBetweenAcknowledgedAndSentIsFine() {
        oracle.sending(sums(CELL, 500));
        assertThat(oracle.judge(7, oracle.leastOf(7), 3_000)).isEmpty();
        assertThat(oracle.judge(7, oracle.leastOf(7), 3_500)).isEmpty();
    }

    @Test
    void aBalanceAboveWhatWasSentIsFound() {
        assertThat(oracle.judge(7, oracle.leastOf(7), 3_001))
                .containsExactly(new Difference("live balance of creator-7", "3000 to 3000 micros", 3_001));
    }

    @Test
    void aBalanceBelowWhatIsAcknowledgedIsFound() {
        assertThat(oracle.judge(7, oracle.leastOf(7), 2_999)).hasSize(1);
    }

    @Test
    void aBalanceThatFallsIsFound() {
        oracle.sending(sums(CELL, 500));
        assertThat(oracle.judge(7, oracle.leastOf(7), 3_500)).isEmpty();
        assertThat(oracle.judge(7, oracle.leastOf(7), 3_499))
                .containsExactly(new Difference("live balance of creator-7", "3500 to 3500 micros", 3_499));
    }

    @Test
    void aBalanceIsTheSumOverAllPublishers() {
        Sums more = sums(OTHER, 200);
        oracle.sending(more);
        oracle.acknowledged(more);
        assertThat(oracle.leastOf(7)).isEqualTo(3_200);
        assertThat(oracle.leastOf(8)).isZero();
    }

    private static Sums sums(Cell cell, long... micros) {
        Sums sums = new Sums();
        for (long price : micros) {
            sums.add(cell, price);
        }
        return sums;
    }
}
