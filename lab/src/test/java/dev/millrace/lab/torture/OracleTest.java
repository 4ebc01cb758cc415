package dev.millrace.lab.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.lab.torture.Deviations.Deviation;
import dev.millrace.lab.torture.Oracle.Cell;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** That the oracle finds what must not be. */
class OracleTest {
    private static final Cell CELL = Cell.of(7, 1);
    private static final Cell OTHER = Cell.of(7, 2);

    private final Oracle oracle = new Oracle();

    @BeforeEach
    void acknowledgeThreeThousandMicros() {
        List<Readership.Event> events = events(CELL, 1_000, 1_000, 1_000);
        oracle.sent.add(events);
        oracle.acknowledged.add(events);
    }

    @Test
    void aLedgerThatHoldsWhatWasSentHasNoDifference() {
        assertThat(compare(Map.of(CELL, 3_000L))).isEmpty();
    }

    @Test
    void aLostMicroIsFound() {
        assertThat(compare(Map.of(CELL, 2_999L)))
                .containsExactly(new Deviation("creator-7 from publisher-1", "3000 micros", "2999"));
    }

    @Test
    void aDoublePaymentIsFound() {
        assertThat(compare(Map.of(CELL, 4_000L)))
                .containsExactly(new Deviation("creator-7 from publisher-1", "3000 micros", "4000"));
    }

    @Test
    void moneyOfTheWrongPublisherOrCreatorIsFound() {
        assertThat(compare(Map.of(OTHER, 3_000L))).hasSize(2);
        assertThat(compare(Map.of(CELL, 3_000L, Cell.of(8, 1), 1L))).hasSize(1);
    }

    @Test
    void aMissingLedgerIsFound() {
        assertThat(compare(Map.of())).hasSize(1);
    }

    @Test
    void whereAnAnswerIsMissingOnlyTheBoundsAreKnown() {
        List<Readership.Event> open = events(CELL, 500);
        oracle.sent.add(open);
        oracle.unanswered.add(open);
        assertThat(compare(Map.of(CELL, 3_000L))).isEmpty();
        assertThat(compare(Map.of(CELL, 3_500L))).isEmpty();
        assertThat(compare(Map.of(CELL, 2_999L)))
                .containsExactly(new Deviation("creator-7 from publisher-1", "3000 to 3500 micros", "2999"));
        assertThat(compare(Map.of(CELL, 3_501L))).hasSize(1);
    }

    @Test
    void whatIsSentAndNeitherAcknowledgedNorGivenUpMustBeThere() {
        oracle.sent.add(events(CELL, 500));
        assertThat(compare(Map.of(CELL, 3_000L))).hasSize(1);
    }

    @Test
    void aBalanceBetweenAcknowledgedAndSentIsFine() {
        oracle.sent.add(events(CELL, 500));
        assertThat(judge(3_000)).isEmpty();
        assertThat(judge(3_500)).isEmpty();
    }

    @Test
    void aBalanceAboveWhatWasSentIsFound() {
        assertThat(judge(3_001))
                .containsExactly(new Deviation("live balance of creator-7", "3000 to 3000 micros", "3001"));
    }

    @Test
    void aBalanceBelowWhatIsAcknowledgedIsFound() {
        assertThat(judge(2_999)).hasSize(1);
    }

    @Test
    void aBalanceThatFallsIsFound() {
        oracle.sent.add(events(CELL, 500));
        assertThat(judge(3_500)).isEmpty();
        assertThat(judge(3_499))
                .containsExactly(new Deviation("live balance of creator-7", "3500 to 3500 micros", "3499"));
    }

    @Test
    void aBalanceIsTheSumOverAllPublishers() {
        List<Readership.Event> more = events(OTHER, 200);
        oracle.sent.add(more);
        oracle.acknowledged.add(more);
        assertThat(oracle.leastOf("creator-7")).isEqualTo(3_200);
        assertThat(oracle.leastOf("creator-8")).isZero();
    }

    private List<Deviation> compare(Map<Cell, Long> ledger) {
        Deviations deviations = new Deviations(10);
        oracle.compare(ledger, deviations);
        return deviations.first();
    }

    /** Of a balance of creator 7 that is asked for now. */
    private List<Deviation> judge(long total) {
        return judge(total, 0);
    }

    private List<Deviation> judge(long total, long moved) {
        Deviations deviations = new Deviations(10);
        oracle.judge("creator-7", oracle.leastOf("creator-7"), total, moved, deviations);
        return deviations.first();
    }

    private static List<Readership.Event> events(Cell cell, long... micros) {
        return LongStream.of(micros)
                .mapToObj(price -> new Readership.Event(cell, 1, 1, price, "", "", false, 0))
                .toList();
    }
}
